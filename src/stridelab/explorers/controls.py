"""What a learner can set in an explorer, as data: the stage makes a native input of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stridelab.errors import StrideLabError, shown
from stridelab.geometry.checks import one_of, pair, whole


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


Control = Whole | Choice | Switch | Layers
