"""What lesson 13 should accept and refuse, and a formula without which it must not run."""

#: variable, right answer, and wrong ones with words of the rule that must be named ("" for none)
PREDICTIONS = [
    (
        "my_verdict_1",
        "half true",
        {"true": "at every stride", "false": "not even", "imprecise": "at stride 1", "wrong": ""},
    ),
    ("my_verdict_2", "false", {"true": "every stride", "half true": "rescued", "imprecise": "no"}),
    ("my_verdict_3", "true", {"half true": "had a say", "false": "down", "imprecise": "per axis"}),
    ("my_verdict_4", "half true", {"true": "softened", "false": "on top", "imprecise": "one half"}),
    ("my_verdict_5", "imprecise", {"true": "all four", "half true": "as needed", "false": "not"}),
    ("my_verdict_6", "half true", {"true": "did something", "false": "no output", "none": ""}),
    (
        "my_verdict_7",
        "imprecise",
        {"true": "over the gap", "half true": "usual", "false": "at all"},
    ),
    ("my_verdict_8", "imprecise", {"true": "gathered", "half true": "never", "false": "as fine"}),
    ("my_verdict_9", "half true", {"true": "own layer", "false": "no effect", "yes": ""}),
    (
        "my_verdict_10",
        "true",
        {"false": "kept the size", "half true": "names", "imprecise": "exact"},
    ),
]

#: file of the package, what it says, and what a spoiled copy says instead
SPOILED = [
    ("geometry/axis.py", "return -(-size // stride)", "return max(size // stride, 1)"),
    ("geometry/axis.py", "less = total // 2", "less = total - total // 2"),
]
