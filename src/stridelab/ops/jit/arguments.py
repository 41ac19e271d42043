"""What a kernel gets, and how it is handed over in little time.

    sizes      of a plan
    tables     where each table begins, its rows and columns; then one table after the other
    x          images (N, H, W, Cin)
    weights    all of them
    start      what sums start from, the bias; at last the floor, which no result is below
    out        (N, OH, OW, Cout)

To hand over an array takes some fifty nanoseconds, twice that where caches are full of images. So
tables of places come as one; in compiled code they are arrays again, which nobody counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.errors import RequireLiteralValue
from numba.extending import intrinsic
from numba.np import arrayobj

from stridelab.ops.call import Cells

_INDEX = ir.IntType(64)
#: Numbers that tell where a table is: its place, its rows, its columns.
_HEAD = 3


def signature(scalar: Any) -> Any:
    """The types of a kernel's arguments, by numba's type of the numbers."""
    images, numbers = (types.Array(scalar, ndim, "C", readonly=True) for ndim in (4, 1))
    places = types.Array(types.intp, 1, "C", readonly=True)
    return types.void(places, places, images, numbers, numbers, types.Array(scalar, 4, "C"))


def frozen(numbers: Any) -> Cells:
    """Whole numbers as a read-only array, as kernels take them: quicker to hand over than a tuple.

    >>> frozen((3, 4)).tolist(), frozen([1]).flags.writeable
    ([3, 4], False)
    """
    array = np.array(numbers, np.intp, order="C")
    array.flags.writeable = False
    return array


def joined(*tables: Any) -> Cells:
    """Tables as one read-only array, which compiled code gets `tables` from.

    Parameters
    ----------
    tables : array
        Each of whole numbers, with one axis or two.

    >>> joined([7, 8], [[9]]).tolist()
    [6, 2, 1, 8, 1, 1, 7, 8, 9]
    """
    arrays = [np.asarray(one, np.intp) for one in tables]
    place = _HEAD * len(arrays)
    whole = np.ones(place + sum(one.size for one in arrays), np.intp)
    for n, one in enumerate(arrays):
        whole[_HEAD * n :][: 1 + one.ndim] = place, *one.shape
        whole[place : place + one.size].reshape(one.shape)[...] = one
        place += one.size
    whole.flags.writeable = False
    return whole


def tables(*axes: int) -> Any:
    """What takes `joined` tables apart in compiled code: arrays with so many axes each.

    One of two axes may come as one row after the other.
    """
    kinds: Any = [types.Array(types.intp, ndim, "C", readonly=True) for ndim in axes]
    tuple_of: Any = types.Tuple

    def split(typing: Any, numbers: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            first = context.make_array(signature.args[0])(context, builder, values[0]).data
            arrays = [
                _table(context, builder, kind, first, _loaded(builder, first, _HEAD, _HEAD * n))
                for n, kind in enumerate(kinds)
            ]
            return context.make_tuple(builder, signature.return_type, arrays)

        return tuple_of(kinds)(numbers), generate

    return intrinsic(split)


def _table(context: Any, builder: Any, kind: Any, first: Any, head: Any) -> Any:
    """An array that owns nothing: its numbers are those of all tables, from its place on."""
    place, rows, columns = head
    size = _INDEX(np.dtype(np.intp).itemsize)
    fill: Any = arrayobj.populate_array
    array = context.make_array(kind)(context, builder)
    fill(
        array,
        data=builder.gep(first, [place]),
        shape=[rows, columns] if kind.ndim == 2 else [builder.mul(rows, columns)],
        strides=[builder.mul(columns, size), size][-kind.ndim :],
        itemsize=size,
        meminfo=None,
    )
    return array._getvalue()


def _fields(typing: Any, array: Any, size: Any) -> Any:
    """An array's numbers as a tuple, in compiled code; `size`, how many, is known by then.

    numba's own `to_fixed_tuple` takes 50 ns for each number beyond some twenty.
    """
    if not isinstance(size, types.IntegerLiteral):
        raise RequireLiteralValue("the size of a tuple is a literal")
    tuple_of: Any = types.UniTuple
    kind = tuple_of(array.dtype, size.literal_value)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        first = context.make_array(signature.args[0])(context, builder, values[0]).data
        return context.make_tuple(builder, kind, _loaded(builder, first, len(kind)))

    return kind(array, size), generate


fields: Any = intrinsic(_fields)


def _loaded(builder: Any, first: Any, count: int, place: int = 0) -> list[Any]:
    """So many numbers, from a place on."""
    return [builder.load(builder.gep(first, [_INDEX(place + n)])) for n in range(count)]
