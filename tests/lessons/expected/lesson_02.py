"""What lesson 02 should accept and refuse, and a formula without which it must not run."""

#: variable, right answer, and wrong ones with words of the rule that must be named ("" for none)
PREDICTIONS = [
    ("my_pads", (1, 2), {(2, 1): "SAME_LOWER", (2, 2): "half the kernel", (4, 0): ""}),
    ("my_centre", 5, {10: "kept everything", 15: "towards the padded end", 0: "a whole cell"}),
    ("my_corner", 0.44, {1: "1 everywhere", 0.67: "6 of 9 taps", 0.5: ""}),
    ("my_reads", 2, {3: "all cells count equally", 1: "nothing were padded"}),
]

#: file of the package, what it says, and what a spoiled copy says instead
SPOILED = [
    ("geometry/axis.py", "less = total // 2", "less = total - total // 2"),
    (
        "geometry/axis.py",
        "max((same_size(size, stride) - 1) * stride + span - size, 0)",
        "(same_size(size, stride) - 1) * stride + span - size",
    ),
    ("geometry/axis.py", "return -(-size // stride)", "return max(size // stride, 1)"),
]
