"""Convolution in NumPy: windows are laid side by side as the rows of a matrix, times the kernel.

A block of outputs takes two steps. The input cells under its windows are laid out, padding
included; every window is a view of those. One copy then makes the matrix of windows, KH·KW·Cin
values in a row, and the product with the kernel goes straight to the result. Blocks of whole output
rows (parts of rows, where a row is very long) keep both within `stridelab.ops.call.BLOCK` bytes.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from stridelab.ops.call import Array, Call, Cells, block_shape, blocks


def convolve(call: Call, out: Array) -> None:
    """Fills `out` (N, OH, OW, Cout), block by block."""
    for images, rows, cols in blocks(out.shape[:3], _bytes_per_output(call)):
        block = out[images, rows, cols]
        _multiply(_windows(call, images, rows, cols), call.kernel, call.groups, block)
        if call.bias is not None:
            block += call.bias


def work(call: Call) -> int:
    """The bytes that the largest block takes."""
    per_output = _bytes_per_output(call)
    return math.prod(block_shape(call.output_shape[:3], per_output)) * per_output


def _bytes_per_output(call: Call) -> int:
    """At most: a window's cells laid out, where each of them lies, and its row of the matrix."""
    taps_down, taps_across, depth, _ = call.kernel.shape
    channels, itemsize = call.x.shape[3], call.x.itemsize
    values = channels + (0 if depth == 1 < call.groups else depth)  # depthwise has no matrix
    size: int = taps_down * taps_across * (values * itemsize + np.dtype(np.intp).itemsize)
    return size


def _windows(call: Call, images: slice, rows: slice, cols: slice) -> Array:
    """A view (N, OH, OW, KH, KW, Cin) of the windows of these outputs."""
    down, step_down, jump_down = _under(call.row_cells, call.row_taps, rows)
    across, step_across, jump_across = _under(call.col_cells, call.col_taps, cols)
    strip = _strip(call.x[images], down, across)
    image, row, col, channel = strip.strides
    outputs = (strip.shape[0], rows.stop - rows.start, cols.stop - cols.start)
    windows: Array = as_strided(
        strip,
        (*outputs, *call.kernel.shape[:2], strip.shape[3]),
        (image, row * step_down, col * step_across, row * jump_down, col * jump_across, channel),
        writeable=False,
    )
    return windows


def _under(cells: Cells, taps: Cells, outputs: slice) -> tuple[Cells, int, int]:
    """The cells to lay out for some outputs, and the steps there between outputs and between taps.

    They are those from the first tap to the last; or, where most of these are not read (a dilation
    longer than the block), the first taps of all the outputs, then their second taps, and so on.
    """
    ours = taps[outputs]
    step, jump = (stride // taps.itemsize for stride in taps.strides)
    reach = (ours.shape[0] - 1) * step + (ours.shape[1] - 1) * jump + 1
    if reach <= ours.size:
        return cells[outputs.start * step :][:reach], step, jump
    return ours.T.ravel(), 1, ours.shape[0]


def _strip(x: Array, rows: Cells, cols: Cells) -> Array:
    """The images at these rows and columns, where −1 shows a zero; a view where that can be."""
    if _neighbours(rows) and _neighbours(cols):
        return x[:, rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    batch, height, width, channels = x.shape
    places = np.maximum(rows, 0)[:, np.newaxis] * width + np.maximum(cols, 0)
    strip: Array = x.reshape(batch, height * width, channels).take(places, axis=1)
    strip[:, rows < 0] = 0
    strip[:, :, cols < 0] = 0
    return strip


def _neighbours(cells: Cells) -> bool:
    return bool(cells[0] >= 0 and (np.diff(cells) == 1).all())


def _multiply(windows: Array, kernel: Array, groups: int, out: Array) -> None:
    """out[n, i, j, f] = Σ windows[n, i, j, a, b, m] · kernel[a, b, m, f], group by group."""
    channels, filters = windows.shape[5], kernel.shape[3]
    depth, width = channels // groups, filters // groups
    if depth == 1 < groups:  # depthwise: no sum over channels, so no matrix product
        weights = kernel.reshape(*kernel.shape[:2], groups, width)
        products = out.reshape(*out.shape[:3], groups, width)
        np.einsum("nijabg,abgf->nijgf", windows, weights, out=products)
        return
    cells = math.prod(kernel.shape[:3])
    results = out.reshape(-1, filters)
    for group in range(groups):
        part = windows[..., group * depth : (group + 1) * depth]
        ours = slice(group * width, (group + 1) * width)
        weights = kernel[..., ours].reshape(cells, width)
        np.matmul(part.reshape(-1, cells), weights, out=results[:, ours])
