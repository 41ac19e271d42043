"""The stack explorer's model: its table against published networks and sums by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import stridelab as sl
from stridelab import StrideLabError
from stridelab.explorers.stack import CONTROLS, KINDS, MODEL, scene

DEFAULTS = {control.name: control.default for control in CONTROLS}
CONTROL = CONTROLS[2]
PRESETS = {preset.label.split(":")[0]: preset for preset in MODEL.presets}


def shown_for(*layers: dict, size: object = 32, channels: int = 3):
    return scene(size, channels, CONTROL.check(layers))


def of_preset(start: str, **changes: object):
    return scene(**{**DEFAULTS, **PRESETS[start].values, **changes})


def column(shown, name: str) -> list[str]:
    table = shown["shapes"]
    return [row[table.head.index(name)] for row in table.rows]


def numbers(shown, name: str) -> list[int]:
    """A column of counts, without the input's row."""
    return [int(text.replace(",", "")) for text in column(shown, name)[1:]]


def whole_corners(kind: str) -> list[dict]:
    """Both ends of every number and every option, of one layer."""
    ends = {
        field.name: list(field.options) if hasattr(field, "options") else [field.low, field.high]
        for field in KINDS[kind][1]
    }
    return [
        {"layer": kind, **dict(zip(ends, values, strict=True))}
        for values in product(*ends.values())
    ]


def brute_size(n: int, layer: dict) -> int | None:
    """One axis' outputs by placing windows one at a time; None where none fits."""
    kernel = layer.get("kernel_size", layer.get("pool_size"))
    step, span = layer["strides"], (kernel - 1) * layer.get("dilation_rate", 1) + 1
    if layer["layer"] == "transposed":
        reached = {i * step + j for i in range(n) for j in range(max(kernel, step))}
        return n * step if layer["padding"] == "same" else len(range(max(reached) + 1))
    if layer["padding"] == "same":
        return len(range(0, n, step))
    return len(range(0, n - span + 1, step)) or None


@pytest.mark.parametrize("kind", KINDS)
def test_every_corner_of_a_layer_is_a_scene(kind: str) -> None:
    """What is impossible carries the library's words and a marked row."""
    impossible = 0
    for layer in whole_corners(kind):
        for size, channels in product(((1, 12), (23, 8)), (1, 64)):
            shown = scene(size, channels, (layer,))
            outputs = [brute_size(n, layer) for n in size]
            both = kind == "conv" and layer["strides"] > 1 and layer["dilation_rate"] > 1
            if both or None in outputs:
                impossible += 1
                assert shown.error
                assert shown.question is None
                assert shown["shapes"].marked == (1,)
                assert set(shown["shapes"].rows[1][1:]) == {"—"}
                assert ("as in Keras" in shown.error) == both
                if not both:
                    window = {name: value for name, value in layer.items() if name != "layer"}
                    with pytest.raises(StrideLabError) as refused:
                        sl.receptive_field([window], size)
                    assert shown.error == str(refused.value)
                continue
            last = layer.get("filters", channels)
            assert shown.error == ""
            assert column(shown, "output")[-1] == " × ".join(map(str, (*outputs, last)))
            assert shown.question.answer == column(shown, "output")[-1]
    assert (impossible > 0) == (kind != "transposed")


@pytest.mark.parametrize("size", [1, 512, (1, 512)])
@pytest.mark.parametrize("kind", KINDS)
def test_twelve_layers_at_the_ends_of_the_input_are_a_scene(kind: str, size: object) -> None:
    for layer in (whole_corners(kind)[0], whole_corners(kind)[-1]):
        shown = scene(size, 64, (layer,) * 12)
        assert len(shown["shapes"].rows) == 13
        assert MODEL.title in shown.text
        assert bool(shown.error) == (shown.question is None)


def test_lenet_5_has_its_published_numbers() -> None:
    shown = of_preset("LeNet-5")
    assert column(shown, "output") == [
        "32 × 32 × 1", "28 × 28 × 6", "14 × 14 × 6", "10 × 10 × 16", "5 × 5 × 16",
    ]  # fmt: skip
    assert numbers(shown, "parameters") == [156, 0, 2416, 0]
    # 28·28 outputs × 6 filters × 25 taps; 10·10 × 16 × 25 taps × 6 channels
    assert numbers(shown, "MACs") == [117_600, 0, 240_000, 0]
    assert column(shown, "receptive field") == ["1 × 1", "5 × 5", "6 × 6", "14 × 14", "16 × 16"]
    assert column(shown, "jump") == ["1", "1", "2", "2", "4"]
    assert column(shown, "layer")[1:] == [
        "0 Conv2D(6, 5)", "1 MaxPooling2D()", "2 Conv2D(16, 5)", "3 MaxPooling2D()",
    ]  # fmt: skip
    assert shown.sentence == (
        "32 × 32 × 1 goes in, 5 × 5 × 16 comes out. 2,572 parameters, 357,600 MACs; layer 2 takes "
        "67% of the MACs. An output of the last layer sees 16 × 16 input cells."
    )


