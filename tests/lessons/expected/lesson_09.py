"""What lesson 09 should accept and refuse, and formulas without which it must not run."""

#: variable, right answer, and wrong ones with words of the rule that must be named ("" for none)
PREDICTIONS = [
    (
        "my_period",
        20,
        {5: "came through as they are", 4: "distance", 8: "two outputs", 1.25: "divided", 17: ""},
    ),
    ("my_run", -4, {1: "followed the input", 4: "four times as far", 0: "unseen", 3: ""}),
    ("my_move", 8, {7: "added up", 4: "the max pool followed", 2: "the last stride", 5: ""}),
    ("my_white", 1.0, {0.5: "did not notice", 0.0: "smallest", 0.3: ""}),
]

#: file of the package, what it says, and what a spoiled copy says instead
SPOILED = [
    ("ops/call.py", "step = axis.stride if axis.output_size > 1 else 1", "step = 1"),
    ("ops/pooling.py", "np.maximum, -np.inf", "np.minimum, np.inf"),
]
