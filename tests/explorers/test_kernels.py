"""The kernels of the menu, at every size."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import stridelab as sl
from stridelab.explorers.kernels import KERNELS, preset

SIZES = list(product(range(1, 6), repeat=2))


def test_the_known_kernels_at_three_by_three() -> None:
    assert {name: preset(name, 3, 3).tolist() for name in KERNELS} == {
        "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
        "box_blur": [[1 / 9] * 3] * 3,
        "sobel_x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        "sobel_y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
        "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
        "laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    }


def test_even_sizes_too() -> None:
    assert preset("sobel_x", 2, 2).tolist() == [[-1, 1], [-1, 1]]
    assert preset("sobel_x", 1, 4).tolist() == [[-1, -1, 1, 1]]
    assert preset("sharpen", 2, 2).tolist() == [[3, -1], [-1, 0]]


@pytest.mark.parametrize(("rows", "cols"), SIZES)
def test_what_holds_at_every_size(rows: int, cols: int) -> None:
    sums = {name: preset(name, rows, cols).sum() for name in KERNELS}
    assert sums == pytest.approx(
        {"identity": 1, "box_blur": 1, "sobel_x": 0, "sobel_y": 0, "sharpen": 1, "laplacian": 0}
    )
    for name in KERNELS:
        assert preset(name, rows, cols).shape == (rows, cols)
    assert (preset("sobel_y", rows, cols) == preset("sobel_x", cols, rows).T).all()


@pytest.mark.parametrize(("rows", "cols"), SIZES)
def test_identity_gives_back_the_input(rows: int, cols: int) -> None:
    x = np.arange(42.0).reshape(6, 7, 1)
    kernel = preset("identity", rows, cols)[..., None, None]
    assert (sl.conv2d(x, kernel, padding="same") == x).all()
