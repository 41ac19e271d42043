"""Activations: what is applied to a result, in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from stridelab.errors import StrideLabError, shown
from stridelab.geometry.checks import listed
from stridelab.ops.call import Array

#: What a caller may give: a name, a function of the result, or None.
Activation: TypeAlias = str | Callable[[Any], npt.ArrayLike] | None

#: A name's function: changes `y` in place; the channels lie along the given axis.
InPlace: TypeAlias = Callable[[Array, int], None]


def linear(y: Array, channels: int) -> None:
    """``y``: nothing changes."""


def relu(y: Array, channels: int) -> None:
    """``max(y, 0)``."""
    np.maximum(y, 0, out=y)


@np.errstate(all="ignore")
def sigmoid(y: Array, channels: int) -> None:
    """``1/(1 + e^−y)``, in place; 0 where ``e^−y`` overflows."""
    np.subtract(0, y, out=y)  # NumPy 2.4's negative is wrong in place where y's step is 4 numbers
    np.exp(y, out=y)
    y += 1
    np.reciprocal(y, out=y)


@np.errstate(all="ignore")
def tanh(y: Array, channels: int) -> None:
    """The hyperbolic tangent."""
    np.tanh(y, out=y)


@np.errstate(all="ignore")
def softmax(y: Array, channels: int) -> None:
    """``e^y`` divided by its sum over the channels of a cell."""
    if y.size:
        y -= y.max(axis=channels, keepdims=True)
        np.exp(y, out=y)
        y /= y.sum(axis=channels, keepdims=True)


def softmax_of_the_last_axis(y: Array) -> Array:
    """`softmax`, as a function of a result, over its last axis."""
    softmax(y, -1)
    return y


#: The activations that have a name.
ACTIVATIONS: Mapping[str, InPlace] = MappingProxyType(
    {"linear": linear, "relu": relu, "sigmoid": sigmoid, "tanh": tanh, "softmax": softmax}
)


def check(activation: Activation) -> InPlace:
    """The function that applies an activation in place.

    Raises
    ------
    StrideLabError
        For anything but a known name, a function or None.

    >>> y = np.array([-1.0, 2.0])
    >>> check("relu")(y, -1)
    >>> y
    array([0., 2.])
    """
    if activation is None:
        return linear
    if isinstance(activation, str) and activation in ACTIVATIONS:
        return ACTIVATIONS[activation]
    if callable(activation):
        return _of_a_function(activation)
    raise StrideLabError(
        "activation",
        f"be one of {listed(list(ACTIVATIONS))}, a function or None",
        shown(activation),
        remedy=_other_case(activation) if isinstance(activation, str) else "",
    )


def extra(activation: Activation, output: int, channels: int) -> int:
    """The bytes that an activation takes beside a result of `output` bytes.

    >>> extra("relu", 800, 4), extra("softmax", 800, 4), extra(np.sqrt, 800, 4)
    (0, 200, 800)
    """
    if callable(activation):
        return output
    return output // channels if activation == "softmax" else 0


def _other_case(name: str) -> str:
    """Only the case may differ: 'gelu' and 'elu' look like 'relu', and are other functions."""
    return f"Did you mean {name.lower()!r}?" if name.lower() in ACTIVATIONS else ""


def _of_a_function(function: Callable[[Any], npt.ArrayLike]) -> InPlace:
    def apply(y: Array, channels: int) -> None:
        given = function(y)
        try:
            values = np.asarray(given)
        except ValueError:  # rows of different lengths
            values = np.empty((0,), object)
        if values.shape != y.shape or not np.can_cast(values.dtype, y.dtype, "same_kind"):
            raise StrideLabError(
                "activation",
                f"return an array of the shape and kind that it gets, {y.shape} of {y.dtype}",
                f"{values.shape} of {values.dtype}",
            )
        np.copyto(y, values, casting="same_kind")

    return apply
