"""What a learner can set in an explorer, as data: the stage makes a native input of each."""

from __future__ import annotations

import hashlib
import io
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from numbers import Integral, Real
from typing import Any

from stridelab.errors import StrideLabError, nearest, shown
from stridelab.geometry.checks import listed, one_of, pair, whole
from stridelab.photos import MOST_PIXELS, upright


class Input:
    """What all controls have in common."""

    def code(self, value: Any) -> str:
        """The value as a line of Python writes it."""
        return repr(value)

    def as_json(self, value: Any) -> Any:
        """The value as the page holds it."""
        return value


@dataclass(frozen=True)
class Whole(Input):
    """A slider of whole numbers; with `paired` one number, or one for rows and one for columns.

    Parameters
    ----------
    name, label : str
        The argument's name, and what the learner reads.
    default, low, high : int
        In cells.
    paired : bool
        Whether rows and columns may differ.

    >>> size = Whole("size", "Input size", default=8, low=1, high=12, paired=True)
    >>> size.check((6, 6)), size.check((6, 5))
    (6, (6, 5))
    """

    name: str
    label: str
    default: int
    low: int
    high: int
    paired: bool = False

    def check(self, value: object) -> int | tuple[int, int]:
        """The value in its shortest form, where the control can show it.

        Raises
        ------
        StrideLabError
            Names the control, its range and the value.

        >>> Whole("strides", "Stride", default=1, low=1, high=4).check(9)
        Traceback (most recent call last):
        ...
        stridelab.errors.StrideLabError: strides must be at most 4; got 9 (this explorer's limit)
        """
        if not self.paired:
            return self._within(whole(self.name, value, self.low))
        rows, cols = pair(self.name, value, self.low)
        self._within(rows), self._within(cols)
        return rows if rows == cols else (rows, cols)

    def _within(self, number: int) -> int:
        if number > self.high:
            raise StrideLabError(
                self.name, f"be at most {self.high}", str(number), "this explorer's limit"
            )
        return number

    def as_data(self) -> dict[str, object]:
        """The control as the stage's JavaScript reads it."""
        return {"kind": "whole", "low": self.low, "high": self.high, "paired": self.paired}


@dataclass(frozen=True)
class Choice(Input):
    """One of a few names.

    Parameters
    ----------
    name, label, default : str
        The argument's name, what the learner reads, and the value to start with.
    options : dict
        Each value, and what the learner reads for it.

    >>> Choice("padding", "Padding", "valid", {"valid": "valid", "same": "same"}).check("same")
    'same'
    """

    name: str
    label: str
    default: str
    options: dict[str, str]

    def check(self, value: object) -> str:
        """The value, where it is one of the options; else an error that lists them."""
        return one_of(self.name, value, self.options)

    def as_data(self) -> dict[str, object]:
        """The control as the stage's JavaScript reads it."""
        return {"kind": "choice", "options": list(self.options.items())}


@dataclass(frozen=True)
class Switch(Input):
    """Yes or no."""

    name: str
    label: str
    default: bool = False

    def check(self, value: object) -> bool:
        """The value, where it is True or False.

        >>> Switch("apart", "Rows and columns apart").check(1)
        Traceback (most recent call last):
        ...
        stridelab.errors.StrideLabError: apart must be True or False; got 1
        """
        if not isinstance(value, bool):
            raise StrideLabError(self.name, "be True or False", shown(value))
        return value

    def as_data(self) -> dict[str, object]:
        """The control as the stage's JavaScript reads it."""
        return {"kind": "switch"}


