"""How a framework's rule is found: what is asked, and what an answer is.

The input is a column holding 1..n, the kernel an identity with one filter a tap: the output shows
for every window which input cell each tap reads (0: padding).
"""

from __future__ import annotations

import datetime
import importlib.metadata
import itertools
import json
import re

import numpy as np

SIZES = range(1, 11)
CONV_WINDOWS = [  # kernel, stride, dilation
    *itertools.product((1, 2, 3, 4, 5), (1, 2, 3), (1,)),
    *itertools.product((2, 3), (4,), (1,)),
    *itertools.product((2, 3, 4), (1, 2, 3), (2,)),
    *itertools.product((2, 3), (1, 2), (3,)),
]
POOL_WINDOWS = list(itertools.product((1, 2, 3, 4, 5), (1, 2, 3, 4)))  # kernel, stride


def first_line(text: str) -> str:
    """An error's first line that says something, without a machine's paths and object names."""
    text = re.sub(r"\x1b\[\d*m", "", text)  # colours
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["(no text)"]
    if lines[0] == "in user code:":  # TensorFlow's trace comes first, the error last
        lines = lines[-1:]
    if lines[0].startswith("Exception encountered when calling"):
        lines = lines[1:]
    line = re.sub(r"\{\{function_node.*?\}\} ", "", lines[0])
    line = re.sub(r"(/[\w.+-]+){2,}", "(file)", line)
    line = re.sub(r"\b(conv2d|node)_\d+", r"\1", line)
    return line.replace("{'valid', 'same'}", "{'same', 'valid'}")[:240]  # a set has no order


class Outcome:
    """One framework's answers: rows grouped by window, and every kind of error met, once."""

    def __init__(self, package: str) -> None:
        self.table = {
            "version": importlib.metadata.version(package),
            "date": datetime.date.today().isoformat(),
            "errors": {},
        }

    def error(self, exception: Exception) -> str:
        """The key of this error; errors that differ in numbers only share one."""
        kind = [type(exception).__name__, first_line(str(exception))]
        same = re.sub(r"\d+", "#", str(kind))
        for key, known in self.table["errors"].items():
            if re.sub(r"\d+", "#", str(known)) == same:
                return key
        key = f"E{len(self.table['errors']) + 1}"
        self.table["errors"][key] = kind
        return key

    def rows(self, name, windows, paddings, probe, **fixed) -> None:
        """One row a window and padding: output sizes and first taps for every size."""
        rows = self.table.setdefault(name, [])
        for padding, window in itertools.product(paddings, windows):
            answers = [self.answer(probe, size, *window, padding, **fixed) for size in SIZES]
            row = dict(zip(("kernel", "stride", "dilation"), window, strict=False))
            row |= {"padding": padding} | fixed
            sizes, firsts = map(list, zip(*answers, strict=True))
            if isinstance(sizes[0], str) and len(set(sizes)) == 1:
                row["output_size"] = sizes[0]  # refused for every size
            else:
                row |= {"output_size": sizes, "first": firsts}
            rows.append(row)

    def pools(self, windows, paddings, maximum, average, **fixed) -> None:
        """Rows of the maximum; the average's sizes where it answers or refuses differently."""
        start = len(self.table.get("pool", []))
        self.rows("pool", windows, paddings, pool_probe(maximum), **fixed)
        self.rows("average", windows, paddings, average_size(average), **fixed)
        twins = zip(self.table["pool"][start:], self.table.pop("average"), strict=True)
        for row, other in twins:
            answers = [
                each if isinstance(each, list) else [each] * len(SIZES)
                for each in (row["output_size"], other["output_size"])
            ]
            pairs = zip(SIZES, *answers, strict=True)
            differs = {
                str(size): answer
                for size, known, answer in pairs
                if known != answer and not (isinstance(known, str) and isinstance(answer, str))
            }
            if differs:
                row["average_output_size"] = differs

    def answer(self, probe, *arguments, **fixed):
        try:
            return probe(*arguments, **fixed)
        except Exception as exception:
            return self.error(exception), None

    def probe(self, what: str, call) -> None:
        """One question in words with its answer: what a call returned, or how it failed."""
        try:
            answer = call()
        except Exception as exception:
            answer = self.error(exception)
        self.table.setdefault("probes", {})[what] = answer


def conv_probe(run):
    """`run` (x (1,n,1,1), kernel (k,1,1,k), stride, dilation, padding) as size and first tap."""

    def probe(size, kernel, stride, dilation, padding):
        x = np.arange(1, size + 1, dtype="float32").reshape(1, size, 1, 1)
        identity = np.eye(kernel, dtype="float32").reshape(kernel, 1, 1, kernel)
        output = np.nan_to_num(np.asarray(run(x, identity, stride, dilation, padding)))
        assert output.shape[0] == output.shape[2] == 1, output.shape
        seen = output[0, :, 0, :].astype(int) - 1  # (windows, taps): the cell read; -1: padding
        windows, taps = np.nonzero(seen >= 0)
        if not len(windows):
            return len(seen), None
        firsts = seen[windows, taps] - windows * stride - taps * dilation
        first = int(firsts[0])
        every = first + np.arange(len(seen))[:, None] * stride + np.arange(kernel) * dilation
        expected = np.where((every >= 0) & (every < size), every, -1)
        assert np.array_equal(seen, expected), (seen, expected)
        return len(seen), first

    return probe


def pool_probe(run):
    """For a maximum: a rising input shows each window's last cell, a falling one its first."""

    def probe(size, kernel, stride, padding, **options):
        rising = np.arange(1, size + 1, dtype="float32").reshape(1, size, 1, 1)
        last = np.asarray(run(rising, kernel, stride, padding, **options)).ravel().astype(int) - 1
        low = np.asarray(run(-rising, kernel, stride, padding, **options)).ravel()
        low = -low.astype(int) - 1
        steps = np.arange(len(last)) * stride
        fits = [
            first
            for first in range(-kernel, size)
            if np.array_equal(np.minimum(first + steps + kernel - 1, size - 1), last)
            and np.array_equal(np.maximum(first + steps, 0), low)
        ]
        return len(last), fits[0] if len(fits) == 1 else None

    return probe


def average_size(average):
    """Size and nothing more: an average over ones says how many windows there are."""

    def probe(size, kernel, stride, padding, **options):
        ones = np.ones((1, size, 1, 1), "float32")
        return int(np.size(average(ones, kernel, stride, padding, **options))), None

    return probe


def lines(value, depth=0):
    """JSON with one line a row, so that a change of one row is a change of one line."""
    opened = depth < 3 if isinstance(value, dict) else isinstance(value, list) and depth == 2
    if not opened:
        return json.dumps(value, separators=(",", ":"))
    pad = " " * (depth + 1)
    if isinstance(value, dict):
        parts = [f"{pad}{json.dumps(key)}: {lines(item, depth + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{' ' * depth}}}"
    return "[\n" + ",\n".join(pad + lines(item, 9) for item in value) + f"\n{' ' * depth}]"
