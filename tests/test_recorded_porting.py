"""Lesson 04's recording: what frameworks computed for one convolution, against `sl.conv2d`."""

from __future__ import annotations

import numpy as np
import pytest

import stridelab as sl
from stridelab.recorded import Recorded, all_recorded, recorded

EVERY = pytest.mark.parametrize("case", all_recorded(), ids=repr)


def from_keras(case: Recorded) -> sl.geometry.Port:
    arguments = {"kernel_size": case.kernel_size, "strides": case.strides, "padding": "same"}
    return sl.port("keras", case.framework, (8, 11), **arguments)


@EVERY
def test_a_port_into_explicit_pads_gives_the_recorded_output(case: Recorded) -> None:
    first = case.framework in ("torch", "onnx")
    pads, axes = case.padding, (2, 3, 1, 0) if first else (0, 1, 2, 3)
    if not (isinstance(pads, tuple) and isinstance(pads[0], tuple)):
        arguments = {"kernel_size": case.kernel_size, "strides": case.strides, "padding": pads}
        ported = sl.port(case.framework, "keras", (8, 11), **arguments)
        pads = ported.pads
        assert ported.kernel_axes == axes
    output = sl.conv2d(
        case.x,
        case.kernel.transpose(axes),
        strides=case.strides,
        padding=pads,
        data_format="channels_first" if first else "channels_last",
    )
    assert np.array_equal(output, case.output)


@pytest.mark.parametrize("framework", ["keras", "tensorflow", "jax", "torch", "onnx"])
def test_every_framework_was_asked_at_uneven_pads(framework: str) -> None:
    """For every kernel and strides, and pads that tell before from after and rows from columns."""
    cases = [case for case in all_recorded() if case.framework == framework]
    asked = {(case.kernel_size, case.strides) for case in cases}
    assert asked == {(k, s) for k in ((3, 3), (4, 2)) for s in ((1, 1), (2, 2), (2, 3))}
    assert any(a != b for case in cases for a, b in from_keras(case).pads)
    assert any(rows != cols for case in cases for rows, cols in [from_keras(case).pads])


@EVERY
def test_pytorch_with_the_pads_of_a_port_computes_what_keras_computes(case: Recorded) -> None:
    keras = recorded("keras", case.kernel_size, case.strides, "same")
    ported = recorded("torch", case.kernel_size, case.strides, from_keras(case).pads)
    assert np.array_equal(ported.output, keras.output.transpose(2, 0, 1))
    assert np.array_equal(ported.kernel, keras.kernel.transpose(3, 2, 0, 1))


def test_what_was_not_recorded_is_refused() -> None:
    with pytest.raises(sl.StrideLabError) as caught:
        recorded("keras", (3, 3), (2, 2), "valid")
    assert str(caught.value) == (
        "call must be a framework, kernel_size, strides and padding that were recorded; "
        "got ('keras', (3, 3), (2, 2), 'valid'). all_recorded() lists them."
    )


def test_the_arrays_are_the_caller_s_own() -> None:
    asked = ("torch", (4, 2), (2, 3), (2, 1))
    recorded(*asked).output[:] = 0
    assert recorded(*asked).output.any()
