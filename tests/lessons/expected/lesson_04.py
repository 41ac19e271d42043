"""What lesson 04 should accept and refuse, and a formula without which it must not run."""

#: variable, right answer, and wrong ones with words of the rule that must be named ("" for none)
PREDICTIONS = [
    (
        "my_axes",
        (2, 3, 1, 0),
        {(3, 2, 0, 1): "where each axis goes", (3, 2, 1, 0): "mirror", (0, 1, 2, 3): ""},
    ),
    ("my_lower", (2, 1), {(1, 2): "what Keras does", (3, 0): "all of the padding", (1, 1): ""}),
    ("my_even", 5, {4: "were 'same'", 8: "kept the size", 3: "nothing were padded", 6: ""}),
    ("my_apart", 31, {0: "equal sizes", 1: "first layer", 5: "every layer", 32: "step", 16: ""}),
    (
        "my_pads",
        (1, 1, 0, 1),
        {(0, 1, 1, 1): "rows came first", (1, 1, 1, 1): "k // 2", (1, 1, 1, 0): "went before"},
    ),
]

#: file of the package, what it says, and what a spoiled copy says instead
SPOILED = [
    (
        "geometry/conventions.py",
        '"SAME_UPPER": "same", "SAME_LOWER": "same_lower"',
        '"SAME_UPPER": "same", "SAME_LOWER": "same"',
    ),
    (
        "geometry/port.py",
        "giver.kernel_layout.index(axis) for axis in taker.kernel_layout",
        "taker.kernel_layout.index(axis) for axis in giver.kernel_layout",
    ),
    (
        "geometry/port.py",
        "sides = (left, right, top, bottom)",
        "sides = (top, bottom, left, right)",
    ),
]
