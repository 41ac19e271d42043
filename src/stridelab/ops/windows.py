"""The windows as a view of the images, times the kernel: one call of NumPy, no window copied.

Against the plain loops before it, the loops run in NumPy's own code. A window's values already lie
in the image, so all the windows are a view of it, an array (N, OH, OW, KH, KW, …) whose cells share
memory, and `numpy.einsum` reads that view, the kernel, and adds up. Where there is padding or a
border to cross, the cells under a block of outputs are laid out first: a strip, within
`stridelab.ops.call.BLOCK` bytes.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from stridelab.ops.call import Array, Call, Cells, block_shape, blocks


def convolve(call: Call, x: Array, out: Array) -> None:
    """Fills `out` (N, OH, OW, Cout), block by block."""
    for images, rows, cols in blocks(out.shape[:3], bytes_per_output(call)):
        block = out[images, rows, cols]
        multiply(call, views(call, x, images, rows, cols), block)
        if call.bias is not None:
            block += call.bias


def work(call: Call) -> int:
    """The bytes that the largest block takes."""
    per_output = bytes_per_output(call)
    return math.prod(block_shape(call.output_shape[:3], per_output)) * per_output


def bytes_per_output(call: Call) -> int:
    """At most: a window's cells laid out, and where each of them lies in its image."""
    cell = call.shape[3] * call.kernel.itemsize + np.dtype(np.intp).itemsize
    return math.prod(call.kernel.shape[:2]) * cell


def multiply(call: Call, windows: Array, out: Array) -> None:
    """out[n, i, j, g, f] = Σ windows[n, i, j, a, b, g, m] · kernel[a, b, m, g, f] over a, b, m.

    A filter is number f of its group g, a channel number m; there may be a single group.
    """
    width = call.kernel.shape[3] // call.groups
    kernel = call.kernel.reshape(*call.kernel.shape[:3], call.groups, width)
    sums = out.reshape(*out.shape[:3], call.groups, width)
    np.einsum("nijabgm,abmgf->nijgf", windows, kernel, out=sums)


def views(call: Call, x: Array, images: slice, rows: slice, cols: slice) -> Array:
    """A view (N, OH, OW, KH, KW, groups, Cin/groups) of the windows of these outputs.

    Window (i, j) starts `step` cells after its neighbour and reads every `jump`-th cell.
    """
    down, step_down, jump_down = _under(call.row_cells, call.row_taps, rows)
    across, step_across, jump_across = _under(call.col_cells, call.col_taps, cols)
    cells = strip(x[images], down, across)
    image, row, col, channel = cells.strides
    outputs = (cells.shape[0], rows.stop - rows.start, cols.stop - cols.start)
    taps_down, taps_across, depth, _ = call.kernel.shape
    steps = (image, row * step_down, col * step_across, row * jump_down, col * jump_across)
    windows: Array = as_strided(
        cells,
        (*outputs, taps_down, taps_across, call.groups, depth),
        (*steps, channel * depth, channel),
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


def strip(x: Array, rows: Cells, cols: Cells) -> Array:
    """The images at these rows and columns, where −1 shows a zero; a view where that can be.

    >>> x = np.arange(1.0, 7.0).reshape(1, 2, 3, 1)
    >>> strip(x, np.array([-1, 0, 1]), np.array([1, 2, -1]))[0, :, :, 0]
    array([[0., 0., 0.],
           [2., 3., 0.],
           [5., 6., 0.]])
    """
    if _neighbours(rows) and _neighbours(cols):
        return x[:, rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    batch, height, width, channels = x.shape
    places = np.maximum(rows, 0)[:, np.newaxis] * width + np.maximum(cols, 0)
    laid: Array = x.reshape(batch, height * width, channels).take(places, axis=1)
    laid[:, rows < 0] = 0
    laid[:, :, cols < 0] = 0
    return laid


def _neighbours(cells: Cells) -> bool:
    return bool(cells[0] >= 0 and (np.diff(cells) == 1).all())
