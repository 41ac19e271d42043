"""What lesson 00 should accept and refuse, and a formula without which it must not run."""

#: variable, right answer, and wrong ones with words of the rule that must be named ("" for none)
PREDICTIONS = [
    ("my_places", 3, {4: "the stride halved the size", 9: "on a picture of 8 × 8", 5: ""}),
]

#: file of the package, what it says, and what a spoiled copy says instead
SPOILED = []
