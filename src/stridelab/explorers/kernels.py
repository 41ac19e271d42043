"""The kernels of an explorer's menu, for every size: small weights that a person can check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from stridelab.explorers.controls import Kernel

Weights = np.ndarray[tuple[int, int], np.dtype[Any]]

Matrix = Sequence[Sequence[float]]

Size = int | tuple[int, int]


def _anchor(rows: int, cols: int) -> tuple[int, int]:
    """The tap over the output's own cell under SAME with stride 1: even sizes hang over after."""
    return (rows - 1) // 2, (cols - 1) // 2


def _identity(rows: int, cols: int) -> Weights:
    kernel = np.zeros((rows, cols))
    kernel[_anchor(rows, cols)] = 1
    return kernel


def _box_blur(rows: int, cols: int) -> Weights:
    return np.full((rows, cols), 1 / (rows * cols))


def _binomial(taps: int) -> np.ndarray[Any, Any]:
    """1; 1 1; 1 2 1; 1 3 3 1; …: the weights that smooth."""
    weights = np.ones(1)
    for _ in range(taps - 1):
        weights = np.convolve(weights, [1, 1])
    return weights


def _difference(taps: int) -> np.ndarray[Any, Any]:
    """−1 1; −1 0 1; −1 −1 1 1; …: what lies after, less what lies before; one tap has neither."""
    return np.zeros(1) if taps == 1 else np.convolve(_binomial(taps - 1), [-1, 1])


def _sobel_x(rows: int, cols: int) -> Weights:
    return np.outer(_binomial(rows), _difference(cols))


def _sobel_y(rows: int, cols: int) -> Weights:
    return np.outer(_difference(rows), _binomial(cols))


def _laplacian(rows: int, cols: int) -> Weights:
    kernel = np.zeros((rows, cols))
    row, col = _anchor(rows, cols)
    kernel[row, :] = 1
    kernel[:, col] = 1
    kernel[row, col] = 2 - rows - cols
    return kernel


def _sharpen(rows: int, cols: int) -> Weights:
    return _identity(rows, cols) - _laplacian(rows, cols)


_MAKERS: dict[str, Callable[[int, int], Weights]] = {
    "identity": _identity,
    "box_blur": _box_blur,
    "sobel_x": _sobel_x,
    "sobel_y": _sobel_y,
    "sharpen": _sharpen,
    "laplacian": _laplacian,
}

#: Each kernel's name, and what the learner reads for it.
KERNELS = {
    "identity": "identity",
    "box_blur": "box blur",
    "sobel_x": "edges, Sobel x",
    "sobel_y": "edges, Sobel y",
    "sharpen": "sharpen",
    "laplacian": "Laplacian",
}


def preset(name: str, rows: int, cols: int) -> Weights:
    """The kernel of that name, rows × columns, in float64.

    Under ``same`` with stride 1, ``identity`` gives back the input, for even sizes too. The
    edge kernels smooth along one axis with binomial weights and take the difference along the
    other; ``laplacian`` sums to 0; ``sharpen`` is identity less Laplacian.

    Parameters
    ----------
    name : str
        A key of `KERNELS`.
    rows, cols : int
        Taps.

    Source: I. Sobel, "An Isotropic 3×3 Image Gradient Operator", 1968, for 3 × 3.

    >>> preset("sobel_x", 3, 3).astype(int).tolist()
    [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    >>> preset("laplacian", 3, 2).astype(int).tolist()
    [[1, 0], [-3, 1], [1, 0]]
    """
    return _MAKERS[name](rows, cols)


def weights(kernel: str | Matrix, rows: int, cols: int) -> Weights:
    """The kernel of that name, or a matrix, rows × columns, in float64.

    A matrix is cut, or filled up with zeros, all round: the tap over the output's own cell stays
    the one that it is.

    >>> weights([[1, 2], [3, 4]], 3, 1).astype(int).tolist()
    [[0], [1], [3]]
    >>> weights([[1, 2, 3]], 1, 5).astype(int).tolist()
    [[0, 1, 2, 3, 0]]
    """
    if isinstance(kernel, str):
        return preset(kernel, rows, cols)
    own = np.array(kernel, dtype=np.float64)
    fitted = np.zeros((rows, cols))
    before = [new - old for new, old in zip(_anchor(rows, cols), _anchor(*own.shape), strict=True)]
    for (row, col), weight in np.ndenumerate(own):
        at = row + before[0], col + before[1]
        if 0 <= at[0] < rows and 0 <= at[1] < cols:
            fitted[at] = weight
    return fitted


def turned(kernel: Weights, quarters: int) -> Weights:
    """A square kernel turned by quarters against the clock; another one flipped, to keep its shape.

    Flipped left-right for one quarter, upside down for two.

    >>> turned(preset("sobel_x", 3, 3), 1).astype(int).tolist()
    [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]
    >>> turned(preset("sobel_x", 1, 2), 1).astype(int).tolist()
    [[1, -1]]
    """
    rows, cols = kernel.shape
    if rows == cols or quarters == 0:
        return np.rot90(kernel, quarters)
    return np.flip(kernel, axis=1 if quarters == 1 else 0)


def size_of(control: Kernel, kernel: object, size: Size | None, otherwise: int = 3) -> Size:
    """The kernel's size: as it is given, else a matrix' own, else that of the menu's kernels.

    >>> size_of(Kernel("kernel", "Kernel", "identity", KERNELS), [[1, 2]], None)
    (1, 2)
    """
    if size is not None:
        return size
    checked = control.check(kernel)
    return otherwise if isinstance(checked, str) else (len(checked), len(checked[0]))
