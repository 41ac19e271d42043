"""Published and measured numbers, written out."""

from __future__ import annotations

import pytest

import stridelab as sl
from stridelab import StrideLabError
from stridelab.geometry import conv_axis, pool_axis, transposed_axis
from stridelab.geometry.borders import MODES, border_cell

# The animations of vdumoulin/conv_arithmetic (bin/generate_makefile): n, o, p, k, s, d
CONVOLUTIONS = {
    "no_padding_no_strides": (4, 2, 0, 3, 1, 1),
    "arbitrary_padding_no_strides": (5, 6, 2, 4, 1, 1),
    "same_padding_no_strides": (5, 5, 1, 3, 1, 1),
    "full_padding_no_strides": (5, 7, 2, 3, 1, 1),
    "no_padding_strides": (5, 2, 0, 3, 2, 1),
    "padding_strides": (5, 3, 1, 3, 2, 1),
    "padding_strides_odd": (6, 3, 1, 3, 2, 1),
    "numerical_no_padding_no_strides": (5, 3, 0, 3, 1, 1),
    "numerical_padding_strides": (5, 3, 1, 3, 2, 1),
    "dilation": (7, 3, 0, 3, 1, 2),
}
POOLINGS = {
    "numerical_average_pooling": (5, 3, 0, 3, 1),
    "numerical_max_pooling": (5, 3, 0, 3, 1),
}
TRANSPOSED = {  # n, o, p, k, s, output_padding: the convolution's o back to its n
    "no_padding_no_strides_transposed": (2, 4, 0, 3, 1, 0),
    "arbitrary_padding_no_strides_transposed": (6, 5, 2, 4, 1, 0),
    "same_padding_no_strides_transposed": (5, 5, 1, 3, 1, 0),
    "full_padding_no_strides_transposed": (7, 5, 2, 3, 1, 0),
    "no_padding_strides_transposed": (2, 5, 0, 3, 2, 0),
    "padding_strides_transposed": (3, 5, 1, 3, 2, 0),
    "padding_strides_odd_transposed": (3, 6, 1, 3, 2, 1),
}


def test_the_nineteen_published_configurations() -> None:
    assert len(CONVOLUTIONS) + len(POOLINGS) + len(TRANSPOSED) == 19
    for name, (n, o, p, k, s, d) in CONVOLUTIONS.items():
        assert conv_axis(n, k, s, (p, p), d).output_size == o, name
    for name, (n, o, p, k, s) in POOLINGS.items():
        assert pool_axis(n, k, s, (p, p)).output_size == o, name
    torch = sl.convention("torch")
    for name, (n, o, p, k, s, extra) in TRANSPOSED.items():
        assert torch.transposed(n, k, s, 1, p, extra).output_size == o, name


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "output_size", "pads", "lower"),
    [
        (224, 3, 2, 1, 112, (0, 1), (1, 0)),
        (225, 3, 2, 1, 113, (1, 1), (1, 1)),
        (12, 3, 1, 1, 12, (1, 1), (1, 1)),
        (5, 2, 1, 1, 5, (0, 1), (1, 0)),
        (5, 4, 1, 1, 5, (1, 2), (2, 1)),
        (70, 1, 2, 1, 35, (0, 0), (0, 0)),  # without the max(…, 0) it would be −1
        (6, 2, 3, 1, 2, (0, 0), (0, 0)),
        (224, 7, 2, 1, 112, (2, 3), (3, 2)),
        (10, 3, 1, 4, 10, (4, 4), (4, 4)),
    ],
)
def test_same(size, kernel, stride, dilation, output_size, pads, lower) -> None:
    for rule, wanted in (("same", pads), ("same_lower", lower)):
        axis = conv_axis(size, kernel, stride, rule, dilation)
        assert (axis.output_size, (axis.pad_before, axis.pad_after)) == (output_size, wanted)


