"""A recording on disk: all arrays of a kind end to end in an .npz, and a JSON index of the cases.

Every array is one of three kinds: `integers` (whole numbers that any dtype holds exactly),
`float32`, `float64`. The index says for each case which stretch of which kind is which array. Both
files come out the same, byte for byte, when the frameworks answer the same on the same day.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import pathlib
import random

import numpy as np

DATA = pathlib.Path(__file__).parents[1] / "data"
KINDS = {"integers": np.int32, "float32": np.float32, "float64": np.float64}


def drawn(seed: str, shape, kind: str, scale: int) -> np.ndarray:
    """Whole numbers within ±scale, or real numbers within ±1 that are exact in `kind`."""
    draw = random.Random(seed)
    count = int(np.prod(shape))
    if kind == "integers":
        return np.array([draw.randint(-scale, scale) for _ in range(count)]).reshape(shape)
    return np.array([draw.uniform(-1, 1) for _ in range(count)], kind).reshape(shape)


def compact(value) -> str:
    return json.dumps(value, separators=(",", ":"))


def head(packages: list[str]) -> dict:
    """What was asked, and when."""
    return {
        "versions": {package: importlib.metadata.version(package) for package in packages},
        "date": datetime.date.today().isoformat(),
    }


class Store:
    """Collects cases, then writes `name`.npz and `name`.json into tests/data."""

    def __init__(self, name: str, packages: list[str]) -> None:
        self.name = name
        self.head = head(packages)
        self.cases = []
        self.chunks = {kind: [] for kind in KINDS}

    def add(self, case: dict, kind: str, arrays: dict) -> None:
        places = {}
        for label, array in arrays.items():
            flat = np.asarray(array).astype(KINDS[kind])
            assert np.array_equal(flat, array), f"{label} of {case} is not {kind}"
            start = sum(map(len, self.chunks[kind]))
            places[label] = [start, list(flat.shape)]
            self.chunks[kind].append(flat.ravel())
        self.cases.append(case | {"kind": kind, "arrays": places})

    def write(self) -> None:
        arrays = {
            kind: np.concatenate([np.zeros(0, KINDS[kind]), *chunks])
            for kind, chunks in self.chunks.items()
        }
        np.savez_compressed(DATA / f"{self.name}.npz", **arrays)
        head = compact(self.head)[1:-1]
        cases = ",\n".join(compact(case) for case in self.cases)
        (DATA / f"{self.name}.json").write_text(f'{{{head},"cases":[\n{cases}\n]}}\n')
        sizes = [(DATA / f"{self.name}{end}").stat().st_size // 1000 for end in (".npz", ".json")]
        print(f"{self.name}: {len(self.cases)} cases, {sizes[0]} + {sizes[1]} kB")