def test_the_resnet_stem_is_off_centre_at_224_and_not_at_225() -> None:
    even, odd = of_preset("ResNet's stem"), of_preset("ResNet's stem", size=225)
    assert column(even, "output")[1:3] == ["112 × 112 × 64", "56 × 56 × 64"]
    # 112·112 outputs × 64 filters × 49 taps × 3 channels, and (49·3 + 1)·64
    assert (numbers(even, "MACs")[0], numbers(even, "parameters")[0]) == (118_013_952, 9472)
    assert column(odd, "output")[1:3] == ["113 × 113 × 64", "57 × 57 × 64"]
    assert column(even, "centre of (0, 0)") == ["0", "1", "3", "3", "3"]
    assert column(odd, "centre of (0, 0)") == ["0"] * 5
    apart = of_preset("ResNet's stem", size=(224, 225))
    assert column(apart, "centre of (0, 0)")[2:] == ["3, 0"] * 3


def test_five_layers_of_the_distill_example_centre_at_31() -> None:
    stem = [{"layer": "conv", "kernel_size": 7, "strides": 2, "padding": "same"}]
    stem += 4 * [{"layer": "conv", "kernel_size": 3, "strides": 2, "padding": "same"}]
    centres = [column(shown_for(*stem, size=n), "centre of (0, 0)")[-1] for n in (224, 225)]
    assert centres == ["31", "0"]


def test_two_small_kernels_see_what_one_large_sees() -> None:
    shown = of_preset("VGG")
    assert column(shown, "receptive field")[2] == "5 × 5"
    large = shown_for({"layer": "conv", "kernel_size": 5})
    assert column(large, "receptive field")[1] == "5 × 5"
    assert column(shown, "output")[-1] == "56 × 56 × 128"
    assert numbers(shown, "parameters") == [1792, 36928, 0, 73856, 147584, 0]
    assert "layers 1, 4 take 39% of the MACs each." in shown.sentence


def test_a_convolution_in_two_parts_is_eight_times_cheaper() -> None:
    shown = of_preset("MobileNet")
    assert column(shown, "output")[1:] == ["56 × 56 × 64"] * 4
    _, depthwise, pointwise, whole = numbers(shown, "MACs")
    # 56·56 outputs × 64 channels × (9 taps; 64 channels; both)
    assert (depthwise, pointwise, whole) == (3136 * 64 * 9, 3136 * 64 * 64, 3136 * 64 * 576)
    assert numbers(shown, "parameters")[1:] == [9 * 64 + 64, 64 * 64 + 64, 576 * 64 + 64]
    assert whole / (depthwise + pointwise) > 7.8


def test_a_collapse_names_the_layer_and_keeps_the_rows_before_it() -> None:
    shown = of_preset("A size that collapses")
    assert shown.error == (
        "kernel_size must span at most the padded input; got a span of 5 over 1 cells "
        "(layer 4, rows: k = 5, d = 1, n = 1, pads 0 and 0). Pad by 4 more, or take padding='same'."
    )
    assert column(shown, "output") == [
        "16 × 16 × 3", "12 × 12 × 16", "6 × 6 × 16", "2 × 2 × 32", "1 × 1 × 32", "—",
    ]  # fmt: skip
    assert shown["shapes"].marked == (5,)
    assert shown.sentence == "Layer 4, Conv2D(64, 5), cannot take the 1 × 1 × 32 that reach it."
    assert "4 Conv2D(64, 5) ≠" in shown.text
    layers = PRESETS["A size that collapses"].values["layers"]
    mended = scene(16, 3, (*layers[:4], {**layers[4], "padding": "same"}))
    assert (mended.error, mended.question.answer) == ("", "1 × 1 × 64")


def test_a_collapse_on_the_columns_alone_is_what_the_library_s_own_stack_says() -> None:
    layers = [{"kernel_size": 3, "padding": "same"}, {"pool_size": 3, "strides": 2}]
    shown = shown_for(
        {"layer": "depthwise", **layers[0]},
        {"layer": "pool", **layers[1]},
        {"layer": "pool"},
        {"layer": "conv"},
        size=(20, 4),
    )
    with pytest.raises(StrideLabError) as refused:
        sl.receptive_field([*layers, {"pool_size": 2}], (20, 4))
    assert shown.error == str(refused.value)
    assert "layer 2, columns" in shown.error
    assert shown["shapes"].marked == (3,)
    assert column(shown, "output")[2:] == ["9 × 1 × 3", "—", "—"]


def test_strides_with_dilation_are_refused_as_keras_does_but_not_depthwise() -> None:
    both = {"strides": 2, "dilation_rate": 2}
    shown = shown_for({"layer": "pool"}, {"layer": "conv", **both})
    assert shown.error == (
        "strides must be 1 where dilation_rate is over 1, as in Keras; got 2 "
        "(layer 1, dilation_rate=2). DepthwiseConv2D, SeparableConv2D and sl.conv2d take both."
    )
    assert shown.sentence == "There is no layer 1 of this kind, so nothing comes out."
    assert column(shown, "layer")[-1] == "1 Conv2D"
    assert shown_for({"layer": "depthwise", **both}).error == ""


