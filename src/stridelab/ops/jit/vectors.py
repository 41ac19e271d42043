"""Vector instructions for kernels: what numba has no words for, written as LLVM's.

An instruction is a Python function that writes LLVM instructions when numba compiles its caller. It
gets a `Writer` and its arguments by name, arrays as pointers:

    def add_one(w, of):                                     ADD_ONE = instruction("array place", …)
        place = w.at(of.array, of.place)
        w.put(w.get(place) + 1, place)

`Writer` knows the processor's vectors: how long they are, how to load and store them, to spread one
number over all lanes, to multiply and add. The optimiser does the rest: sums that are kept in local
variables (`Writer.sum`) get a register each, as long as there are enough.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import Parameter, Signature
from types import SimpleNamespace
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.core import config as _config
from numba.extending import intrinsic

from stridelab.ops.memory import LINE

config: Any = _config  # its settings are made at run time


def _host() -> tuple[int, int]:
    """How many bytes a vector register of the processor has, and how many registers there are."""
    features = binding.get_host_cpu_features()
    if config.CPU_FEATURES is not None:  # as NUMBA_CPU_FEATURES names them, for other processors
        features = {name[1:]: name[0] == "+" for name in config.CPU_FEATURES.split(",") if name}
    if features.get("avx512f"):
        return 64, 32
    if features.get("avx2") and features.get("fma"):
        return 32, 16
    return 16, 32 if features.get("neon") else 16


VECTOR_BYTES, REGISTERS = _host()

# numba's helpers have no types
alloca_once_value: Any = cgutils.alloca_once_value
get_or_insert_function: Any = cgutils.get_or_insert_function

_INDEX: Any = ir.IntType(64 if sys.maxsize > 2**32 else 32)


def instruction(names: str, write: Callable[[Writer, SimpleNamespace], None]) -> Any:
    """A function for compiled code; numba calls `write` to put its instructions there.

    Parameters
    ----------
    names : str
        The arguments' names. An argument ``floor`` says by its type what numbers are computed with;
        where there is none, the first one does: a `pointer`.
    write : function
        Of a `Writer` and the arguments; an array comes as a pointer.
    """

    def run(typing: Any, *arguments: Any) -> Any:
        by_name = dict(zip(names.split(), arguments, strict=True))
        scalar = by_name["floor"] if "floor" in by_name else arguments[0].dtype
        # places are whole numbers of the machine's size, whatever kind the caller's are
        kinds = [types.intp if isinstance(kind, types.Integer) else kind for kind in arguments]

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            of = SimpleNamespace()
            for name, kind, value in zip(by_name, signature.args, values, strict=True):
                setattr(of, name, value)
                if isinstance(kind, types.Array):
                    setattr(of, name, context.make_array(kind)(context, builder, value).data)
            write(Writer(builder, context.get_value_type(scalar), scalar.bitwidth // 8), of)
            return context.get_dummy_value()

        return types.void(*kinds), generate

    # numba goes by the signature
    parameters = [Parameter(name, Parameter.POSITIONAL_ONLY) for name in ("typing", *names.split())]
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return intrinsic(run)


def _pointer(typing: Any, array: Any) -> Any:
    """Where an array's numbers lie. To hand it over costs nothing; an array is counted each time.

    Whoever takes it keeps the array, by naming it later on: `hold`.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, values[0]).data

    kind: Any = types.CPointer
    return kind(array.dtype)(array), generate


def _hold(typing: Any, arrays: Any) -> Any:
    """Nothing: but until here the arrays, one or a tuple, are there."""
    return types.void(arrays), lambda context, *rest: context.get_dummy_value()


pointer: Any = intrinsic(_pointer)
hold: Any = intrinsic(_hold)