@pytest.mark.parametrize(
    ("arguments", "coverage"),
    [
        ((6, 3, 1, "same"), (2, 3, 3, 3, 3, 2)),
        ((6, 3, 1, "full"), (3, 3, 3, 3, 3, 3)),
        ((6, 3, 2, "full"), (2, 1, 2, 1, 2, 1)),
        ((6, 2, 3, "same"), (1, 1, 0, 1, 1, 0)),
        ((7, 3, 2, "valid", 2), (1, 0, 2, 0, 2, 0, 1)),
    ],
)
def test_coverage(arguments, coverage) -> None:
    assert conv_axis(*arguments).coverage() == coverage


def test_ceil_mode_of_pytorch_and_caffe() -> None:
    assert sl.convention("torch").pool(6, 2, 3, 0, True).output_size == 2
    assert sl.convention("caffe").pool(6, 2, 3).output_size == 3
    assert sl.convention("caffe").conv(6, 3, 2).output_size == 2
    assert sl.pool_geometry((6, 7), 2, 3, ceil_mode=True).output_shape == (2, 3)


@pytest.mark.parametrize(
    ("arguments", "output_size"),
    [
        ((4, 2, 3), 12),
        ((4, 3, 2), 9),
        ((4, 3, 2, "same"), 8),
        ((4, 3, 2, "same", 1, 0), 7),
        ((4, 3, 2, "same", 1, 1), 8),
        ((4, 4, 2, "same", 1, 1), 7),
        ((4, 3, 2, "valid", 1, 1), 10),
        ((4, 3, 1, "valid", 2), 8),
    ],
)
def test_transposed_sizes_of_keras(arguments, output_size) -> None:
    assert transposed_axis(*arguments).output_size == output_size


def test_what_a_padded_cell_shows() -> None:
    def row(mode: str) -> str:
        cells = [border_cell(position, 4, mode) for position in range(-2, 6)]
        return "".join("0" if cell is None else "1234"[cell] for cell in cells)

    assert {mode: row(mode) for mode in MODES} == {
        "zeros": "00123400",
        "reflect": "32123432",
        "replicate": "11123444",
        "circular": "34123412",
    }


def test_receptive_fields_of_a_stack() -> None:
    stem = [{"kernel_size": 7, "strides": 2, "padding": "same"}]
    stem += 4 * [{"kernel_size": 3, "strides": 2, "padding": "same"}]
    last = sl.receptive_field(stem, (224, 225))[-1]
    assert (last.rows.size, last.rows.jump, last.rows.centre) == (67, 32, 31.0)
    assert (last.cols.size, last.cols.jump, last.cols.centre) == (67, 32, 0.0)
    assert (last.rows.output_size, last.cols.output_size) == (7, 8)


def test_a_stride_widens_only_later_fields() -> None:
    layers = [{"kernel_size": 3, "strides": 2}, {"kernel_size": (3, 5)}, {"pool_size": 2}]
    fields = sl.receptive_field(layers)
    assert [(f.rows.size, f.rows.jump) for f in fields] == [(3, 2), (7, 2), (9, 4)]
    assert [(f.cols.size, f.cols.jump) for f in fields] == [(3, 2), (11, 2), (13, 4)]


def test_receptive_fields_of_published_networks() -> None:
    """Araujo, Norris & Sim, Distill 2019: VGG-16 has 212, AlexNet 195 at its last feature map."""
    conv, pool = {"kernel_size": 3, "padding": "same"}, {"pool_size": 2}
    vgg16 = [*2 * [conv], pool, *2 * [conv], pool, *3 * ([*3 * [conv], pool])]
    assert sl.receptive_field(vgg16)[-1].rows.size == 212
    alexnet = [
        {"kernel_size": 11, "strides": 4},
        {"pool_size": 3, "strides": 2},
        {"kernel_size": 5, "padding": "same"},
        {"pool_size": 3, "strides": 2},
        *3 * [conv],
        {"pool_size": 3, "strides": 2},
    ]
    assert sl.receptive_field(alexnet)[-1].rows.size == 195


