"""What lesson 08 should accept and refuse, and a formula without which it must not run."""

#: variable, right answer, and wrong ones with words of the rule that must be named ("" for none)
PREDICTIONS = [
    (
        "my_kinds",
        9,
        {1: "stayed flat", 2: "the inside another", 3: "all corners were alike", 4: ""},
    ),
    ("my_free", 1, {25: "outermost ring", 49: "pads nothing", 0: "reached everything", 9: ""}),
    ("my_slope", 0, {2: "went on with the slope", 1: "replicate", -7: "zeros", 3: ""}),
    ("my_place", "border", {"nowhere": "linear", "everywhere": "never held", "inside": ""}),
]

#: file of the package, what it says, and what a spoiled copy says instead
SPOILED = [
    ("ops/call.py", "cells %= axis.size", "np.clip(cells, 0, last, out=cells)"),
    (
        "ops/call.py",
        "np.abs(cells, out=cells)",
        "np.maximum(np.abs(cells) - (cells < 0), 0, out=cells)",
    ),
    (
        "geometry/receptive.py",
        "start=field.start - before * field.jump,",
        "start=field.start - before,",
    ),
]