def test_from_a_transposed_layer_on_no_field_is_told() -> None:
    conv, up = {"layer": "conv", "strides": 2, "padding": "same"}, {"layer": "transposed"}
    shown = shown_for(conv, {**up, "filters": 5, "kernel_size": 4, "padding": "same"}, conv)
    assert column(shown, "output")[1:] == ["16 × 16 × 32", "32 × 32 × 5", "16 × 16 × 32"]
    assert column(shown, "receptive field") == ["1 × 1", "3 × 3", "—", "—"]
    assert "do not all see equally many cells" in shown["shapes"].caption
    assert "sees" not in shown.sentence
    # each of 16·16 input cells with 32 channels times 4·4 taps of 5 filters
    assert numbers(shown, "MACs")[1] == 16 * 16 * 32 * 16 * 5
    assert numbers(shown, "parameters")[1] == 16 * 32 * 5 + 5


def test_counts_are_those_of_real_layers_on_uneven_sizes() -> None:
    """Shapes and parameters of built layers; multiply-adds of loops over a convolution's taps."""
    layers = CONTROL.check(
        [
            {"layer": "conv", "filters": 4, "kernel_size": 2, "strides": 3, "padding": "same"},
            {"layer": "depthwise", "kernel_size": 3, "dilation_rate": 2},
            {"layer": "transposed", "filters": 2, "kernel_size": 2, "strides": 3},
            {"layer": "pool", "pool_size": 3, "strides": 2, "padding": "same"},
        ]
    )
    shown = scene((29, 20), 3, layers)
    x = np.zeros((1, 29, 20, 3), np.float32)
    for row, layer in zip(shown["shapes"].rows[1:], layers, strict=True):
        arguments = {name: value for name, value in layer.items() if name != "layer"}
        made = getattr(sl.layers, KINDS[layer["layer"]][0])(**arguments)
        height, width = x.shape[1:3]
        x = made(x)
        assert row[1] == " × ".join(map(str, x.shape[1:]))
        assert row[2] == f"{sum(weight.size for weight in made.get_weights()):,}"
        cells = height * width if layer["layer"] == "transposed" else x.shape[1] * x.shape[2]
        per_cell = made.get_weights()[0].size if layer["layer"] != "pool" else 0
        assert row[3] == f"{cells * per_cell:,}"


def test_the_question_hides_shapes_and_multiply_adds_only() -> None:
    shown = scene(**DEFAULTS)
    asked = shown.to_predict("")
    assert [panel.name for panel in asked.panels] == ["params"]
    assert asked.sentence == (
        "32 × 32 × 3 goes in. What comes out of the last layer (rows × columns × channels)?"
    )
    assert shown.to_predict("4 × 4 × 64").verdict.startswith("✓")
    assert shown.to_predict("4 × 4 × 32").verdict.startswith("≠")
    # what stays does not depend on the input's size
    assert scene(**{**DEFAULTS, "size": 40})["params"] == shown["params"]


def test_bars_and_the_article_s_first_layer() -> None:
    shown = scene(**DEFAULTS)
    assert column(shown, "output")[1] == "16 × 16 × 32"
    assert numbers(shown, "parameters")[0] == 896
    for name, head in (("macs", "MACs"), ("params", "parameters")):
        assert list(shown[name].values) == numbers(shown, head)
    assert shown["macs"].labels[1] == "1 MaxPooling2D"
    pools = shown_for({"layer": "pool"}, {"layer": "pool"}, size=(9, 5))
    assert pools.sentence == (
        "9 × 5 × 3 goes in, 2 × 1 × 3 comes out. Nothing is learned and nothing multiplied. "
        "An output of the last layer sees 4 × 4 input cells."
    )
    wide = shown_for(*[{"layer": "conv", "padding": "same"}] * 3, size=(5, 9))
    assert wide.sentence.endswith(
        "sees 7 × 7 input cells, more rows than the input has: the rest is padding."
    )
    long = shown_for({"layer": "conv", "padding": "same"}, size=(2, 500))
    assert "3 × 3 input cells, more rows than the input has:" in long.sentence
    tiny = shown_for({"layer": "conv", "padding": "same"}, size=1)
    assert "3 × 3 input cells, more rows and columns than the input has:" in tiny.sentence


@pytest.mark.parametrize("preset", MODEL.presets, ids=lambda preset: preset.label)
def test_presets_are_values_that_the_controls_take(preset) -> None:
    controls = {control.name: control for control in CONTROLS}
    for name, value in preset.values.items():
        assert controls[name].check(value) == value
    shown = scene(**{**DEFAULTS, **preset.values})
    assert bool(shown.error) == (preset.label == "A size that collapses")


def test_a_small_share_is_not_called_none() -> None:
    first = {"layer": "conv", "filters": 1, "kernel_size": 1}
    second, third = ({"layer": "conv", "filters": 64, "padding": "same"} for _ in range(2))
    texts = shown_for(first, second, third)["macs"].texts
    assert texts == ("3,072 (under 1%)", "589,824 (2%)", "37,748,736 (98%)")