@dataclass(frozen=True)
class Layers(Input):
    """A stack of layers, each a dict with Keras' argument names and ``layer``, its kind.

    Parameters
    ----------
    name, label : str
        The argument's name, and what the learner reads.
    default : tuple of dict
        The layers to start with; what one leaves out is its kind's default.
    kinds : dict
        For each kind, what the learner reads, and its fields: `Whole` (not paired) or `Choice`.
    most : int
        Layers at most; at least one.

    >>> kinds = {"conv": ("Conv2D", (Whole("kernel_size", "Kernel", 3, 1, 7),))}
    >>> Layers("layers", "Layers", ({"layer": "conv"},), kinds).check([{"layer": "conv"}])
    ({'layer': 'conv', 'kernel_size': 3},)
    """

    name: str
    label: str
    default: tuple[Mapping[str, Any], ...]
    kinds: Mapping[str, tuple[str, tuple[Whole | Choice, ...]]]
    most: int = 12

    def check(self, value: object) -> tuple[dict[str, Any], ...]:
        """Every layer with all of its fields, where the control can show it.

        Raises
        ------
        StrideLabError
            Names the layer, the field, its rule and the value.
        """
        if isinstance(value, (str, Mapping)) or not isinstance(value, (list, tuple)):
            raise StrideLabError(self.name, "be a list of dicts, one a layer", shown(value))
        if not 1 <= len(value) <= self.most:
            raise StrideLabError(self.name, f"hold 1 to {self.most} layers", str(len(value)))
        return tuple(self._layer(number, layer) for number, layer in enumerate(value))

    def _layer(self, number: int, layer: object) -> dict[str, Any]:
        at = f"{self.name}[{number}]"
        if not isinstance(layer, Mapping):
            raise StrideLabError(at, "be a dict", shown(layer))
        kind = one_of(f"{at}['layer']", layer.get("layer"), self.kinds)
        fields = {field.name: field for field in self.kinds[kind][1]}
        for name in layer:
            one_of(f"a key of {at}", name, ("layer", *fields))
        try:
            values = {
                name: field.check(layer.get(name, field.default)) for name, field in fields.items()
            }
        except StrideLabError as error:
            raise error.within(at) from None
        return {"layer": kind, **values}

    def code(self, value: Any) -> str:
        """The layers without what is their kind's default."""
        short = []
        for layer in value:
            defaults = {field.name: field.default for field in self.kinds[layer["layer"]][1]}
            kept = {k: v for k, v in layer.items() if k == "layer" or v != defaults[k]}
            short.append(kept)
        return repr(short)

    def as_data(self) -> dict[str, object]:
        """The control as the stage's JavaScript reads it."""
        kinds = [
            {
                "kind": kind,
                "label": label,
                "fields": [
                    {
                        "name": field.name,
                        "label": field.label,
                        "start": field.default,
                        **field.as_data(),
                    }
                    for field in fields
                ],
            }
            for kind, (label, fields) in self.kinds.items()
        ]
        return {"kind": "layers", "kinds": kinds, "most": self.most}


@dataclass(frozen=True)
class Lengths(Input):
    """The lengths of an array's axes, each a slider; as many as the value has.

    Parameters
    ----------
    name, label, default
        The argument's name, what the learner reads, and the lengths to start with.
    fewest, most : int
        Axes.
    high, numbers : int
        How long one may be, and how many numbers the array may hold.

    >>> Lengths("shape", "Lengths of x", (2, 3, 2)).check([1, 4, 3])
    (1, 4, 3)
    """

    name: str
    label: str
    default: tuple[int, ...]
    fewest: int = 2
    most: int = 4
    high: int = 6
    numbers: int = 48

    def check(self, value: object) -> tuple[int, ...]:
        """The lengths as plain numbers, where the control can show them.

        Raises
        ------
        StrideLabError
            Names the axis, its rule and the value; or what is wrong with all of them.
        """
        rule, limit = f"be {self.fewest} to {self.most} lengths", "this explorer's limit"
        if not isinstance(value, (tuple, list)) or not self.fewest <= len(value) <= self.most:
            remedy = f"Write one for each axis, for example {self.default}."
            raise StrideLabError(self.name, rule, shown(value), remedy=remedy)
        lengths = tuple(whole(f"{self.name}[{axis}]", each) for axis, each in enumerate(value))
        for axis, length in enumerate(lengths):
            if length > self.high:
                at_most = f"be at most {self.high}"
                raise StrideLabError(f"{self.name}[{axis}]", at_most, str(length), limit)
        if (count := math.prod(lengths)) > self.numbers:
            product = f"{' × '.join(map(str, lengths))} = {count}"
            at_most = f"hold at most {self.numbers} numbers"
            raise StrideLabError(self.name, at_most, product, limit, "Make an axis shorter.")
        return lengths

    def moves(self, value: tuple[int, ...]) -> Iterator[dict[str, Any]]:
        """What one move of one slider makes of these lengths."""
        for axis, length in product(range(len(value)), range(1, self.high + 1)):
            moved = (*value[:axis], length, *value[axis + 1 :])
            if math.prod(moved) <= self.numbers:
                yield {self.name: moved}

    def as_data(self) -> dict[str, object]:
        """The control as the stage's JavaScript reads it."""
        limits = {"low": 1, "high": self.high, "most": self.most, "numbers": self.numbers}
        return {"kind": "lengths", **limits}


