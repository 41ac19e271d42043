"""What lesson 05 should accept and refuse, and a formula without which it must not run."""

#: variable, right answer, and wrong ones with words of the rule that must be named ("" for none)
PREDICTIONS = [
    ("my_span", 10, {12: "each tap took up d cells", 4: "changed nothing", 13: "left out"}),
    ("my_pads", (1, 2), {(0, 1): "not by its span", (2, 1): "before", (3, 3): "dilation"}),
    ("my_seen", 7, {13: "from the first to the last", 27: "every path", 3: "last layer", 9: ""}),
    (
        "my_weights",
        18_432,
        {73_728: "changed nothing", 4_608: "as well as", 1_152: "a single channel", 64: ""},
    ),
    ("my_share", 0.119, {0.111: "the depthwise half", 0.008: "the 1 × 1 half", 0.5: ""}),
]

#: file of the package, what it says, and what a spoiled copy says instead
SPOILED = [
    ("geometry/axis.py", "return dilation * (kernel - 1) + 1", "return dilation * kernel"),
    (
        "geometry/cost.py",
        "weights = filters * (channels // groups) *",
        "weights = (filters // groups) * (channels // groups) *",
    ),
]
