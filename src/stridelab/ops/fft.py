"""Convolution by Fourier transforms: what an output costs no longer grows with the kernel.

    once, for each channel m of a group and each filter f       K̄[m, f] = conjugate of F(kernel)
    for each block of outputs
        the n₁ × n₂ cells under its windows, and F of each channel
        for each frequency and each filter                      Y[f] = Σ_m F(cells[m]) · K̄[m, f]
        y = F⁻¹(Y)                                              its first n − e + 1 are the outputs

Against the methods before it, which multiply each window by the whole kernel: transformed, a
convolution is one product a frequency. Without the conjugation the kernel would be flipped. The
product takes the block as a ring, on which a window that starts too far right goes on at the left;
those outputs are dropped, so blocks of cells overlap by e − 1 (overlap-save). A dilated kernel is
one with zeros between its taps. Of a stride's outputs those that are asked for are kept.

The limit: every output sees all cells of its block. One infinity or NaN makes the whole block NaN,
and errors are measured against the block (`stridelab.ops.bounds`).

Source: Oppenheim & Schafer, Discrete-Time Signal Processing (2010), section 8.7.3; Mathieu, Henaff
& LeCun, Fast training of convolutional networks through FFTs, arXiv:1312.5851.
"""

from __future__ import annotations

import functools
import itertools
import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from stridelab.geometry import Axis
from stridelab.ops.call import Array, Call, Cells, block_shape, blocks
from stridelab.ops.windows import strip

#: Spectra: complex64 of float32, complex128 of float64.
Spectrum: TypeAlias = npt.NDArray[np.complexfloating[Any, Any]]

#: No block takes more bytes than this, nor does the kernel's spectrum take more than that.
BLOCK_AT_MOST, SPECTRUM_AT_MOST = 3 * 2**23, 2**30
#: No side of a block is longer: it would take more than `BLOCK_AT_MOST`.
LONGEST = 2**20

#: Nanoseconds, as measured: a cell's step in a transform, its way there and back, a product, and
#: what NumPy's calls take for a block and for each of its channels.
STEP, CELL, PRODUCT, START, START_CHANNEL = 0.17, 1.5, 1.2, 60e3, 20e3


class Side(NamedTuple):
    """One axis of the blocks.

    Parameters
    ----------
    length : int
        Cells that are transformed: a fast length.
    step : int
        Cells between windows.
    outputs : int
        Of one block.
    pieces : int
        Blocks.
    """

    length: int
    step: int
    outputs: int
    pieces: int


class Shape(NamedTuple):
    """What the sizes of blocks depend on."""

    rows: Axis
    cols: Axis
    images: int
    channels: int
    filters: int
    groups: int
    itemsize: int

    @property
    def depth(self) -> int:
        """Channels of a group."""
        return self.channels // self.groups


def shape_of(call: Call) -> Shape:
    """The sizes of a call."""
    images, _, _, channels = call.shape
    filters, itemsize = call.kernel.shape[3], call.kernel.itemsize
    return Shape(call.rows, call.cols, images, channels, filters, call.groups, itemsize)


# --- how long a block is --------------------------------------------------------------------------


@functools.cache
def fast_numbers() -> list[int]:
    """The numbers 2^a · 3^b · 5^c up to `LONGEST`: transforms of that length have short steps.

    >>> fast_numbers()[:12]
    [1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16]
    """
    fast = [1]
    for prime in (2, 3, 5):
        for number in fast:  # it grows while it is read
            if number * prime <= LONGEST:
                fast.append(number * prime)
    return sorted(fast)


