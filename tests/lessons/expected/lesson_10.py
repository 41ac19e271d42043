"""What lesson 10 should accept and refuse, and formulas without which it must not run."""

#: variable, right answer, and wrong ones with words of the rule that must be named ("" for none)
PREDICTIONS = [
    ("my_real", 0.82, {1.0: "no tap fell", 0.905: "one axis", 0.51: "wholly", 0.7: ""}),
    ("my_ratios", (64, 1), {(64, 64): "wherever it stands", (8, 1): "filters", (8, 64): ""}),
    ("my_kind", "pointwise", {"depthwise": "larger kernel", "dense": "outweighed", "1": ""}),
    (
        "my_intensity",
        2.25,
        {1.125: "a MAC were one flop", 4.5: "only what is read", 9: "one byte", 72: "all channels"},
    ),
]

#: file of the package, what it says, and what a spoiled copy says instead
SPOILED = [
    ("geometry/cost.py", "return 2 * self.macs", "return self.macs"),
    ("geometry/cost.py", "macs=batch * rows * cols * weights", "macs=batch * height * weights"),
    ("geometry/cost.py", "filters * (channels // groups) * g.rows", "filters * channels * g.rows"),
]