def test_the_field_is_what_chasing_taps_back_finds() -> None:
    layers = [
        {"kernel_size": 3, "strides": 2, "padding": "same"},
        {"kernel_size": 2, "dilation_rate": 3, "padding": "same_lower"},
        {"kernel_size": 5, "strides": 3, "padding": (1, 1)},
    ]
    axes, size = [], 64
    for layer in layers:
        axis = conv_axis(
            size,
            layer["kernel_size"],
            layer.get("strides", 1),
            layer["padding"],
            layer.get("dilation_rate", 1),
        )
        axes.append(axis)
        size = axis.output_size
    seen = {0}
    for axis in reversed(axes):
        seen = {
            output * axis.stride - axis.pad_before + tap * axis.dilation
            for output in seen
            for tap in range(axis.kernel)
        }
    field = sl.receptive_field(layers, 64)[-1].rows
    assert (field.start, field.start + field.size - 1) == (min(seen), max(seen))


def test_the_cost_of_the_course_layer() -> None:
    layer = sl.cost((32, 32, 3), 32, 3, strides=2, padding="same")
    assert layer.output_shape == (16, 16, 32)
    assert (layer.params, layer.macs, layer.flops) == (896, 221_184, 442_368)
    assert layer.real_macs == 47 * 47 * 3 * 32  # 16 windows of 3 taps a row, one on padding
    assert layer.bytes == 4 * (32 * 32 * 3 + 896 + 16 * 16 * 32)
    depthwise = sl.cost((8, 10, 12, 6), 6, (3, 1), groups=6, use_bias=False, dtype="float64")
    assert (depthwise.params, depthwise.macs) == (18, 8 * 8 * 12 * 18)
    assert depthwise.output_shape == (8, 8, 12, 6)
    first = sl.cost((3, 32, 30), 4, 3, data_format="channels_first")
    assert first.output_shape == (4, 30, 28)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: sl.conv_geometry((8, 8), 3, strides=0),
            "strides must be a whole number of at least 1; got 0",
        ),
        (
            lambda: sl.conv_geometry((8, 8), 3.0),
            "kernel_size must be a whole number of at least 1; got 3.0. Write 3.",
        ),
        (
            lambda: sl.conv_geometry((8, 8), True),
            "kernel_size must be a whole number of at least 1; got True. Write a number.",
        ),
        (
            lambda: sl.conv_geometry("8", 3),
            "input_size must be a whole number of at least 1; got '8'. Write 8 without quotes.",
        ),
        (
            lambda: sl.conv_geometry((8, -2), 3),
            "input_size must be a whole number of at least 1; got -2 (columns)",
        ),
        (
            lambda: sl.conv_geometry((8, 8), (3, 3, 3)),
            "kernel_size must be one whole number or a pair of them (rows, columns); "
            "got (3, 3, 3). Give 2 numbers, not 3.",
        ),
        (
            lambda: sl.conv_geometry((8, 8), 3, padding="smae"),
            "padding must be 'valid', 'same', 'same_lower' or 'full', a whole number of at least "
            "0, a pair (rows, columns) or ((top, bottom), (left, right)); got 'smae'. "
            "Did you mean 'same'?",
        ),
        (
            lambda: sl.conv_geometry((8, 4), 5),
            "kernel_size must span at most the padded input; got a span of 5 over 4 cells "
            "(columns: k = 5, d = 1, n = 4, pads 0 and 0). Pad by 1 more, or take padding='same'.",
        ),
        (
            lambda: sl.pool_geometry((8, 4), 2, padding=2),
            "padding must be below the pool size, since a window of padding alone has no value; "
            "got (2, 2) (rows: k = 2)",
        ),
        (
            lambda: sl.transposed_geometry((8, 4), 3, 2, output_padding=2),
            "output_padding must be below the stride; got 2 (rows: s = 2). "
            "Use at most 1, or None for the default size.",
        ),
        (
            lambda: sl.receptive_field([{"kernel_size": 3, "strides": 2, "padding": "same"}]),
            "input_size must be given where a layer pads 'same' with a stride over 1; got None "
            "(layer 0, rows: k spans 3, s = 2). The pads, and so the field's start, depend on the "
            "size.",
        ),
        (
            lambda: sl.receptive_field([{"kernal_size": 3}]),
            "layers must hold dicts with the keys 'kernel_size', 'pool_size', 'strides', "
            "'padding', 'dilation_rate', 'filters', 'groups' or 'name'; got 'kernal_size' "
            "(layer 0). Did you mean 'kernel_size'?",
        ),
        (
            lambda: sl.cost((32, 32, 3), 32, 3, groups=2),
            "groups must divide the input's channels and filters; got 2 (the input's channels: 3)",
        ),
        (
            lambda: sl.convention("pytorch"),
            "name must be one of 'keras', 'tensorflow', 'jax', 'torch', 'onnx' or 'caffe'; "
            "got 'pytorch'. Write 'torch'.",
        ),
        (
            lambda: sl.convention("torch").conv(8, 3, 2, padding="same"),
            "padding must be a number where the stride is over 1: PyTorch's 'same' keeps the "
            "size, which no stride over 1 can; got 'same' (stride 2). "
            "sl.port gives the cells that equal Keras' 'same'.",
        ),
        (
            lambda: sl.convention("keras").conv(8, 3, padding=1),
            "padding must be 'valid', 'same' or 'causal' in Keras; got 1. "
            "For other pads, pad the input before the call; sl.port writes it.",
        ),
        (
            lambda: sl.port("keras", "caffe", 8, kernel_size=3, strides=2, padding="same"),
            "target must take uneven pads; Caffe pads both sides of an axis alike; got 'caffe' "
            "(pads ((0, 1), (0, 1))). Pad the input before it enters the network.",
        ),
    ],
)
def test_errors_say_what_broke_and_what_to_do(call, message) -> None:
    with pytest.raises(StrideLabError) as caught:
        call()
    assert str(caught.value) == message