@dataclass(frozen=True)
class Order(Input):
    """An order of an array's axes: one of the menu, or in Python any permutation.

    Parameters
    ----------
    name, label, default
        The argument's name, what the learner reads, and the order to start with.
    options : dict
        The menu: each order, and what the learner reads for it.
    lengths : str
        The name of the array's `Lengths`.
    starts : dict
        Lengths for each number of axes: in the page, an order of another number brings them along.

    >>> order = Order("axes", "Axes", (0, 1), {(1, 0): "swapped"}, "shape", {2: (3, 4)})
    >>> order.check([1, 0])
    (1, 0)
    """

    name: str
    label: str
    default: tuple[int, ...]
    options: dict[tuple[int, ...], str]
    lengths: str
    starts: dict[int, tuple[int, ...]]

    def check(self, value: object) -> tuple[int, ...]:
        """The order as plain numbers, where it names each axis once.

        Raises
        ------
        StrideLabError
            Names the axis that is missing.

        >>> Order("axes", "Axes", (0, 1), {}, "shape", {2: (3, 4), 3: (2, 3, 2)}).check((2, 0, 0))
        Traceback (most recent call last):
        ...
        stridelab.errors.StrideLabError: axes must name each of 0, 1, 2 once; got (2, 0, 0). 1 is \
missing.
        """
        fewest, most = min(self.starts), max(self.starts)
        if not isinstance(value, (tuple, list)) or not fewest <= len(value) <= most:
            rule = f"name {fewest} to {most} axes"
            remedy = f"Write them in their new order, for example {self.default}."
            raise StrideLabError(self.name, rule, shown(value), remedy=remedy)
        order = tuple(
            whole(f"{self.name}[{place}]", axis, 0, "axes count from 0")
            for place, axis in enumerate(value)
        )
        if missing := [axis for axis in range(len(order)) if axis not in order]:
            rule = f"name each of {', '.join(map(str, range(len(order))))} once"
            are = "is" if len(missing) == 1 else "are"
            remedy = f"{' and '.join(map(str, missing))} {are} missing."
            if sorted(order) == list(range(1, len(order) + 1)):
                remedy = f"Axes count from 0: write {tuple(axis - 1 for axis in order)}."
            raise StrideLabError(self.name, rule, shown(order), remedy=remedy)
        return order

    def moves(self, value: tuple[int, ...]) -> Iterator[dict[str, Any]]:
        """What the page can choose, where it has an order of as many axes."""
        for order in self.options:
            along = {} if len(order) == len(value) else {self.lengths: self.starts[len(order)]}
            yield {self.name: order, **along}

    def as_data(self) -> dict[str, object]:
        """The control as the stage's JavaScript reads it."""
        options = [[",".join(map(str, order)), text] for order, text in self.options.items()]
        return {
            "kind": "order", "options": options, "lengths": self.lengths, "starts": self.starts,
        }  # fmt: skip


@dataclass(frozen=True)
class Text(Input):
    """A few words, such as a guess."""

    name: str
    default: str = ""

    def check(self, value: object) -> str:
        """The words, without blanks around them.

        >>> Text("guess").check(" 3 × 4 ")
        '3 × 4'
        """
        if not isinstance(value, str):
            raise StrideLabError(self.name, "be a text", shown(value))
        return value.strip()


@dataclass(frozen=True)
class Cell(Input):
    """A cell of a grid, set from Python only."""

    name: str
    default: tuple[int, int] = (0, 0)

    def check(self, value: object) -> tuple[int, int]:
        """The row and the column, from 0.

        >>> Cell("position").check([2, 5])
        (2, 5)
        """
        if not isinstance(value, (tuple, list)):
            raise StrideLabError(self.name, "be a pair (row, column)", shown(value))
        return pair(self.name, value, minimum=0)


#: The largest weight that can be typed, up or down: sums of its products stay numbers in float32.
MOST_WEIGHT = 1_000_000

Matrix = tuple[tuple[int | float, ...], ...]