def sides(axis: Axis) -> list[Side]:
    """For each number of blocks that an axis can be cut into, the shortest that do it.

    >>> from stridelab.geometry import conv_axis
    >>> sides(conv_axis(12, kernel=7))
    [Side(length=8, step=1, outputs=2, pieces=3), Side(length=9, step=1, outputs=3, pieces=2), \
Side(length=12, step=1, outputs=6, pieces=1)]
    """
    step = axis.stride if axis.output_size > 1 else 1  # else it may be longer than any memory
    whole = (axis.output_size - 1) * step + axis.span
    fast = fast_numbers()
    found: dict[int, Side] = {}
    for length in fast[bisect_left(fast, axis.span) : bisect_left(fast, whole) + 1]:
        outputs = min((length - axis.span) // step + 1, axis.output_size)
        pieces = -(-axis.output_size // outputs)
        found.setdefault(pieces, Side(length, step, outputs, pieces))
    return list(found.values())


@functools.lru_cache(maxsize=256)
def plan(shape: Shape) -> tuple[Side, Side] | None:
    """The rows and columns of blocks that take the least time; None where none is small enough."""
    downs, acrosses = sides(shape.rows), sides(shape.cols)
    if not downs or not acrosses:
        return None
    down, across = np.array(downs, float)[:, np.newaxis], np.array(acrosses, float)
    lengths = down[..., 0], across[..., 0]
    times = _time(shape, lengths[0] * lengths[1], down[..., 3] * across[..., 3])
    fits = block_bytes(shape, *lengths) <= BLOCK_AT_MOST
    fits &= spectrum_bytes(shape, *lengths) <= SPECTRUM_AT_MOST
    if not fits.any():
        return None
    best = int(np.where(fits, times, np.inf).argmin())
    return downs[best // len(acrosses)], acrosses[best % len(acrosses)]


def _time(shape: Shape, cells: Any, pieces: Any) -> Any:
    """Nanoseconds, roughly, that so many blocks of so many cells take, the kernel's included."""
    steps = STEP * np.log2(cells)
    pairs = shape.depth * shape.filters
    moved = cells * (shape.channels + shape.filters) * (steps + CELL)
    multiplied = cells / 2 * pairs * PRODUCT
    started = START + START_CHANNEL * shape.depth
    return shape.images * pieces * (moved + multiplied + started) + cells * pairs * steps


def spectrum_bytes(shape: Shape, down: Any, across: Any) -> Any:
    """Of the kernel's spectrum, for blocks of that many rows and columns."""
    return shape.depth * shape.filters * down * (across // 2 + 1) * 2 * shape.itemsize


def block_bytes(shape: Shape, down: Any, across: Any) -> Any:
    """What a block takes: its cells, their places where they are no neighbours, and the spectra.

    Those are one channel's of each group, the sums, and as much again for their next terms or
    their inverse. Cells that are no neighbours are copied before there are any.
    """
    cells = down * across * shape.channels * shape.itemsize
    places = down * across * np.dtype(np.intp).itemsize
    each = down * (across // 2 + 1) * 2 * shape.itemsize
    return cells + places + np.maximum(cells, each * (shape.groups + 2 * shape.filters))


# --- the method -----------------------------------------------------------------------------------


def serves(call: Call) -> str | None:
    """Why a call cannot be served: a block has at least the cells under one window."""
    shape = shape_of(call)
    if plan(shape) is not None:
        return None
    spans = float(call.rows.span), float(call.cols.span)  # whole numbers may be too long for NumPy
    if block_bytes(shape, *spans) > BLOCK_AT_MOST:
        size, what = block_bytes(shape, *spans), "all cells under a window at once"
    else:
        size, what = spectrum_bytes(shape, *spans), "the whole kernel"
    return f"it transforms {what}, and that takes {int(size):,} bytes or more"


def nanoseconds(call: Call) -> float:
    """Roughly what a call takes, the kernel's transform left out."""
    shape = shape_of(call)
    lengths = _lengths(shape)
    down, across = plan(shape) or (None, None)
    pieces = down.pieces * across.pieces if down and across else 1
    kernel = math.prod(lengths) * shape.depth * shape.filters * STEP * math.log2(math.prod(lengths))
    return float(_time(shape, math.prod(lengths), pieces)) - kernel


def work(call: Call) -> int:
    """The bytes of the kernel's spectrum and of the largest block."""
    shape = shape_of(call)
    lengths = _lengths(shape)
    each: int = block_bytes(shape, *lengths)
    spread: int = shape.filters * math.prod(lengths) * shape.itemsize
    kept: int = spectrum_bytes(shape, *lengths)
    return kept + max(spread, each * block_shape((shape.images,), each)[0])


def _lengths(shape: Shape) -> tuple[int, int]:
    down, across = _planned(shape)
    return down.length, across.length


def _planned(shape: Shape) -> tuple[Side, Side]:
    found = plan(shape)
    assert found is not None, "a call that is not served"
    return found


def prepare(call: Call) -> Callable[[Array, Array], None]:
    """Transforms the kernel; what is returned fills a result (N, OH, OW, Cout) from images."""
    lengths = _lengths(shape_of(call))
    dilations = call.rows.dilation, call.cols.dilation
    with np.errstate(all="ignore"):  # infinities and NaN are carried through in silence
        kernel = call.keep(f"fft {lengths} {dilations}", lambda: _kernel_spectrum(call, lengths))

    def run(x: Array, out: Array) -> None:
        room = Room()
        with np.errstate(all="ignore"):
            for piece in _pieces(call):
                block = out[piece.images, piece.rows, piece.cols]
                _correlate(piece.cells(x, room), kernel, piece, room, block)
                if call.bias is not None:
                    block += call.bias

    return run


def _kernel_spectrum(call: Call, lengths: tuple[int, int]) -> Spectrum:
    """K̄ (depth, groups, filters of a group, n₁, n₂//2 + 1), times √(n₁·n₂).

    The root makes up for `transform`, which divides both factors of a product by it.
    """
    rows, cols, kernel = call.rows, call.cols, call.kernel
    depth, filters = kernel.shape[2:]
    spread = np.zeros((filters, *lengths), kernel.dtype)
    taps = spread[:, : rows.span : rows.dilation, : cols.span : cols.dilation]
    shape = (depth, filters, lengths[0], lengths[1] // 2 + 1)
    spectrum = np.empty(shape, np.result_type(kernel, np.complex64))
    for number in range(depth):
        taps[...] = kernel[:, :, number].transpose(2, 0, 1) * math.sqrt(math.prod(lengths))
        transform(spread, spectrum[number])
    np.conjugate(spectrum, out=spectrum)
    return spectrum.reshape(depth, call.groups, filters // call.groups, *shape[2:])


def transform(cells: Array, out: Any) -> None:
    """Fills `out` (…, n₁, n₂//2 + 1) with the spectrum of real cells (…, n₁, n₂) over √(n₁·n₂).

    The norm is "ortho" for its speed: without a factor NumPy 2's forward transforms go through
    float64 copies, five times as large and ten times as slow.
    """
    np.fft.rfft(cells, norm="ortho", out=out)
    np.fft.fft(out, axis=-2, norm="ortho", out=out)


class Room:
    """Arrays that one block fills after another: new memory costs as much as a transform."""

    def __init__(self) -> None:
        self._kept: dict[str, npt.NDArray[np.uint8]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Any:
        """An array with any values; it is that of the last call with that name."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if name not in self._kept or self._kept[name].size < size:
            self._kept[name] = np.empty(size, np.uint8)
        return self._kept[name][:size].view(dtype).reshape(shape)

    def clear(self) -> None:
        """Gives all of them back."""
        self._kept.clear()


def _correlate(cells: Array, kernel: Spectrum, piece: Piece, room: Room, out: Array) -> None:
    """Fills a piece of the result (N, rows, cols, Cout) from its cells (N, Cin, n₁, n₂)."""
    batch, (_, rows, cols, filters) = cells.shape[0], out.shape
    depth, groups, each, *frequencies = kernel.shape
    spectrum = room.array("spectrum", (batch, groups, 1, *frequencies), kernel.dtype)
    sums = room.array("sums", (batch, *kernel.shape[1:]), kernel.dtype)
    for number, weights in enumerate(kernel):
        transform(cells[:, number::depth], spectrum[:, :, 0])
        if number == 0:
            np.multiply(spectrum, weights, out=sums)
        else:
            sums += np.multiply(spectrum, weights, out=room.array("more", sums.shape, sums.dtype))
    np.fft.ifft(sums, axis=-2, norm="ortho", out=sums)
    asked = sums[..., : rows * piece.down.step : piece.down.step, :]
    y = room.array("more", (batch, groups, each, rows, piece.across.length), cells.dtype)
    np.fft.irfft(asked, piece.across.length, norm="ortho", out=y)
    y = y.reshape(batch, filters, rows, -1)[..., : cols * piece.across.step : piece.across.step]
    out[...] = y.transpose(0, 2, 3, 1)


class Piece(NamedTuple):
    """One block of some images: its part of the result, and the padded cells under it."""

    images: slice
    rows: slice
    cols: slice
    down: Side
    across: Side
    row_cells: Cells
    col_cells: Cells

    def cells(self, x: Array, room: Room) -> Array:
        """Its cells (N, Cin, n₁, n₂), each channel's side by side."""
        x = x[self.images]
        shape = (x.shape[0], x.shape[3], len(self.row_cells), len(self.col_cells))
        rows, cols = _stretch(self.row_cells), _stretch(self.col_cells)
        if rows is None or cols is None:
            room.clear()  # the places of all cells take as much as the spectra
            laid: Array = room.array("cells", shape, x.dtype)
            laid[...] = strip(x, self.row_cells, self.col_cells).transpose(0, 3, 1, 2)
        else:
            laid = room.array("cells", shape, x.dtype)
            laid[...] = 0
            laid[:, :, rows[0], cols[0]] = x[:, rows[1], cols[1]].transpose(0, 3, 1, 2)
        return laid


def _pieces(call: Call) -> Iterator[Piece]:
    """All blocks, for as many images at a time as `stridelab.ops.call.BLOCK` bytes hold."""
    shape = shape_of(call)
    down, across = _planned(shape)
    at_once = blocks(call.output_shape[:1], block_bytes(shape, *_lengths(shape)))
    places = range(down.pieces), range(across.pieces)
    for (images,), i, j in itertools.product(at_once, *places):
        rows, row_cells = _under(call.rows, down, call.row_cells, i)
        cols, col_cells = _under(call.cols, across, call.col_cells, j)
        yield Piece(images, rows, cols, down, across, row_cells, col_cells)


def _stretch(cells: Cells) -> tuple[slice, slice] | None:
    """Where in a list real cells stand, and which; None where they are no neighbours.

    >>> _stretch(np.array([-1, -1, 4, 5, 6, -1])), _stretch(np.array([1, 0, 1, 2]))
    ((slice(2, 5, None), slice(4, 7, None)), None)
    """
    real = np.flatnonzero(cells >= 0)
    if not len(real):
        return slice(0, 0), slice(0, 0)
    first, stop = int(real[0]), int(real[-1]) + 1
    if (np.diff(cells[first:stop]) != 1).any():
        return None
    return slice(first, stop), slice(int(cells[first]), int(cells[stop - 1]) + 1)


def _under(axis: Axis, side: Side, cells: Cells, number: int) -> tuple[slice, Cells]:
    """The outputs of one block, and the cells that it transforms: zeros beyond the last."""
    first = number * side.outputs
    found = cells[first * side.step :][: side.length]
    beyond = np.full(side.length - len(found), -1, cells.dtype)
    outputs = slice(first, min(first + side.outputs, axis.output_size))
    return outputs, np.concatenate((found, beyond))


# --- errors ---------------------------------------------------------------------------------------


def bound(call: Call) -> float:
    """The factor c of `stridelab.ops.bounds`: 12 · log₂ n + D + 24, for blocks of n cells.

    With all transforms divided by √n, errors of the three go to a result with the factor
    ‖x_block‖₂ · ‖k_f‖₂ or less each: by Cauchy and Schwarz that is the most that the sum over all
    frequencies of the products' absolute values can be. A transform makes 4 u for each of its
    log₂ n steps, the sum over the channels D u, the scaling and the products the rest.
    """
    shape = shape_of(call)
    return 12 * math.log2(math.prod(_lengths(shape))) + shape.depth + 24


def scale(call: Call, x: Array) -> Array:
    """|b[f]| + ‖x_block‖₂ · ‖k_f‖₂ for each result, in float64.

    ‖x_block‖₂² sums the squares of all cells of the result's block, in the filter's group.
    """
    result = np.zeros(call.output_shape) if call.bias is None else np.empty(call.output_shape)
    if call.bias is not None:
        result[...] = np.abs(call.bias)
    kernels = np.sqrt((call.kernel.astype(np.float64) ** 2).sum(axis=(0, 1, 2)))
    for piece in _pieces(call):
        cells = piece.cells(x, Room()).astype(np.float64)
        groups = cells.reshape(cells.shape[0], call.groups, -1)
        norms = np.sqrt((groups**2).sum(axis=2))
        norms = norms.repeat(call.kernel.shape[3] // call.groups, axis=1) * kernels
        result[piece.images, piece.rows, piece.cols] += norms[:, np.newaxis, np.newaxis]
    return result
