"""What bad input gets: whole messages, and nothing is read or allocated before they come."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided

from stridelab import StrideLabError
from stridelab.ops import METHODS, avg_pool2d, conv2d, conv2d_transpose, machine, max_pool2d

F32 = np.float32


def zeros(*shape, dtype=F32):
    return np.zeros(shape, dtype)


def huge(*shape):
    """Looks like a large array, and takes four bytes."""
    return np.broadcast_to(F32(0), shape)


def convolve(x=None, kernel=None, bias=None, **arguments):
    x = zeros(1, 6, 5, 4) if x is None else x
    kernel = zeros(3, 2, 4, 6) if kernel is None else kernel
    return conv2d(x, kernel, bias, **arguments)


def refusal(function, *positional, **named):
    with pytest.raises(StrideLabError) as caught:
        function(*positional, **named)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    return str(caught.value)


WHOLE = "must be a whole number of at least"
OUT = "Use np.empty((1, 4, 4, 6), dtype=np.float32)."
PARTS = "Compute it in parts: fewer images, rows or filters at a time."
ACTIVATION = (
    "activation must be one of 'linear', 'relu', 'sigmoid', 'tanh' or 'softmax', a function or None"
)
METHOD = ", ".join(map(repr, ["auto", *METHODS][:-1])) + f" or {list(METHODS)[-1]!r}"
X = zeros(1, 6, 5, 4)

CONVOLUTIONS = [
    # what is no array of floats
    (
        {"x": [[1.0]]},
        "x must be a NumPy array; got an object of type list. Use np.asarray(x, dtype=np.float32).",
    ),
    (
        {"kernel": 3},
        "kernel must be a NumPy array; got an object of type int",
    ),
    (
        {"x": "holiday.jpg"},
        "x must be a NumPy array; got an object of type str. "
        "Read a picture by stridelab.photos.photograph.",
    ),
    (
        {"x": zeros(1, 6, 5, 4, dtype=np.float64), "kernel": [[1.0]]},
        "kernel must be a NumPy array; got an object of type list. "
        "Use np.asarray(kernel, dtype=np.float64).",
    ),
    (
        {"x": [[1.0]], "kernel": zeros(3, 2, 4, 6, dtype=np.float64)},
        "x must be a NumPy array; got an object of type list. Use np.asarray(x, dtype=np.float64).",
    ),
    (
        {"bias": (1.0,) * 6},
        "bias must be a NumPy array; got an object of type tuple. "
        "Use np.asarray(bias, dtype=np.float32).",
    ),
    ({"x": np.ma.zeros((1, 6, 5, 4))}, "x must have no mask; got a masked array. Use x.filled(0)."),
    (
        {"x": zeros(1, 6, 5, 4, dtype=np.uint8)},
        "x must be float32 or float64; got uint8. Use x.astype(np.float32).",
    ),
    (
        {"x": zeros(1, 6, 5, 4, dtype=np.int64), "kernel": zeros(3, 2, 4, 6, dtype=np.float64)},
        "x must be float32 or float64; got int64. Use x.astype(np.float64).",
    ),
    (
        {"kernel": zeros(3, 2, 4, 6, dtype=bool)},
        "kernel must be float32 or float64; got bool. Use kernel.astype(np.float32).",
    ),
    (
        {"x": zeros(1, 6, 5, 4, dtype=np.float16)},
        "x must be float32 or float64; got float16. Use x.astype(np.float32).",
    ),
    (
        {"x": zeros(1, 6, 5, 4, dtype=np.complex64)},
        "x must be float32 or float64; got complex64. Use x.real.astype(np.float32).",
    ),
    (
        {"bias": zeros(6, dtype=object)},
        "bias must be float32 or float64; got object. Use bias.astype(np.float32).",
    ),
    (
        {"x": zeros(1, 6, 5, 4, dtype=">f4")},
        "x must be float32 or float64; got >f4. Use x.astype(np.float32).",
    ),
    (
        {"x": zeros(1, 6, 5, 4, dtype=">f8")},
        "x must be float32 or float64; got >f8. Use x.astype(np.float64).",
    ),
    (
        {"kernel": zeros(3, 2, 4, 6, dtype=np.float64)},
        "kernel must be float32 as x is; got float64. Use kernel.astype(np.float32).",
    ),
    (
        {"bias": zeros(6, dtype=np.float64)},
        "bias must be float32 as x is; got float64. Use bias.astype(np.float32).",
    ),
    # shapes
    (
        {"x": zeros(6, 5)},
        "x must have the axes (N, H, W, C) or (H, W, C); got shape (6, 5) "
        "(data_format='channels_last'). For one plane use x[:, :, np.newaxis].",
    ),
    (
        {"x": zeros(6, 5), "data_format": "channels_first"},
        "x must have the axes (N, C, H, W) or (C, H, W); got shape (6, 5) "
        "(data_format='channels_first'). For one plane use x[np.newaxis, :, :].",
    ),
    (
        {"x": zeros(1, 1, 6, 5, 4)},
        "x must have the axes (N, H, W, C) or (H, W, C); got shape (1, 1, 6, 5, 4) "
        "(data_format='channels_last')",
    ),
    (
        {"x": zeros(1, 0, 5, 4)},
        "x must have at least one row, one column and one channel; got shape (1, 0, 5, 4)",
    ),
    (
        {"x": zeros(6, 5, 0)},
        "x must have at least one row, one column and one channel; got shape (6, 5, 0)",
    ),
    (
        {"kernel": zeros(3, 3)},
        "kernel must have the axes (KH, KW, Cin/groups, Cout); got shape (3, 3). "
        "For one plane use kernel[:, :, np.newaxis, np.newaxis].",
    ),
    (
        {"kernel": zeros(3, 2, 6)},
        "kernel must have the axes (KH, KW, Cin/groups, Cout); got shape (3, 2, 6)",
    ),
    (
        {"kernel": zeros(3, 2, 4, 0)},
        "kernel must have no axis of length 0; got shape (3, 2, 4, 0) (KH, KW, Cin/groups, Cout)",
    ),
    (
        {"bias": zeros(5)},
        "bias must have one value per filter, shape (6,); got shape (5,)",
    ),
    (
        {"bias": zeros(1, 6)},
        "bias must have one value per filter, shape (6,); got shape (1, 6)",
    ),
    # channels and groups
    (
        {"x": zeros(1, 4, 6, 5)},
        "kernel must have Cin/groups = 5 on its third axis; got shape (3, 2, 4, 6) "
        "(5 channels in x, groups=1). "
        "Is x channels_first? Then say data_format='channels_first'.",
    ),
    (
        {"x": zeros(6, 5, 4), "data_format": "channels_first"},
        "kernel must have Cin/groups = 6 on its third axis; got shape (3, 2, 4, 6) "
        "(6 channels in x, groups=1). Is x channels_last? Then say data_format='channels_last'.",
    ),
    (
        {"kernel": zeros(6, 4, 3, 2)},
        "kernel must have Cin/groups = 4 on its third axis; got shape (6, 4, 3, 2) "
        "(4 channels in x, groups=1). A PyTorch kernel turns by kernel.transpose(2, 3, 1, 0).",
    ),
    (
        {"kernel": zeros(3, 4, 3, 2)},
        "kernel must have Cin/groups = 4 on its third axis; got shape (3, 4, 3, 2) "
        "(4 channels in x, groups=1). A PyTorch kernel turns by kernel.transpose(2, 3, 1, 0).",
    ),
    (
        {"kernel": zeros(4, 4, 3, 2)},  # as likely a window of 4 × 4
        "kernel must have Cin/groups = 4 on its third axis; got shape (4, 4, 3, 2) "
        "(4 channels in x, groups=1)",
    ),
    (
        {"x": zeros(8, 8, 3), "kernel": zeros(3, 3, 1, 1)},
        "kernel must have Cin/groups = 3 on its third axis; got shape (3, 3, 1, 1) "
        "(3 channels in x, groups=1). "
        "To filter each channel by itself take groups=3 with np.tile(kernel, 3).",
    ),
    (
        {"x": zeros(8, 8, 3), "kernel": zeros(3, 3, 1, 2), "groups": 3},
        "groups must divide the input channels and the filters; got 3 (3 channels, 2 filters). "
        "To filter each channel by itself take groups=3 with np.tile(kernel, 3).",
    ),
    (
        {"x": zeros(8, 8, 3), "kernel": zeros(3, 2, 3, 1), "groups": 3},
        "groups must divide the input channels and the filters; got 3 (3 channels, 1 filters). "
        "A depthwise kernel as Keras has it (KH, KW, Cin, m) turns by kernel.reshape(3, 2, 1, 3).",
    ),
    (
        {"x": zeros(8, 8, 2), "kernel": zeros(3, 2, 2, 4), "groups": 2},
        "kernel must have Cin/groups = 1 on its third axis; got shape (3, 2, 2, 4) "
        "(2 channels in x, groups=2). "
        "A depthwise kernel as Keras has it (KH, KW, Cin, m) turns by kernel.reshape(3, 2, 1, 8).",
    ),
    (
        {"x": zeros(1, 3, 32, 32), "kernel": zeros(3, 3, 1, 6), "groups": 3},
        "groups must divide the input channels and the filters; got 3 (32 channels, 6 filters). "
        "Is x channels_first? Then say data_format='channels_first'.",
    ),
    (
        {"kernel": zeros(3, 3, 1, 8)},
        "kernel must have Cin/groups = 4 on its third axis; got shape (3, 3, 1, 8) "
        "(4 channels in x, groups=1). This kernel fits groups=4.",
    ),
    (
        {"kernel": zeros(3, 3, 4, 6), "groups": 2},
        "kernel must have Cin/groups = 2 on its third axis; got shape (3, 3, 4, 6) "
        "(4 channels in x, groups=2). This kernel fits groups=1.",
    ),
    (
        {"kernel": zeros(3, 3, 3, 6)},
        "kernel must have Cin/groups = 4 on its third axis; got shape (3, 3, 3, 6) "
        "(4 channels in x, groups=1)",
    ),
    (
        {"groups": 3},
        "groups must divide the input channels and the filters; got 3 (4 channels, 6 filters). "
        "This kernel fits groups=1.",
    ),
    (
        {"kernel": zeros(3, 2, 3, 6), "groups": 4},
        "groups must divide the input channels and the filters; got 4 (4 channels, 6 filters)",
    ),
    (
        {"x": zeros(6, 5, 1), "kernel": zeros(3, 3, 1, 6), "groups": 5},
        "groups must divide the input channels and the filters; got 5 (1 channels, 6 filters). "
        "This kernel fits groups=1.",
    ),
    ({"groups": 0}, f"groups {WHOLE} 1; got 0"),
    ({"groups": True}, f"groups {WHOLE} 1; got True. Write a number."),
    ({"groups": 2.0}, f"groups {WHOLE} 1; got 2.0. Write 2."),
    # sizes
    ({"strides": 0}, f"strides {WHOLE} 1; got 0"),
    ({"strides": -1}, f"strides {WHOLE} 1; got -1"),
    ({"strides": (1, 0)}, f"strides {WHOLE} 1; got 0 (columns)"),
    ({"strides": 2.0}, f"strides {WHOLE} 1; got 2.0. Write 2."),
    ({"strides": "2"}, f"strides {WHOLE} 1; got '2'. Write 2 without quotes."),
    ({"strides": (True, 1)}, f"strides {WHOLE} 1; got True (rows). Write a number."),
    ({"strides": None}, f"strides {WHOLE} 1; got None"),
    ({"strides": np.float32(2)}, f"strides {WHOLE} 1; got np.float32(2.0). Write 2."),
    (
        {"strides": (1, 2, 3)},
        "strides must be one whole number or a pair of them (rows, columns); got (1, 2, 3). "
        "Give 2 numbers, not 3.",
    ),
    ({"dilation_rate": 0}, f"dilation_rate {WHOLE} 1; got 0"),
    ({"dilation_rate": (1, 1.5)}, f"dilation_rate {WHOLE} 1; got 1.5 (columns)"),
    (
        {"padding": "sane"},
        "padding must be 'valid', 'same', 'same_lower' or 'full', a whole number of at least 0, "
        "a pair (rows, columns) or ((top, bottom), (left, right)); got 'sane'. "
        "Did you mean 'same'?",
    ),
    ({"padding": -1}, f"padding {WHOLE} 0; got -1"),
    ({"padding": ((0, 1), (0, -1))}, f"padding {WHOLE} 0; got -1 (columns, after)"),
    (
        {"dilation_rate": (3, 1)},
        "kernel must span at most the padded input; got a span of 7 over 6 cells "
        "(rows: k = 3, d = 3, n = 6, pads 0 and 0). Pad by 1 more, or take padding='same'.",
    ),
    (
        {"kernel": zeros(1, 8, 4, 6), "padding": (0, 1)},
        "kernel must span at most the padded input; got a span of 8 over 7 cells "
        "(columns: k = 8, d = 1, n = 5, pads 1 and 1). Pad by 1 more, or take padding='same'.",
    ),
    # names
    (
        {"data_format": "channel_last"},
        "data_format must be one of 'channels_last' or 'channels_first'; got 'channel_last'. "
        "Did you mean 'channels_last'?",
    ),
    (
        {"data_format": "NCHW"},
        "data_format must be one of 'channels_last' or 'channels_first'; got 'NCHW'. "
        "NCHW is 'channels_first' here.",
    ),
    (
        {"padding_mode": "reflection"},
        "padding_mode must be one of 'zeros', 'reflect', 'replicate' or 'circular'; "
        "got 'reflection'. Did you mean 'reflect'?",
    ),
    (
        {"padding": (0, 5), "padding_mode": "reflect"},
        "padding must be at most 4 on each side under padding_mode='reflect'; got (5, 5) "
        "(columns: 5 cells). Pad less, or take padding_mode='replicate'.",
    ),
    (
        {"padding": ((7, 0), (0, 0)), "padding_mode": "circular"},
        "padding must be at most 6 on each side under padding_mode='circular'; got (7, 0) "
        "(rows: 6 cells). Pad less, or take padding_mode='replicate'.",
    ),
    (
        {"method": "window"},
        f"method must be one of {METHOD}; got 'window'. Did you mean 'windows'?",
    ),
    (
        {"method": None},
        f"method must be one of {METHOD}; got None",
    ),
    (
        {"activation": "ReLU"},
        f"{ACTIVATION}; got 'ReLU'. Did you mean 'relu'?",
    ),
    (
        {"activation": 3},
        f"{ACTIVATION}; got 3",
    ),
    (
        {"activation": lambda y: y[0]},
        "activation must return an array of the shape and kind that it gets, "
        "(1, 4, 4, 6) of float32; got (4, 4, 6) of float32",
    ),
    (
        {"activation": lambda y: y + 0j},
        "activation must return an array of the shape and kind that it gets, "
        "(1, 4, 4, 6) of float32; got (1, 4, 4, 6) of complex64",
    ),
    # out
    (
        {"out": [0.0]},
        f"out must be a NumPy array; got an object of type list. {OUT}",
    ),
    (
        {"out": np.ma.zeros((1, 4, 4, 6))},
        f"out must be a NumPy array; got an object of type MaskedArray. {OUT}",
    ),
    ({"out": zeros(1, 4, 4, 5)}, f"out must have the shape (1, 4, 4, 6); got (1, 4, 4, 5). {OUT}"),
    ({"out": zeros(4, 4, 6)}, f"out must have the shape (1, 4, 4, 6); got (4, 4, 6). {OUT}"),
    (
        {"out": zeros(1, 4, 4, 6, dtype=np.float64)},
        f"out must be float32 as x is; got float64. {OUT}",
    ),
    ({"out": huge(1, 4, 4, 6)}, f"out must be writeable; got a read-only array. {OUT}"),
    (
        {"out": as_strided(zeros(4, 6), (1, 4, 4, 6), (0, 0, 24, 4))},
        "out must have a place in memory for each of its cells; got strides (0, 0, 24, 4). " + OUT,
    ),
    (
        {"out": as_strided(zeros(60), (1, 4, 4, 6), (0, 12, 4, 4))},
        "out must have a place in memory for each of its cells; got strides (0, 12, 4, 4). " + OUT,
    ),
    # memory, judged by arithmetic
    (
        {"x": huge(1, 10**6, 10**6, 4)},
        "x must give an output that fits in memory; got 23,999.9 GB for an output of shape "
        f"(1, 999998, 999999, 6) (39,999.9 GB in all, 10.0 GB are free). {PARTS}",
    ),
    (
        {"x": huge(1, 10**6, 10**6, 4), "strides": 1000},
        "x must leave room for a copy of it; got 16,000.0 GB for C-contiguous copies "
        f"(16,000.0 GB in all, 10.0 GB are free). {PARTS}",
    ),
    (
        {"padding": 10**6},
        "padding must give an output that fits in memory; got 96,000.4 GB for an output of shape "
        "(1, 2000004, 2000004, 6) (96,000.4 GB in all, 10.0 GB are free). Pad less.",
    ),
    (
        {"padding": 10**10, "strides": 10**10},
        "padding must give rows and columns that can be listed in memory; got 320.0 GB for lists "
        "of 20,000,000,006 rows and 20,000,000,005 columns (320.0 GB in all, 10.0 GB are free). "
        "Pad less.",
    ),
    (
        {"padding": "same", "dilation_rate": 2**40},
        "padding must give rows and columns that can be listed in memory; got 26,388.3 GB for "
        "lists of 2,199,023,255,558 rows and 1,099,511,627,781 columns (26,388.3 GB in all, "
        "10.0 GB are free). Take a smaller dilation_rate.",
    ),
    (
        {"padding": 2**40},
        "padding must give an output that can be addressed; got an output of shape "
        "(1, 2199023255556, 2199023255556, 6). Pad less.",
    ),
    (
        {"x": zeros(0, 6, 5, 4), "padding": 2**31},
        "padding must give an output that can be addressed; got an output of shape "
        "(0, 4294967300, 4294967300, 6). Pad less.",
    ),
    (
        {"x": huge(1, 1, 2**30, 1), "kernel": zeros(1, 1, 1, 1), "method": "reference"},
        "method must work in the memory that is free; got 103.1 GB for its work "
        "(120.3 GB in all, 10.0 GB are free). Take method='auto'.",
    ),
    (
        {"x": zeros(8000, 5000, 1), "kernel": zeros(1, 1, 1, 40), "activation": np.tanh},
        "x must give an output that fits in memory; got 12.8 GB for an output of shape "
        f"(1, 8000, 5000, 40) (12.8 GB in all, 10.0 GB are free). {PARTS}",
    ),
]


@pytest.fixture(autouse=True)
def _ten_gigabytes(monkeypatch):
    monkeypatch.setattr(machine, "memory_available", lambda: 10 * 10**9)


@pytest.mark.parametrize(("arguments", "message"), CONVOLUTIONS)
def test_conv2d_refuses(arguments, message):
    assert refusal(convolve, **arguments) == message


POOLS = [
    ({"pool_size": 0}, f"pool_size {WHOLE} 1; got 0"),
    ({"pool_size": (2, 2.5)}, f"pool_size {WHOLE} 1; got 2.5 (columns)"),
    ({"pool_size": 2, "strides": 0}, f"strides {WHOLE} 1; got 0"),
    (
        {"pool_size": (7, 1)},
        "pool_size must span at most the padded input; got a span of 7 over 6 cells "
        "(rows: k = 7, d = 1, n = 6, pads 0 and 0). Pad by 1 more, or take padding='same'.",
    ),
    (
        {"pool_size": 2, "x": zeros(6, 5)},
        "x must have the axes (N, H, W, C) or (H, W, C); got shape (6, 5) "
        "(data_format='channels_last'). For one plane use x[:, :, np.newaxis].",
    ),
    (
        {"pool_size": 2, "x": zeros(6, 5, 4, dtype=np.int32)},
        "x must be float32 or float64; got int32. Use x.astype(np.float32).",
    ),
    (
        {"pool_size": 2, "x": huge(1, 10**6, 10**6, 3)},
        "x must leave room for a copy of it; got 12,000.0 GB for C-contiguous copies "
        f"(15,000.0 GB in all, 10.0 GB are free). {PARTS}",
    ),
]


@pytest.mark.parametrize("pool", [max_pool2d, avg_pool2d])
@pytest.mark.parametrize(("arguments", "message"), POOLS)
def test_pools_refuse(pool, arguments, message):
    assert refusal(pool, **{"x": X, **arguments}) == message


TRANSPOSED = [
    (
        {"kernel": zeros(3, 3, 4, 6)},
        "kernel must have Cin = 4 on its last axis; got shape (3, 3, 4, 6) (KH, KW, Cout, Cin). "
        "Swap the two: kernel.swapaxes(2, 3).",
    ),
    (
        {"kernel": zeros(3, 3, 6, 5)},
        "kernel must have Cin = 4 on its last axis; got shape (3, 3, 6, 5) (KH, KW, Cout, Cin)",
    ),
    (
        {"kernel": zeros(3, 3)},
        "kernel must have the axes (KH, KW, Cout, Cin); got shape (3, 3). "
        "For one plane use kernel[:, :, np.newaxis, np.newaxis].",
    ),
    ({"bias": zeros(4)}, "bias must have one value per filter, shape (6,); got shape (4,)"),
    (
        {"padding": "full"},
        "padding must be one of 'valid' or 'same'; got 'full' (transposed convolution)",
    ),
    (
        {"strides": 2, "output_padding": (0, 2)},
        "output_padding must be below the stride; got 2 (columns: s = 2). "
        "Use at most 1, or None for the default size.",
    ),
    ({"strides": 2.5}, f"strides {WHOLE} 1; got 2.5"),
    ({"activation": "gelu"}, f"{ACTIVATION}; got 'gelu'"),
    (
        {"strides": 10**6},
        "x must give an output that fits in memory; got 720,000.0 GB for an output of shape "
        f"(1, 6000000, 5000000, 6) (720,000.0 GB in all, 10.0 GB are free). {PARTS}",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), TRANSPOSED)
def test_conv2d_transpose_refuses(arguments, message):
    given = {"x": X, "kernel": zeros(3, 3, 6, 4), **arguments}
    assert refusal(conv2d_transpose, **given) == message


@pytest.mark.parametrize("name", ["x", "kernel", "bias"])
def test_out_must_lie_apart_from_every_input(name):
    ground = np.zeros(500, F32)
    shapes = {"x": (1, 6, 5, 4), "kernel": (3, 2, 4, 6), "bias": (6,)}
    arrays = {key: zeros(*shape) for key, shape in shapes.items()}
    size = int(np.prod(shapes[name]))
    arrays[name] = ground[:size].reshape(shapes[name])
    out = ground[size - 1 : size + 95].reshape(1, 4, 4, 6)  # one cell in common
    message = f"out must share no memory with an input; got an array that overlaps {name}. {OUT}"
    assert refusal(conv2d, **arrays, out=out) == message
    out = ground[size : size + 96].reshape(1, 4, 4, 6)
    assert conv2d(**arrays, out=out) is out


def test_nothing_is_written_where_a_call_is_refused():
    out = np.full((1, 4, 4, 6), 7, F32)
    for arguments in ({"method": "x"}, {"strides": 0}, {"activation": "x"}, {"groups": 3}):
        refusal(convolve, out=out, **arguments)
    assert np.unique(out).tolist() == [7]


def test_what_a_kernel_s_remedies_lead_to():
    """Each of them computes what it promises: channels by themselves, or the kernel's own sums."""
    draw = np.random.default_rng(0)
    x, box = draw.standard_normal((6, 5, 3)), draw.standard_normal((3, 2, 1, 2))
    y = conv2d(x, np.tile(box, 3), groups=3)
    for c in range(3):
        np.testing.assert_allclose(y[..., 2 * c : 2 * c + 2], conv2d(x[..., [c]], box), rtol=1e-12)
    depthwise = draw.standard_normal((3, 2, 3, 2))  # as Keras has it
    y = conv2d(x, depthwise.reshape(3, 2, 1, 6), groups=3)
    for c in range(3):
        alone = conv2d(x[..., [c]], depthwise[:, :, [c]])
        np.testing.assert_allclose(y[..., 2 * c : 2 * c + 2], alone, rtol=1e-12)
