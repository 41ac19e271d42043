"""What lesson 12 should accept and refuse, and a formula without which it must not run."""

#: variable, right answer, and wrong ones with words of the rule that must be named ("" for none)
PREDICTIONS = [
    ("my_third", 60, {15: "were the same", 30: "once only", 45: "were added", 61: ""}),
    ("my_products", 4, {6: "could be left out", 3: "a weight", 2: "an output", 1: ""}),
    ("my_nested", 16, {36: "nothing were saved", 24: "one axis only", 8: "added", 12: ""}),
    ("my_block", 26, {32: "all outputs", 25: "a whole kernel", 20: "both ends", 6: ""}),
]

#: file of the package, what it says, and what a spoiled copy says instead
SPOILED = [
    ("ops/winograd.py", "[0, -2, -1, 2, 1, 0]", "[0, -2, -1, 2, 2, 0]"),
    ("ops/winograd.py", "return call.shape[3] + 20.0", "return call.shape[3] / 1e6"),
    (
        "ops/fft.py",
        "outputs = min((length - axis.span) // step + 1, axis.output_size)",
        "outputs = min(length // step, axis.output_size)",
    ),
    ("ops/fft.py", "np.conjugate(spectrum, out=spectrum)", "np.positive(spectrum, out=spectrum)"),
]
