"""What lesson 11 should accept and refuse, and a formula without which it must not run."""

#: variable, right answer, and wrong ones with words of the rule that must be named ("" for none)
PREDICTIONS = [
    ("my_peak", 96, {48: "as one operation", 12: "a single number", 24: "only", 95: ""}),
    ("my_copies", 2.25, {9: "no window", 4.5: "one axis", 1: "twice", 144: "of its own", 3: ""}),
    ("my_pixels", 4, {5: "needed no register", 3: "kept a register", 12: "one sum", 6: ""}),
]

#: file of the package, what it says, and what a spoiled copy says instead
SPOILED = [
    (
        "ops/windows.py",
        "row * jump_down, col * jump_across)",
        "col * jump_across, row * jump_down)",
    ),
    ("ops/bounds.py", "return products(call) + 2.0", "return products(call) / 1e6"),
]
