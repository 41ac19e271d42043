"""What lesson 03 should accept and refuse, and a formula without which it must not run."""

#: variable, right answer, and wrong ones with words of the rule that must be named ("" for none)
PREDICTIONS = [
    ("my_unread", 0, {3: "skipped every other pixel", 7: ""}),
    ("my_size", 4, {7: "kept the size", 3: "rounded down, ⌊7/2⌋, or if nothing were padded"}),
    ("my_pads", (0, 1), {(1, 1): "padding=1", (1, 0): "the odd cell went before", (2, 0): ""}),
    ("my_layers", 4, {5: "lost nothing", 3: "did not count", 16: ""}),
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