def test_a_derivation_has_four_faces() -> None:
    derivation = sl.conv_geometry((12, 13), 3, 2, "same").derive()
    assert str(derivation).splitlines() == [
        "Output shape (6, 7), one axis at a time",
        "Rows: 12 cells, kernel 3, stride 2, dilation 1, padding 'same'",
        "  e   = d·(k − 1) + 1 = 1·(3 − 1) + 1 = 3",
        "  o   = ⌈n/s⌉ = ⌈12/2⌉ = 6",
        "  t   = max((o − 1)·s + e − n, 0) = max((6 − 1)·2 + 3 − 12, 0) = 1",
        "  p_b = ⌊t/2⌋ = ⌊1/2⌋ = 0",
        "  p_a = t − p_b = 1 − 0 = 1",
        "Columns: 13 cells, kernel 3, stride 2, dilation 1, padding 'same'",
        "  e   = d·(k − 1) + 1 = 1·(3 − 1) + 1 = 3",
        "  o   = ⌈n/s⌉ = ⌈13/2⌉ = 7",
        "  t   = max((o − 1)·s + e − n, 0) = max((7 − 1)·2 + 3 − 13, 0) = 2",
        "  p_b = ⌊t/2⌋ = ⌊2/2⌋ = 1",
        "  p_a = t − p_b = 2 − 1 = 1",
    ]
    rows = conv_axis(12, 3, 2, "same").derive()
    assert rows.latex.startswith(r"\begin{aligned} \text{12 cells, kernel 3, stride 2")
    assert (
        r"p_{b} &= \left\lfloor t/2\right\rfloor = \left\lfloor 1/2\right\rfloor = 0" in rows.latex
    )
    assert "<var>p</var><sub>b</sub>" in rows._repr_html_()
    assert rows.as_dict()["steps"][1] == {
        "symbol": "o",
        "meaning": "output size",
        "formula": "⌈n/s⌉",
        "numbers": "⌈12/2⌉",
        "result": 6,
    }
