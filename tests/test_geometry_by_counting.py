"""The padding math against windows counted on a list, cell by cell.

Nothing here uses a formula of the package: a padded input is written out as a list, a window is
slid along it until it no longer fits, and what it meets is compared.
"""

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stridelab import StrideLabError, conv_geometry, geometry
from stridelab.geometry import conv_axis, convention, pool_axis, transposed_axis

PAD = None


def windows_over(padded: list, reach: int, stride: int, dilation: int) -> list[list]:
    """Every window, in order, as the cells it meets."""
    found, start = [], 0
    while start + reach <= len(padded):
        found.append(padded[start : start + reach : dilation])
        start += stride
    return found


def reach_of(kernel: int, dilation: int) -> int:
    """From the first tap to the last, counted on a ruler."""
    return len(range((kernel - 1) * dilation + 1))


def fewest_pads(size: int, reach: int, stride: int) -> int:
    """The fewest padded cells with which a window starts for each of 0, s, 2s, … below n."""
    wanted = len(range(0, size, stride))
    total = 0
    while len(windows_over([PAD] * (size + total), reach, stride, 1)) < wanted:
        total += 1
    return total


def pads_by_hand(size: int, reach: int, stride: int, rule: object) -> tuple[int, int]:
    if rule == "valid":
        return 0, 0
    if rule == "full":
        return reach - 1, reach - 1
    if rule in ("same", "same_lower"):
        total = fewest_pads(size, reach, stride)
        halves = (total // 2, (total + 1) // 2)
        return halves if rule == "same" else halves[::-1]
    return rule


def assert_counted(size: int, kernel: int, stride: int, dilation: int, rule: object) -> None:
    reach = reach_of(kernel, dilation)
    before, after = pads_by_hand(size, reach, stride, rule)
    padded = [PAD] * before + list(range(size)) + [PAD] * after
    windows = windows_over(padded, reach, stride, dilation)
    case = (size, kernel, stride, dilation, rule)
    if not windows:
        with pytest.raises(StrideLabError, match="must span at most the padded input"):
            conv_axis(size, kernel, stride, rule, dilation)
        return
    axis = conv_axis(size, kernel, stride, rule, dilation)
    assert axis.output_size == len(windows), case
    assert (axis.pad_before, axis.pad_after) == (before, after), case
    assert axis.phase == -before, case
    for output, window in enumerate(windows):
        taps = [cell if 0 <= cell < size else PAD for cell in axis.taps(output)]
        assert taps == window, (*case, output)
    met = [cell for window in windows for cell in window if cell is not PAD]
    assert axis.coverage() == tuple(met.count(cell) for cell in range(size)), case
    assert axis.unread == tuple(sorted(set(range(size)) - set(met))), case
    inside = [output for output, window in enumerate(windows) if PAD not in window]
    assert list(range(*axis.inner)) == inside, case
    assert axis.real_taps == len(met), case


@pytest.mark.parametrize("rule", ["valid", "same", "same_lower", "full", (0, 1), (3, 0)], ids=str)
@pytest.mark.parametrize("stride", range(1, 6))
def test_a_convolution_is_what_counting_windows_gives(rule: object, stride: int) -> None:
    for size, kernel, dilation in product(range(1, 41), range(1, 10), range(1, 4)):
        assert_counted(size, kernel, stride, dilation, rule)


@given(
    size=st.integers(1, 120),
    kernel=st.integers(1, 20),
    stride=st.integers(1, 30),
    dilation=st.integers(1, 9),
    rule=st.one_of(
        st.sampled_from(["valid", "same", "same_lower", "full"]),
        st.tuples(st.integers(0, 40), st.integers(0, 40)),
    ),
)
def test_a_convolution_beyond_the_grid(size, kernel, stride, dilation, rule) -> None:
    assert_counted(size, kernel, stride, dilation, rule)


def test_a_pooling_with_ceil_mode_is_what_counting_gives() -> None:
    for size, pool, stride, before, after in product(
        range(1, 21), range(1, 7), range(1, 6), range(3), range(3)
    ):
        if size + before + after < pool or max(before, after) >= pool:
            continue
        windows = len(windows_over([PAD] * (size + before + after), pool, stride, 1))
        leftover = size + before + after - ((windows - 1) * stride + pool)
        starts_in_input = windows * stride < size + before
        wanted = windows + 1 if leftover > 0 and starts_in_input else windows
        axis = pool_axis(size, pool, stride, (before, after), ceil_mode=True)
        assert axis.output_size == wanted, (size, pool, stride, before, after)
        assert pool_axis(size, pool, stride, (before, after)).output_size == windows


def test_a_transposed_convolution_is_the_convolution_backwards() -> None:
    """Input cell i adds to output cell q exactly where the convolution's output i reads q."""
    for size, kernel, stride, dilation in product(range(1, 9), range(1, 6), range(1, 5), (1, 2)):
        for padding in ("valid", "same"):
            there = transposed_axis(size, kernel, stride, padding, dilation)
            back = conv_axis(there.output_size, kernel, stride, padding, dilation)
            assert back.output_size == size
            for cell in range(size):
                assert there.targets(cell) == back.taps(cell)
            assert there.coverage() == back.coverage()


def derivations():
    for padding in ("valid", "same", "same_lower", "full", (2, 1)):
        yield conv_axis(13, 4, 3, padding, 2).derive()
        yield pool_axis(14, 3, 2, padding if padding != (2, 1) else (1, 0)).derive()
        yield pool_axis(13, 3, 2, "valid", ceil_mode=True).derive()
    for size, pool, stride, pad in ((6, 2, 3, 0), (6, 2, 3, 1), (7, 3, 2, 0), (2, 3, 4, 0)):
        yield convention("caffe").pool(size, pool, stride, pad).derive()
        yield convention("torch").pool(size, pool, stride, pad, True).derive()
    for size, kernel, padding in (
        (2, 5, "VALID"),
        (2, 6, (1, 0)),
        (8, 3, (-1, 0)),
        (8, 3, (-9, 2)),
    ):
        yield convention("jax").conv(size, kernel, 2, padding=padding).derive()
    for padding, extra in product(("valid", "same"), (None, 0, 1)):
        yield transposed_axis(5, 3, 2, padding, 2, extra).derive()


@pytest.mark.parametrize("derivation", list(derivations()), ids=lambda each: each.title)
def test_each_step_of_a_derivation_is_a_true_equation(derivation) -> None:
    """The line in numbers, worked out by Python's own arithmetic, is the result."""
    for line in derivation.steps:
        spelled = line.numbers.replace("·", "*").replace("−", "-").replace("mod", "%")
        spelled = spelled.replace("⌊", "floor(").replace("⌋", ")")
        spelled = spelled.replace("⌈", "ceil(").replace("⌉", ")")
        if spelled:
            names = {"floor": math.floor, "ceil": math.ceil, "max": max, "min": min}
            assert eval(spelled, {"__builtins__": {}}, names) == line.result, str(line)
        else:
            assert line.symbol in ("p_b", "p_a")  # given, not derived


def test_two_axes_do_not_mix() -> None:
    g = conv_geometry((9, 14), (2, 5), (3, 2), "same", (1, 2))
    assert g.rows == conv_axis(9, 2, 3, "same", 1)
    assert g.cols == conv_axis(14, 5, 2, "same", 2)
    assert g.output_shape == (3, 7)
    assert g.pads == ((0, 0), (3, 4))


@given(size=st.integers(1, 10_000), a=st.integers(1, 50), b=st.integers(1, 50))
def test_a_stack_of_same_layers_depends_on_the_total_stride_alone(size, a, b) -> None:
    inner = geometry.same_size(geometry.same_size(size, a), b)
    assert inner == len(range(0, size, a * b))
