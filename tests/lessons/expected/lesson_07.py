"""What lesson 07 should accept and refuse, and a formula without which it must not run."""

#: variable, right answer, and wrong ones with words of the rule that must be named ("" for none)
PREDICTIONS = [
    ("my_width", 7, {3: "the last layer's window", 27: "multiplied", 9: "added up", 12: ""}),
    ("my_two_widths", (7, 11), {(9, 13): "its own layer's window", (7, 7): "did not matter"}),
    ("my_centre", 0, {31: "did not depend on the input's size", 32: "by one cell", 16: ""}),
    ("my_share", 0.9, {0.1: "counted alike", 0.3: "fell evenly", 0.5: ""}),
]

#: file of the package, what it says, and what a spoiled copy says instead
SPOILED = [
    (
        "geometry/receptive.py",
        "size=field.size + (reach - 1) * field.jump,",
        "size=field.size + (reach - 1) * field.jump * stride,",
    ),
    (
        "geometry/receptive.py",
        "start=field.start - before * field.jump,",
        "start=field.start - before,",
    ),
    ("geometry/receptive.py", "self.start + (self.size - 1) / 2", "self.start + self.size / 2"),
]
