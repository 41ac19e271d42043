"""What is convolved: the layers and networks of ``suite.toml``, all with SAME padding, no bias."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from stridelab.errors import StrideLabError, nearest, shown
from stridelab.geometry import conv_geometry, cost


@dataclass(frozen=True)
class Case:
    """One convolution with SAME padding, whatever it is called.

    Parameters
    ----------
    size : int
        Rows, and as many columns, of the input, in cells.
    channels, filters : int
        Cin and Cout.
    kernel, stride, dilation : int
        Cells, for both axes.
    groups : int
        Divides Cin and Cout.
    batch : int
        Images.

    >>> case = Case(32, 3, 32, 3, stride=2)
    >>> case.code, case.text, case.pads, case.macs
    ('32x3-32k3s2', '1, 32, 3→32, 3, 2', ((0, 1), (0, 1)), 221184)
    """

    size: int
    channels: int
    filters: int
    kernel: int
    stride: int = 1
    dilation: int = 1
    groups: int = 1
    batch: int = 1

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """(N, H, W, Cin)."""
        return self.batch, self.size, self.size, self.channels

    @property
    def kernel_shape(self) -> tuple[int, int, int, int]:
        """(KH, KW, Cin/groups, Cout)."""
        return self.kernel, self.kernel, self.channels // self.groups, self.filters

    @property
    def depthwise(self) -> bool:
        """Whether each channel is convolved by itself, with one filter."""
        return 1 < self.channels == self.groups == self.filters

    @property
    def pads(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """((top, bottom), (left, right))."""
        return conv_geometry(
            self.size, self.kernel, self.stride, "same", dilation_rate=self.dilation
        ).pads

    @cached_property
    def _cost(self) -> Any:
        return cost(
            self.input_shape,
            self.filters,
            self.kernel,
            strides=self.stride,
            padding="same",
            dilation_rate=self.dilation,
            groups=self.groups,
            use_bias=False,
        )

    @property
    def macs(self) -> int:
        """Multiply-adds of the definition, those on padded zeros counted."""
        return int(self._cost.macs)

    @property
    def flops(self) -> int:
        """``2·MACs``."""
        return 2 * self.macs

    @property
    def bytes(self) -> int:
        """Input, weights and output in float32, each moved once."""
        return int(self._cost.bytes)

    @property
    def weights(self) -> int:
        """The kernel's numbers."""
        return int(self._cost.params)

    @property
    def text(self) -> str:
        """N, H, Cin→Cout, kernel, stride; g groups and d dilation where they are over 1."""
        channels = f"{self.channels}→{self.filters}"
        text = f"{self.batch}, {self.size}, {channels}, {self.kernel}, {self.stride}"
        text += f" g{self.groups}" if self.groups > 1 else ""
        return text + (f" d{self.dilation}" if self.dilation > 1 else "")

    @property
    def code(self) -> str:
        """A name made of the numbers, for a layer that has no other."""
        code = f"{self.size}x{self.channels}-{self.filters}k{self.kernel}"
        for letter, number in (
            ("s", self.stride),
            ("d", self.dilation),
            ("g", self.groups),
            ("b", self.batch),
        ):
            code += f"{letter}{number}" if number > 1 else ""
        return code


@dataclass(frozen=True)
class Network:
    """All convolutions of a network, each once, with how often it occurs."""

    name: str
    title: str
    parts: tuple[tuple[Case, int], ...]

    @property
    def count(self) -> int:
        """How many convolutions it has."""
        return sum(count for _, count in self.parts)

    @property
    def macs(self) -> int:
        """Multiply-adds of all its convolutions."""
        return sum(count * case.macs for case, count in self.parts)

    @property
    def flops(self) -> int:
        """``2·MACs``."""
        return 2 * self.macs

    @property
    def weights(self) -> int:
        """The numbers in all its kernels."""
        return sum(count * case.weights for case, count in self.parts)

    @property
    def text(self) -> str:
        """How many convolutions, and how many that differ."""
        return f"{self.count} convolutions, {len(self.parts)} distinct"


@dataclass(frozen=True)
class Suite:
    """Layers by name, networks by name, and the layers of a quick run."""

    layers: Mapping[str, Case]
    networks: Mapping[str, Network]
    quick: tuple[str, ...]

    @cached_property
    def cases(self) -> dict[str, Case]:
        """Every convolution once, by its name: the layers, then what the networks add."""
        named = dict(self.layers)
        known = set(named.values())
        for network in self.networks.values():
            for case, _ in network.parts:
                if case not in known:
                    known.add(case)
                    named[case.code] = case
        return named

    def chosen(self, names: Iterable[str]) -> dict[str, Case]:
        """The convolutions that these names of layers and networks mean, each once.

        Raises
        ------
        StrideLabError
            For a name that the suite does not have.

        >>> list(load().chosen(["res56", "56x64-256k1", "vgg16"]))[:4]
        ['res56', 'pw56', 'vgg1_1', 'vgg1_2']
        """
        wanted = dict.fromkeys(case for name in names for case in self._meant(name))
        names_of = {case: name for name, case in self.cases.items()}
        return {names_of[case]: case for case in wanted}

    def _meant(self, name: str) -> list[Case]:
        if name in self.networks:
            return [case for case, _ in self.networks[name].parts]
        by_code = {case.code: case for case in self.cases.values()}
        case = self.cases.get(name) or by_code.get(name)
        if case is not None:
            return [case]
        raise StrideLabError(
            "layers",
            "name layers or networks of the suite, with commas between",
            shown(name),
            f"networks: {', '.join(self.networks)}",
            nearest(name, [*self.networks, *self.cases]),
        )


@cache
def load() -> Suite:
    """The suite of ``suite.toml``.

    >>> len(load().layers), load().networks["resnet50"].text
    (21, '53 convolutions, 23 distinct')
    """
    text = files("stridelab.bench").joinpath("suite.toml").read_text(encoding="utf-8")
    return read(text)


def read(text: str) -> Suite:
    """A suite from its TOML.

    >>> layers = "[layers]\\na = {size = 4, channels = 1, filters = 2, kernel = 3}"
    >>> read(f"quick = []\\n{layers}").layers["a"].macs
    288
    """
    data = tomllib.loads(text)
    layers = {name: Case(**numbers) for name, numbers in data["layers"].items()}
    networks = {
        name: Network(name, each["title"], tuple(map(_part, each["layers"])))
        for name, each in data.get("networks", {}).items()
    }
    return Suite(layers, networks, tuple(data["quick"]))


def _part(numbers: dict[str, int]) -> tuple[Case, int]:
    return Case(**{name: n for name, n in numbers.items() if name != "count"}), numbers["count"]
