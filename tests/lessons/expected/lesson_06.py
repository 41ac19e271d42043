"""What lesson 06 should accept and refuse, and a formula without which it must not run."""

#: variable, right answer, and wrong ones with words of the rule that must be named ("" for none)
PREDICTIONS = [
    ("my_corner", 1, {0.444: "counted as cells", 0.667: "one axis only", 0.5: ""}),
    ("my_max", -2, {0: "padded zeros", -1: "before the row", -4: "the sign"}),
    ("my_size", 11, {12: "as Keras does", 8: "without gaps", 14: "started at s", 10: ""}),
    ("my_back", 8, {7: "undid", 9: "nothing were cut off", 6: "rounded"}),
    ("my_most", 9, {3: "one axis", 25: "every tap", 6.25: "average", 4: ""}),
]

#: file of the package, what it says, and what a spoiled copy says instead
SPOILED = [
    (
        "ops/pooling.py",
        "y[:, row] /= (down * across).astype(y.dtype)",
        "y[:, row] /= axes.rows.kernel * axes.cols.kernel",
    ),
    ("ops/pooling.py", "np.maximum, -np.inf", "np.maximum, 0"),
    ("geometry/transposed.py", "full + max(stride - reach, 0) if", "full if"),
]