class Writer:
    """Writes vector instructions for numbers of one type."""

    def __init__(self, builder: Any, scalar: Any, itemsize: int, lanes: int = 0) -> None:
        self.b, self.itemsize, self.lanes = builder, itemsize, lanes or VECTOR_BYTES // itemsize
        self.vector = ir.VectorType(scalar, self.lanes)
        self.zero = ir.Constant(self.vector, None)

    def of_lanes(self, lanes: int) -> Writer:
        """A writer of vectors with so many numbers."""
        return Writer(self.b, self.vector.element, self.itemsize, lanes)

    def at(self, pointer: Any, *places: Any) -> Any:
        """The pointer so many numbers further on."""
        for place in places:
            pointer = self.b.gep(pointer, [_place(place)])
        return pointer

    def get(self, pointer: Any) -> Any:
        """The number there."""
        return self.b.load(pointer)

    def listed(self, pointer: Any, places: Any, count: int) -> list[Any]:
        """The pointers as many numbers further on as a list of places says."""
        return [self.at(pointer, self.get(self.at(places, n))) for n in range(count)]

    def load(self, pointer: Any, vectors: int = 1) -> list[Any]:
        """So many vectors, from there on."""
        places = [self.at(pointer, v * self.lanes) for v in range(vectors)]
        return [self.b.load(self._as_vector(place), align=self.itemsize) for place in places]

    def spread(self, number: Any, kind: Any = None) -> Any:
        """A vector with the number in all lanes."""
        kind = kind or self.vector
        nothing = ir.Constant(kind, ir.Undefined)
        lane = self.b.insert_element(nothing, number, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), None)
        return self.b.shuffle_vector(lane, nothing, zeros)

    def prefetch(self, pointer: Any, write: bool = False, near: bool = True) -> None:
        """Asks for the cells there, which are read or written soon; there may be none.

        They come into the first-level cache, or where they are not `near` into the second.
        """
        place, number = self.b.bitcast(pointer, ir.IntType(8).as_pointer()), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
        fetch = get_or_insert_function(self.b.module, kind, "llvm.prefetch.p0")
        self.b.call(
            fetch, [place, *(ir.Constant(number, n) for n in (int(write), 3 if near else 2, 1))]
        )

    def prefetch_all(self, pointer: Any, vectors: int, write: bool = False) -> None:
        """Asks for the lines of so many vectors that begin with a line."""
        for first in range(0, vectors * VECTOR_BYTES, LINE):
            self.prefetch(self.at(pointer, first // self.itemsize), write)

    def prefetch_lines(self, pointer: Any, turn: Any, lines: Any, near: Any) -> None:
        """Asks for as many lines as a turn has; nearest where `near` is over 0."""
        line = LINE // self.itemsize
        first = self.at(pointer, self.times(self.times(turn, lines), line))
        with self.loop(lines) as number:
            place = self.at(first, self.times(number, line))
            with self.b.if_else(self.at_least(near, 1)) as (if_near, otherwise):
                with if_near:
                    self.prefetch(place)
                with otherwise:
                    self.prefetch(place, near=False)

    def prefetch_each(self, pointers: list[Any], count: Any) -> None:
        """Asks for so many numbers from each of the pointers on."""
        with self.steps(count, LINE // self.itemsize) as number:
            for pointer in pointers:
                self.prefetch(self.at(pointer, number))

    def copy(self, source: Any, target: Any, count: Any) -> None:
        """So many numbers, from one place to another."""
        cgutils.raw_memcpy(self.b, target, source, count, self.itemsize)  # type: ignore[no-untyped-call]

    def clear(self, target: Any, count: Any) -> None:
        """So many zeros."""
        cgutils.memset(self.b, target, self.times(count, self.itemsize), 0)  # type: ignore[no-untyped-call]

    def picked(self, vectors: list[Any], places: Sequence[int]) -> Any:
        """A vector of some of their numbers, by places counted through all of them side by side."""
        wanted: list[Any] = [divmod(n, self.lanes) for n in places]
        wanted += [(None, None)] * (self.lanes - len(wanted))  # any will do
        first, *others = sorted({n // self.lanes for n in places})
        own = [n if v == first else lane for lane, (v, n) in enumerate(wanted)]
        whole = self._shuffled(vectors[first], vectors[first], own)
        for other in others:
            lanes = [self.lanes + n if v == other else lane for lane, (v, n) in enumerate(wanted)]
            whole = self._shuffled(whole, vectors[other], lanes)
        some = len(places) < self.lanes
        return self._shuffled(whole, whole, [*range(len(places))]) if some else whole

    def transposed(self, vectors: list[Any]) -> list[Any]:
        """As many vectors as one has numbers: of each the first, of each the second …"""
        own, block = list(vectors), 1
        while block < self.lanes:
            for one in range(self.lanes):
                if not one & block:
                    both = self._exchanged(own[one], own[one + block], block)
                    own[one], own[one + block] = both
            block *= 2
        return own

    def totals(self, vectors: list[Any]) -> Any:
        """A vector of the sums of their numbers: of each vector one, of fewer zeros at the end."""
        own, block = [*vectors, *[self.zero] * (self.lanes - len(vectors))], 1
        while block < self.lanes:
            pairs = zip(own[::2], own[1::2], strict=True)
            own = [self.add(*self._exchanged(left, right, block)) for left, right in pairs]
            block *= 2
        return own[0]

    def _exchanged(self, left: Any, right: Any, block: int) -> tuple[Any, Any]:
        """Blocks of so many numbers change places across the diagonal: of one number, of two …"""
        upper = [n + (self.lanes - block if n & block else 0) for n in range(self.lanes)]
        lower = [n + (self.lanes if n & block else block) for n in range(self.lanes)]
        return self._shuffled(left, right, upper), self._shuffled(left, right, lower)

    def _shuffled(self, left: Any, right: Any, lanes: list[int]) -> Any:
        """Numbers of both; those of `right` are counted on."""
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
        return self.b.shuffle_vector(left, right, mask)

    def put(self, vector: Any, pointer: Any) -> None:
        """Stores a vector there."""
        self.b.store(vector, self._as_vector(pointer), align=self.itemsize)

    def add(self, left: Any, right: Any) -> Any:
        """``left + right``"""
        return self.b.fadd(left, right)

    def minus(self, left: Any, right: Any) -> Any:
        """``left − right``"""
        return self.b.fsub(left, right)

    def add_times(self, left: Any, factor: float, right: Any) -> Any:
        """``left + factor · right``"""
        number = ir.Constant(self.vector, [float(factor)] * self.lanes)
        product = self.b.fmul(number, right, flags=("contract",))
        return self.b.fadd(left, product, flags=("contract",))

    def sum(self, start: Any) -> Any:
        """A vector that changes, kept in a register."""
        return alloca_once_value(self.b, start)

    def value(self, total: Any) -> Any:
        """What a sum is now."""
        return self.b.load(total)

    def set(self, total: Any, vector: Any) -> None:
        """Gives a sum another value."""
        self.b.store(vector, total)

    def multiply_add(self, total: Any, left: Any, right: Any) -> None:
        """``total += left · right``; one instruction where the processor has it."""
        product = self.b.fmul(left, right, flags=("contract",))
        self.b.store(self.b.fadd(self.b.load(total), product, flags=("contract",)), total)

    @contextmanager
    def loop(self, count: Any) -> Iterator[Any]:
        """A loop over 0 … count − 1."""
        with cgutils.for_range(self.b, count) as one:
            yield one.index

    def in_pairs(self, count: Any, body: Callable[[Any], None]) -> None:
        """``body(0)``, ``body(1)`` … below `count`: two of them a turn, where it is even.

        A short body takes as long as the turns around it; odd counts are small as a rule, and a
        turn of its own for the last one would cost them more.
        """
        half = self.b.ashr(count, _place(1))
        is_even = self.b.icmp_signed("==", self.times(half, 2), count)
        with self.b.if_else(is_even) as (even, odd):
            with even, self.loop(half) as turn:
                body(self.times(turn, 2))
                body(self.plus(self.times(turn, 2), 1))
            with odd, self.loop(count) as turn:
                body(turn)

    @contextmanager
    def steps(self, count: Any, step: int) -> Iterator[Any]:
        """A loop over 0, step, 2·step … below `count`."""
        many = self.b.sdiv(self.plus(count, step - 1), _place(step))
        with cgutils.for_range(self.b, many) as one:
            yield self.times(one.index, step)

    @contextmanager
    def when(self, *conditions: Any, likely: bool | None = None) -> Iterator[None]:
        """Instructions that run where all conditions hold; out of the others' way if unlikely."""
        both = conditions[0]
        for condition in conditions[1:]:
            both = self.b.and_(both, condition)
        with self.b.if_then(both, likely=likely):
            yield

    def equal(self, left: Any, right: int) -> Any:
        """A condition."""
        return self.b.icmp_signed("==", left, _place(right))

    def below(self, left: Any, right: Any) -> Any:
        """A condition."""
        return self.b.icmp_signed("<", left, _place(right))

    def at_least(self, left: Any, right: int) -> Any:
        """A condition."""
        return self.b.icmp_signed(">=", left, _place(right))

    def either(self, condition: Any, left: Any, right: Any) -> Any:
        """The left one where the condition holds."""
        return self.b.select(condition, _place(left), _place(right))

    def smaller(self, left: Any, right: Any) -> Any:
        """The smaller of two places."""
        return self.b.select(self.below(left, right), left, _place(right))

    def larger(self, left: Any, right: Any) -> Any:
        """The larger of two places."""
        return self.b.select(self.below(left, right), _place(right), left)

    def times(self, left: Any, right: Any) -> Any:
        """A product of places."""
        return self.b.mul(left, _place(right))

    def rest(self, left: Any, right: int) -> Any:
        """What a division of places leaves."""
        return self.b.srem(left, _place(right))

    def plus(self, left: Any, right: Any) -> Any:
        """A sum of places."""
        return self.b.add(left, _place(right))

    def store(self, sums: list[list[Any]], floor: Any, out: Any, step: Any, valid: Any) -> None:
        """Rows of sums, raised to the floor, `step` numbers apart; only `valid` numbers of each."""
        low = self.spread(floor)
        rows = [[self.raised(self.b.load(one), low) for one in row] for row in sums]
        places = [self.at(out, self.times(step, p)) for p in range(len(rows))]
        width, valid = len(rows[0]) * self.lanes, _place(valid)
        whole = self.at_least(valid, width)
        with self.b.if_else(whole, likely=True) as (then, otherwise):
            with then:
                for row, place in zip(rows, places, strict=True):
                    for v, y in enumerate(row):
                        self.put(y, self.at(place, v * self.lanes))
            with otherwise:
                for v in range(len(rows[0])):
                    mask = self._mask(valid, v * self.lanes)
                    for row, place in zip(rows, places, strict=True):
                        self._store_masked(row[v], self.at(place, v * self.lanes), mask)

    def raised(self, y: Any, low: Any) -> Any:
        """The larger of both; a NaN compares as false and stays."""
        return self.b.select(self.b.fcmp_ordered("<", y, low), low, y)

    def cleared(self, vector: Any, count: Any) -> Any:
        """The vector with zeros for so many numbers, the first ones."""
        return self.b.select(self._mask(count, 0), self.zero, vector)

    def _as_vector(self, pointer: Any) -> Any:
        return self.b.bitcast(pointer, self.vector.as_pointer())

    def _mask(self, valid: Any, first: int) -> Any:
        """For each lane whether its number, `first` and on, is below `valid`."""
        numbers = ir.VectorType(_INDEX, self.lanes)
        own = ir.Constant(numbers, [first + lane for lane in range(self.lanes)])
        return self.b.icmp_signed("<", own, self.spread(valid, numbers))

    def _store_masked(self, y: Any, place: Any, mask: Any) -> None:
        pointer, align = self._as_vector(place), ir.Constant(ir.IntType(32), self.itemsize)
        name = f"llvm.masked.store.v{self.lanes}f{8 * self.itemsize}.p0"
        kinds = [self.vector, pointer.type, align.type, mask.type]
        kind = ir.FunctionType(ir.VoidType(), kinds)
        store = get_or_insert_function(self.b.module, kind, name)
        self.b.call(store, [y, pointer, align, mask])


def _place(place: Any) -> Any:
    return ir.Constant(_INDEX, place) if isinstance(place, int) else place
