"""Windows laid side by side as the rows of a matrix, times the kernel as a matrix: im2col.

Against `stridelab.ops.windows` before it, a block's view of windows is copied: KH·KW·Cin values
that lie apart become one row of a matrix. A value is copied up to KH·KW times, and that pays,
since the sums are then a matrix product, for which NumPy has a library (BLAS) that uses the
processor's caches, vector instructions and cores. Blocks of whole output rows (parts of rows, where
a row is very long) keep strip and matrix within `stridelab.ops.call.BLOCK` bytes.

Source: Chellapilla, Puri & Simard, High performance convolutional neural networks for document
processing (2006), section 3.
"""

from __future__ import annotations

import math

import numpy as np

from stridelab.ops import windows
from stridelab.ops.call import Array, Call, block_shape, blocks


def convolve(call: Call, x: Array, out: Array) -> None:
    """Fills `out` (N, OH, OW, Cout), block by block."""
    if _is_depthwise(call):
        windows.convolve(call, x, out)
        return
    for images, rows, cols in blocks(out.shape[:3], _bytes_per_output(call)):
        block = out[images, rows, cols]
        _multiply(call, windows.views(call, x, images, rows, cols), block)
        if call.bias is not None:
            block += call.bias


def work(call: Call) -> int:
    """The bytes that the largest block takes."""
    if _is_depthwise(call):
        return windows.work(call)
    per_output = _bytes_per_output(call)
    return math.prod(block_shape(call.output_shape[:3], per_output)) * per_output


def _is_depthwise(call: Call) -> bool:
    """Whether no filter adds up channels: a product of a matrix and a vector gains nothing."""
    return bool(call.kernel.shape[2] == 1 < call.groups)


def _bytes_per_output(call: Call) -> int:
    """At most: what `windows` takes, and a row of one group's matrix."""
    row = math.prod(call.kernel.shape[:3]) * call.kernel.itemsize
    return windows.bytes_per_output(call) + row


def _multiply(call: Call, views: Array, out: Array) -> None:
    """results[p, f] = Σ matrix[p, k] · weights[k, f], for one group after the other.

    Row p of the matrix is the window of output p, and k counts its values (a, b, m).
    """
    filters = call.kernel.shape[3]
    inputs, width = math.prod(call.kernel.shape[:3]), filters // call.groups
    results = out.reshape(-1, filters)
    for group in range(call.groups):
        ours = slice(group * width, (group + 1) * width)
        weights = call.kernel[..., ours].reshape(inputs, width)
        # reshape makes the copy; it has no name, so that it is gone before the next one is made
        np.matmul(views[..., group, :].reshape(-1, inputs), weights, out=results[:, ours])
