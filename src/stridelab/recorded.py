"""What real frameworks computed for one small convolution, recorded once.

`tests/record/porting.py` asked TensorFlow, Keras, JAX, PyTorch and ONNX Runtime and wrote
``recorded.json``; none of them is needed to read it. All numbers are small whole ones, so that the
frameworks' outputs are exact.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from stridelab.errors import StrideLabError, shown
from stridelab.geometry import convention

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Recorded:
    """One call of a framework: what went in and what came out, in the framework's own layout.

    Parameters
    ----------
    framework, version : str
        A name that `stridelab.convention` knows, and the release that was asked.
    kernel_size, strides : (int, int)
        Rows, columns.
    padding : str or tuple
        As the framework spells it; ((top, bottom), (left, right)) where PyTorch's input was padded
        before the call.
    x, kernel, output : array
        float32. Images (H, W, C), kernel (KH, KW, Cin, Cout) in Keras, TensorFlow and JAX; images
        (C, H, W), kernel (Cout, Cin, KH, KW) in PyTorch and ONNX.
    """

    framework: str
    version: str
    kernel_size: tuple[int, int]
    strides: tuple[int, int]
    padding: Any
    x: Array
    kernel: Array
    output: Array

    def __repr__(self) -> str:
        asked = f"kernel {self.kernel_size}, strides {self.strides}, padding {self.padding!r}"
        title = convention(self.framework).title + " Runtime" * (self.framework == "onnx")
        return f"{title} {self.version}: {asked}, output {self.output.shape}"


def recorded(framework: str, kernel_size: object, strides: object, padding: object) -> Recorded:
    """What a framework computed for the input of 8 × 11 cells and two channels.

    Parameters
    ----------
    framework : str
        ``keras``, ``tensorflow``, ``jax``, ``torch`` or ``onnx``.
    kernel_size, strides : (int, int)
        Rows, columns.
    padding : str or tuple
        As the framework spells it.

    Raises
    ------
    StrideLabError
        For a call that was not recorded.

    Source: ``tests/record/porting.py``.

    >>> recorded("keras", (3, 3), (2, 2), "same")
    Keras 3.15.1: kernel (3, 3), strides (2, 2), padding 'same', output (4, 6, 3)
    >>> recorded("torch", (3, 3), (2, 2), (1, 1)).kernel.shape
    (3, 2, 3, 3)
    """
    asked = (framework, kernel_size, strides, padding)
    for each in all_recorded():
        if (each.framework, each.kernel_size, each.strides, each.padding) == asked:
            return each
    rule = "be a framework, kernel_size, strides and padding that were recorded"
    raise StrideLabError("call", rule, shown(asked), remedy="all_recorded() lists them.")


def all_recorded() -> list[Recorded]:
    """Every call that was recorded; the arrays are the caller's own.

    >>> len(all_recorded())
    50
    """
    told = _told()
    image = np.array(told["x"], "float32")
    kernels = {kernel.shape[:2]: kernel for kernel in map(np.array, told["kernels"])}
    found = []
    for case in told["cases"]:
        name, size = case["framework"], _tuples(case["kernel_size"])
        rule = convention(name)
        turns = ["HWC".index(axis) for axis in rule.input_layout[1:]]
        axes = ["HWIO".index(axis) for axis in rule.kernel_layout]
        found.append(
            Recorded(
                name,
                told["versions"][name],
                size,
                _tuples(case["strides"]),
                _tuples(case["padding"]),
                image.transpose(turns).copy(),
                kernels[size].astype("float32").transpose(axes).copy(),
                np.array(case["output"], "float32"),
            )
        )
    return found


@cache
def _told() -> Any:
    return json.loads(files("stridelab").joinpath("recorded.json").read_text(encoding="utf-8"))


def _tuples(value: Any) -> Any:
    """JSON's lists as the tuples that they were."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
