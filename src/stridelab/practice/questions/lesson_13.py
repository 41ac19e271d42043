"""Lesson 13, Fact check: what it asks, why it holds, what wrong rules give."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from math import ceil

from stridelab.geometry import conv_axis, conv_geometry, cost, receptive_field
from stridelab.practice.questions.asked import Asked, question

#: Even and odd sizes, odd and even kernels.
LAYERS = tuple(product((7, 8, 224, 225), (2, 3, 4, 5)))


def verdict(said: Iterable[bool], meant: Iterable[bool] = (False,)) -> str:
    """A claim's verdict, from what its words say of each case, and what they mean.

    >>> verdict([True, True]), verdict([True, False]), verdict([False]), verdict([False], [True])
    ('true', 'half true', 'false', 'imprecise')
    """
    cases = list(said)
    if all(cases):
        return "true"
    if all(meant):
        return "imprecise"
    return "half true" if any(cases) else "false"


@question("13-keeps")
def _keeps_the_size() -> Asked:
    sizes = [
        (conv_axis(n, k, s, padding="same").output_size, n) for n, k in LAYERS for s in (1, 2, 3)
    ]
    return Asked(
        verdict(o == n for o, n in sizes),
        "it lacks a condition. At stride 1 the size is kept, at no other.",
        {
            "'same' kept the size at every stride": "true",
            "the words meant another thing; they mean it, at stride 1": "imprecise",
            "'same' kept no size, not even at stride 1": "false",
        },
    )


@question("13-pads")
def _keeps_it_at_any_stride() -> Asked:
    sizes = [(conv_axis(n, k, s, padding="same").output_size, n) for n, k in LAYERS for s in (2, 3)]
    return Asked(
        verdict(o == n for o, n in sizes),
        "⌈n/s⌉ is less than n at every stride over 1, for every input of two cells or more.",
        {
            "'same' kept the size at every stride": "true",
            "stride 1 rescued it; but it speaks of strides over 1": "half true",
            "something true were meant; no reading of it keeps the size": "imprecise",
        },
    )


@question("13-ceil")
def _rounded_up() -> Asked:
    return Asked(
        verdict(
            conv_axis(n, k, s, padding="same", dilation=d).output_size == ceil(n / s)
            for n, k in LAYERS
            for s, d in product((1, 2, 3), (1, 2))
        ),
        "⌈n/s⌉, whatever the kernel and the dilation.",
        {
            "the kernel or the dilation had a say": "half true",
            "the size were rounded down": "false",
            "'per axis' hid something; both axes follow it, each with its own n and s": "imprecise",
        },
    )


@question("13-aggressive")
def _softens_the_stride() -> Asked:
    n, k, s = 32, 3, 2
    same, valid = (conv_axis(n, k, s, padding=rule).output_size for rule in ("same", "valid"))
    saves_cells, softens_the_factor = same > valid, same > n / s
    return Asked(
        verdict([saves_cells, softens_the_factor]),
        "'same' saves what 'valid' loses at the border; the stride's factor is untouched.",
        {
            "'same' softened the stride itself": "true",
            "'valid' lost nothing on top of the stride": "false",
            "nothing but its words were wrong; one half of it fails": "imprecise",
        },
    )


@question("13-surrounds")
def _surrounds_with_zeros() -> Asked:
    axes = [conv_axis(n, k, 2, padding="same") for n, k in LAYERS]
    return Asked(
        verdict(
            (axis.pad_before == axis.pad_after > 0 for axis in axes),
            (axis.output_size == ceil(axis.size / 2) for axis in axes),
        ),
        "'as needed' is right, 'surrounds' is not: zeros may stand on one side only, or nowhere.",
        {
            "'same' padded all four sides alike": "true",
            "a condition were missing; the zeros are as many as needed in every layer": "half true",
            "'same' did not pad with zeros": "false",
        },
    )


@question("13-artificial")
def _manages_artificial_features() -> Asked:
    axis = conv_axis(6, 3, padding="same")
    zeros_are_read, layer_leaves_them_out = min(axis.taps(0)) < 0, len(axis.taps(0)) < 3
    return Asked(
        verdict([zeros_are_read, layer_leaves_them_out]),
        "the zeros do look like features; Conv2D multiplies them like any cell and does no more.",
        {
            "Conv2D did something about its zeros": "true",
            "zeros at the border changed no output": "false",
            "'manages' meant something true; there is nothing in the layer for it": "imprecise",
        },
    )


@question("13-skips")
def _skips_pixels() -> Asked:
    axes = [conv_axis(n, k, 2, padding="same") for n, k in LAYERS]
    return Asked(
        verdict(
            (len(axis.unread) >= axis.size // 2 for axis in axes),
            (axis.taps(1)[0] - axis.taps(0)[0] == 2 for axis in axes),
        ),
        "places of the window are skipped, as is meant; its taps read the pixels in between.",
        {
            "a window of 3 could not reach over the gap": "true",
            "half of the pixels were skipped by a usual kernel; one of 2 or more reads them": (
                "half true"
            ),
            "stride 2 skipped nothing at all": "false",
        },
    )


@question("13-zooms")
def _zooms_out() -> Asked:
    axes = [conv_axis(n, k, s, padding="same") for n, k in LAYERS for s in (2, 4)]
    alone = [conv_axis(n, k, padding="same") for n, k in LAYERS for _ in (2, 4)]
    return Asked(
        verdict(
            (axis.span > one.span for axis, one in zip(axes, alone, strict=True)),
            (axis.output_size < one.output_size for axis, one in zip(axes, alone, strict=True)),
        ),
        "coarser is meant and right; but a stride picks outputs, and its window is no broader.",
        {
            "a stride gathered what it leaves out": "true",
            "it zoomed out under some condition; the layer's own window never widens": "half true",
            "a strided output were as fine as the input": "false",
        },
    )


@question("13-field")
def _enlarges_the_field() -> Asked:
    def sizes(*strides: int) -> list[int]:
        stack = [{"kernel_size": 3, "strides": s} for s in strides]
        return [field.rows.size for field in receptive_field(stack)]

    own, later = (after > before for before, after in zip(sizes(1, 1), sizes(2, 1), strict=True))
    return Asked(
        verdict([own, later]),
        "the fields of later layers grow; that of the layer itself does not.",
        {
            "a stride widened its own layer's window": "true",
            "strides had no effect on any field": "false",
            "only the words were loose; for the layer's own field it fails": "imprecise",
        },
    )


@question("13-layer")
def _a_layer() -> Asked:
    shape = conv_geometry((32, 32), 3, strides=2, padding="same").output_shape
    params = cost((32, 32, 3), filters=32, kernel_size=3, strides=2, padding="same").params
    return Asked(
        verdict([shape == (16, 16), params == 896]),
        "(16, 16, 32), with 896 parameters.",
        {
            "'same' kept the size at every stride": "false",
            "it lacked a condition; it names size, kernel, stride and padding": "half true",
            "'halve' were loose here; 32 is even, so half is exact": "imprecise",
        },
    )
