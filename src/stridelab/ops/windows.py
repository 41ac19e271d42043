"""Convolution in NumPy: every window is a view of the padded input, and one product does the rest.

The windows of a block of outputs overlap, so as a view they cost no memory; the matrix product
copies them side by side, KH·KW values for one. Blocks of whole output rows (parts of rows, where a
row is very long) keep that copy within `BLOCK` bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from stridelab.geometry import Axis
from stridelab.ops.call import BLOCK, Array, Call, Cells

#: A single window whose span covers more bytes than this is not laid out.
LARGEST_SPAN = 1024 * 2**20


def serves(call: Call) -> str | None:
    """The padded cells under one window have to fit in memory."""
    under_a_window = call.rows.span * call.cols.span * call.x.shape[3] * call.x.itemsize
    if under_a_window <= LARGEST_SPAN:
        return None
    return f"one window spans {call.rows.span} × {call.cols.span} cells, more than it lays out"


def convolve(call: Call, out: Array) -> None:
    """Fills `out` (N, OH, OW, Cout), block by block."""
    for images, rows, cols in _blocks(call):
        block = out[images, rows, cols]
        _multiply(_windows(call, images, rows, cols), call.kernel, call.groups, block)
        if call.bias is not None:
            block += call.bias


def _blocks(call: Call) -> Iterator[tuple[slice, slice, slice]]:
    """Images, output rows and output columns of each block: as many as `BLOCK` holds."""
    batch, out_rows, out_cols, filters = call.output_shape
    kernel_rows, kernel_cols, _, _ = call.kernel.shape
    copied = kernel_rows * kernel_cols + call.rows.stride * call.cols.stride
    room = BLOCK // (call.x.itemsize * (call.x.shape[3] * copied + filters))  # outputs in a block
    cols = max(1, min(room, out_cols))
    rows = max(1, min(room // cols, out_rows))
    images = max(1, min(room // (cols * rows), batch))
    for n in range(0, batch, images):
        for i in range(0, out_rows, rows):
            for j in range(0, out_cols, cols):
                yield (
                    slice(n, n + images),
                    slice(i, min(i + rows, out_rows)),
                    slice(j, min(j + cols, out_cols)),
                )


def _windows(call: Call, images: slice, rows: slice, cols: slice) -> Array:
    """A view (N, OH, OW, Cin, KH, KW) of the windows of these outputs."""
    padded = call.x[images]
    for dim, axis, cells, outputs in (
        (1, call.rows, call.row_cells, rows),
        (2, call.cols, call.col_cells, cols),
    ):
        padded = _take(padded, cells[_under(axis, outputs)], dim)
    views = sliding_window_view(padded, (call.rows.span, call.cols.span), axis=(1, 2))
    (s_rows, s_cols), (d_rows, d_cols) = call.strides, call.dilations
    return views[:, ::s_rows, ::s_cols, :, ::d_rows, ::d_cols]


def _under(axis: Axis, outputs: slice) -> slice:
    """The padded cells from the first tap of the first output to the last tap of the last."""
    return slice(outputs.start * axis.stride, (outputs.stop - 1) * axis.stride + axis.span)


def _take(x: Array, cells: Cells, dim: int) -> Array:
    """The cells that are shown along one dimension; −1 shows a zero."""
    taken = x.take(cells, axis=dim)
    np.moveaxis(taken, dim, 0)[cells < 0] = 0
    return taken


def _multiply(windows: Array, kernel: Array, groups: int, out: Array) -> None:
    """out[n, i, j, f] = Σ windows[n, i, j, m, a, b] · kernel[a, b, m, f], group by group."""
    channels, filters = windows.shape[3], kernel.shape[3]
    if groups == channels:  # depthwise: no sum over channels, so no matrix product
        split = (groups, filters // groups)
        weights = kernel.reshape(*kernel.shape[:2], *split)
        products = out.reshape(*out.shape[:3], *split)
        np.einsum("nijgab,abgf->nijgf", windows, weights, out=products)
        return
    depth, width = channels // groups, filters // groups
    for group in range(groups):
        ours = slice(group * width, (group + 1) * width)
        part = windows[:, :, :, group * depth : (group + 1) * depth]
        out[..., ours] = np.tensordot(part, kernel[..., ours], axes=((4, 5, 3), (0, 1, 2)))
