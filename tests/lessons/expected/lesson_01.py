"""What lesson 01 should accept and refuse, and a formula without which it must not run."""

#: variable, right answer, and wrong ones with words of the rule that must be named ("" for none)
PREDICTIONS = [
    ("my_columns", 2, {1: "one column wide", 4: "every window saw the edge", 5: ""}),
    ("my_row", (2, 3, 4, 5, 0), {(0, 1, 2, 3, 4): "the kernel were flipped first"}),
    ("my_channels", 1, {3: "each channel were filtered by itself", 2: ""}),
]

#: file of the package, what it says, and what a spoiled copy says instead
SPOILED = [
    (  # the kernel flipped, in the method that NumPy alone is left with
        "ops/im2col.py",
        "weights = call.kernel[..., ours]",
        "weights = call.kernel[::-1, ::-1, :, ours]",
    ),
    ("geometry/cost.py", "params = weights + (filters if", "params = weights + (1 if"),
]