@dataclass(frozen=True)
class Kernel(Input):
    """A kernel of the menu, or the learner's own matrix.

    Parameters
    ----------
    name, label, default : str
        The argument's name, what the learner reads, and the option to start with.
    options : dict
        The menu: each value, and what the learner reads for it.
    most : int
        Rows and columns of a matrix, at most.

    >>> Kernel("kernel", "Kernel", "box", {"box": "box blur"}).check([[0, 1.0], [0.5, 0]])
    ((0, 1), (0.5, 0))
    """

    name: str
    label: str
    default: str
    options: dict[str, str]
    most: int = 5

    def check(self, value: object) -> str | Matrix:
        """The option, or the matrix as a tuple of rows; whole weights are ints.

        Raises
        ------
        StrideLabError
            Lists the options, or names the cell, its rule and the value.
        """
        if isinstance(value, str):
            return one_of(self.name, value, self.options)
        to_list = getattr(value, "tolist", None)  # NumPy's arrays
        rows = to_list() if to_list else value
        if not isinstance(rows, (list, tuple)) or not rows:
            raise self._no_matrix(value)
        if not all(isinstance(row, (list, tuple)) and len(row) for row in rows):
            raise self._no_matrix(value)
        for at, row in enumerate(rows):
            if len(row) != len(rows[0]):
                lengths = f"{len(rows[0])} and {len(row)}"
                raise StrideLabError(
                    self.name, "have rows of one length", lengths, f"rows 0 and {at}"
                )
        if max(len(rows), len(rows[0])) > self.most:
            raise StrideLabError(
                self.name,
                f"have at most {self.most} rows and {self.most} columns",
                f"{len(rows)} × {len(rows[0])}",
                "this explorer's limit",
            )
        return tuple(
            tuple(self._weight(f"{self.name}[{i}][{j}]", cell) for j, cell in enumerate(row))
            for i, row in enumerate(rows)
        )

    def _no_matrix(self, value: object) -> StrideLabError:
        remedy = "Write [[1, 2, 1]] for one row."
        names = ", ".join(map(repr, self.options))
        return StrideLabError(
            self.name, f"be rows of numbers, or one of {names}", shown(value), remedy=remedy
        )

    def _weight(self, at: str, cell: object) -> int | float:
        """The weight as a number of Python, an int where it is whole."""
        if isinstance(cell, bool) or not isinstance(cell, Real):  # NumPy's numbers are real too
            raise StrideLabError(at, "be a finite number", shown(cell))
        number = int(cell) if isinstance(cell, Integral) else float(cell)
        if isinstance(number, float) and not math.isfinite(number):
            raise StrideLabError(at, "be a finite number", shown(number))
        if abs(number) > MOST_WEIGHT:
            raise StrideLabError(
                at, f"be a number from -{MOST_WEIGHT} to {MOST_WEIGHT}", shown(number)
            )
        return int(number) if number == int(number) else number

    def as_data(self) -> dict[str, object]:
        """The control as the stage's JavaScript reads it."""
        return {"kind": "kernel", "options": list(self.options.items()), "most": self.most}


@dataclass(frozen=True, eq=False)
class OwnImage:
    """A learner's image: whole numbers from 0 to 255, and what it is called.

    Parameters
    ----------
    values : array of uint8
        Rows × columns × 3: red, green, blue.
    label : str
        The file's name, or ``array``.
    path : str
        Where it was read from; empty where that was no path.

    Two are equal where all of that is, pixel by pixel.
    """

    values: Any
    label: str
    path: str = ""
    digest: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        import numpy as np

        own = np.array(self.values, dtype=np.uint8, order="C")  # nobody else can change it
        own.flags.writeable = False
        content = hashlib.sha1(own.data, usedforsecurity=False)
        content.update(repr((own.shape, self.label, self.path)).encode())
        object.__setattr__(self, "values", own)
        object.__setattr__(self, "digest", content.hexdigest())

    def __eq__(self, other: object) -> bool:
        return self.digest == other.digest if isinstance(other, OwnImage) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        rows, cols, _ = self.values.shape
        return f"OwnImage({self.label!r}, {rows} × {cols})"


@dataclass(frozen=True)
class Image(Input):
    """An image of the menu, or the learner's own: a file, an array, an upload.

    Parameters
    ----------
    name, label, default : str
        The argument's name, what the learner reads, and the option to start with.
    options : dict
        The menu: each value, and what the learner reads for it.

    >>> import numpy as np
    >>> image = Image("image", "Image", "hopper", {"hopper": "Grace Hopper"})
    >>> image.check("hopper"), image.check(np.zeros((4, 6)))
    ('hopper', OwnImage('array', 4 × 6))
    """

    name: str
    label: str
    default: str
    options: dict[str, str]

    def check(self, value: object) -> str | OwnImage:
        """The option, or the image.

        Takes an option, a path to a picture that Pillow reads, an image of Pillow's, or an array,
        rows × columns, with 1, 3 or 4 channels last where it has any (the fourth, transparency, is
        dropped): uint8, or floats from 0 to 1.

        Raises
        ------
        StrideLabError
            Where it is nothing of the kind, or larger than `stridelab.photos.MOST_PIXELS`.
        """
        import numpy as np

        if isinstance(value, OwnImage):
            return value
        if isinstance(value, str):
            if value in self.options:
                return value
            if not os.path.exists(value):
                raise self._no_image(value, nearest(value, self.options))
        if isinstance(value, (str, os.PathLike)):
            path = os.fsdecode(value)
            return self._own(path, os.path.basename(path), path)
        if hasattr(value, "convert"):  # an image of Pillow's
            value = np.asarray(value.convert("RGB"))
        if hasattr(value, "__array__"):
            return OwnImage(self._pixels(value), "array")
        raise self._no_image(value)

    def read(self, filename: str, data: bytes) -> OwnImage:
        """The image in a file that the page hands over.

        >>> Image("image", "Image", "disc", {"disc": "disc"}).read("notes.txt", b"not a picture")
        Traceback (most recent call last):
        ...
        stridelab.errors.StrideLabError: image must be a picture that Pillow reads; got 'notes.txt'
        """
        return self._own(io.BytesIO(data), filename)

    def _own(self, source: str | io.BytesIO, label: str, path: str = "") -> OwnImage:
        return OwnImage(upright(source, self.name, path or label), label, path)

    def _no_image(self, value: object, remedy: str = "") -> StrideLabError:
        known = "" if len(self.options) == 1 else "one of "
        rule = f"be {known}{listed(list(self.options))}, an array, or a picture's path"
        return StrideLabError(self.name, rule, shown(value), remedy=remedy)

    def _pixels(self, value: object) -> Any:
        """An array's numbers as rows × columns × 3 of uint8."""
        import numpy as np

        array = np.asarray(value)
        shape = array.shape
        if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (1, 3, 4)):
            planes = len(shape) == 3 and shape[0] in (1, 3, 4)
            raise StrideLabError(
                self.name,
                "be rows × columns, with 1, 3 or 4 channels last where it has any",
                f"shape {shape}",
                remedy="Put the channels last: numpy.moveaxis(image, 0, -1)." if planes else "",
            )
        rows, cols = shape[:2]
        if not 1 <= rows * cols <= MOST_PIXELS:
            rule = f"have from 1 to {MOST_PIXELS:,} pixels"
            remedy = "Reduce it first, for example image[::2, ::2]." if array.size else ""
            raise StrideLabError(self.name, rule, f"{rows} × {cols}", remedy=remedy)
        colour = array[..., None] if array.ndim == 2 else array[..., :3]
        return np.broadcast_to(self._bytes(colour), (rows, cols, 3))

    def _bytes(self, array: Any) -> Any:
        import numpy as np

        if array.dtype == np.uint8:
            return array
        met = str(array.dtype)
        if array.dtype.kind == "f":
            low, high = array.min(), array.max()
            if low >= 0 and high <= 1:  # NaN is not
                return np.rint(array * 255).astype(np.uint8)
            met = f"floats from {low:g} to {high:g}"
        remedy = ""
        if array.dtype.kind in "iuf" and array.min() >= 0 and array.max() <= 255:
            remedy = "Write image.astype('uint8')."
        raise StrideLabError(self.name, "hold uint8, or floats from 0 to 1", met, remedy=remedy)

    def as_json(self, value: Any) -> str:
        """The option; an own image by its name and the start of a hash of all of it."""
        return f"own: {value.label} #{value.digest[:8]}" if isinstance(value, OwnImage) else value

    def code(self, value: Any) -> str:
        """The option or the path; what came otherwise needs a name, ``my_image``."""
        if isinstance(value, OwnImage):
            return repr(value.path) if value.path else "my_image"
        return repr(value)

    def as_data(self) -> dict[str, object]:
        """The control as the stage's JavaScript reads it."""
        return {"kind": "image", "options": list(self.options.items())}


Control = Whole | Choice | Switch | Layers | Lengths | Order | Kernel | Image
