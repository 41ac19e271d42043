"""The peers: PyTorch and ONNX Runtime, and where they are installed TensorFlow, JAX, SciPy, OpenCV.

Each takes the layout that it is fastest with, has its weights prepared before the clock starts, and
returns a fresh result. What SAME asks for and it does not have, it does inside the timed call.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from stridelab.bench.ours import Array, Contender, Data
from stridelab.bench.suite import Case
from stridelab.bench.timing import in_turn
from stridelab.ops import memory

#: What must be there for a comparison: the extra ``bench``.
NEEDED = ("torch", "onnx", "onnxruntime", "threadpoolctl")

#: Samples of each layout of a peer, to find its fastest.
TRIALS = 5


@dataclass(frozen=True)
class Peer:
    """Another library's convolution.

    Parameters
    ----------
    name : str
        As the report calls it.
    module : str
        What Python imports.
    make : function
        Of a case, its data and the number of threads: its ways, one for each layout that it has.
    serves : function
        Of a case and the number of threads: whether it can compute that.
    """

    name: str
    module: str
    make: Callable[[Case, Data, int], list[Contender]]
    serves: Callable[[Case, int], bool] = lambda case, threads: True


def missing() -> list[str]:
    """Those of `NEEDED` that are not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def present() -> list[Peer]:
    """The peers that are installed."""
    return [peer for peer in PEERS if importlib.util.find_spec(peer.module) is not None]


def processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def conditions(threads: int) -> Iterator[None]:
    """The same threads for all who can be told: numba's kernels, NumPy's BLAS, PyTorch, OpenCV.

    The others are told by `Peer.make`, or serve only the number of threads that they take.
    """
    import numba
    import threadpoolctl
    import torch

    before = numba.get_num_threads(), torch.get_num_threads()
    with threadpoolctl.threadpool_limits(threads, "blas"), torch.inference_mode():
        numba.set_num_threads(threads)
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            numba.set_num_threads(before[0])
            torch.set_num_threads(before[1])


def contender(peer: Peer, case: Case, data: Data, threads: int, how: str = "") -> Contender:
    """A peer's way of that name; where none is named its quickest, tried on the case itself."""
    ways = {way.how: way for way in peer.make(case, data, threads)}
    if not how and len(ways) > 1:
        taken = in_turn({name: way.compute for name, way in ways.items()}, TRIALS)
        how = min(taken, key=lambda name: statistics.median(taken[name]))
    return ways[how] if how else next(iter(ways.values()))


def _torch(case: Case, data: Data, threads: int) -> list[Contender]:
    """Contiguous, channels_last, or channels_last with weights packed as torch.compile packs them.

    Pads that differ before and after are no argument of PyTorch's convolution: they are a call.
    """
    import torch

    (top, bottom), (left, right) = case.pads
    even = (top, left) == (bottom, right)
    pads = [top, left] if even else [0, 0]
    strides, dilation = [case.stride] * 2, [case.dilation] * 2
    images = [torch.from_numpy(_channels_first(x)) for x in data.inputs]
    kernel = torch.from_numpy(np.ascontiguousarray(data.kernel.transpose(3, 2, 0, 1)))

    def padded(x: Any) -> Any:
        return x if even else torch.nn.functional.pad(x, (left, right, top, bottom))

    def plain(layout: Any) -> Contender:
        laid_out = [x.contiguous(memory_format=layout) for x in images]
        weights = kernel.contiguous(memory_format=layout)

        def compute(number: int) -> Any:
            x = padded(laid_out[number])
            return torch.nn.functional.conv2d(
                x, weights, None, strides, pads, dilation, case.groups
            )

        return Contender(compute, _from_torch, str(layout).removeprefix("torch."))

    def packed() -> Contender:
        laid_out = [x.contiguous(memory_format=torch.channels_last) for x in images]
        shape = list(padded(images[0]).shape)
        operations = torch.ops.mkldnn
        rest = (pads, strides, dilation, case.groups)
        weights = operations._reorder_convolution_weight(kernel, *rest, shape)

        def compute(number: int) -> Any:
            x = padded(laid_out[number])
            return operations._convolution_pointwise(x, weights, None, *rest, "none", [], "")

        return Contender(compute, _from_torch, "packed weights")

    ways = [plain(torch.contiguous_format), plain(torch.channels_last)]
    with contextlib.suppress(AttributeError, RuntimeError, TypeError):  # no public names
        way = packed()
        way.compute(0)
        ways.append(way)
    return ways


def _from_torch(result: Any) -> Array:
    return _channels_last(result.numpy())


def _onnxruntime(case: Case, data: Data, threads: int) -> list[Contender]:
    """A model of one node, with ONNX Runtime's blocked layout or without it."""
    import onnxruntime

    images = [_channels_first(x) for x in data.inputs]
    model = _onnx_model(case, data.kernel)

    def session(level: Any) -> Any:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = level
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def way(level: Any, how: str) -> Contender:
        run = session(level).run
        return Contender(lambda number: run(None, {"x": images[number]})[0], _channels_last, how)

    levels = onnxruntime.GraphOptimizationLevel
    return [
        way(levels.ORT_ENABLE_ALL, "all optimisations"),
        way(levels.ORT_ENABLE_EXTENDED, "no blocked layout"),
    ]


def _onnx_model(case: Case, kernel: Array) -> bytes:
    """One convolution with explicit pads, its kernel inside."""
    from onnx import TensorProto, helper, numpy_helper

    (top, bottom), (left, right) = case.pads
    node = helper.make_node(
        "Conv",
        ["x", "kernel"],
        ["y"],
        pads=[top, left, bottom, right],
        strides=[case.stride] * 2,
        dilations=[case.dilation] * 2,
        group=case.groups,
    )
    batch, height, width, channels = case.input_shape
    shape = (batch, channels, height, width)
    weights = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * 4)],
        [numpy_helper.from_array(weights, "kernel")],
    )
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    return bytes(model.SerializeToString())


def _tensorflow(case: Case, data: Data, threads: int) -> list[Contender]:
    """A compiled function; a depthwise case goes to the operation made for it."""
    import tensorflow as tf

    images = [tf.constant(x) for x in data.inputs]
    square = [1, case.stride, case.stride, 1]
    if case.depthwise:
        kernel = tf.constant(data.kernel.transpose(0, 1, 3, 2))

        def convolve(x: Any) -> Any:
            return tf.nn.depthwise_conv2d(x, kernel, square, "SAME", dilations=[case.dilation] * 2)
    else:
        kernel = tf.constant(data.kernel)

        def convolve(x: Any) -> Any:
            return tf.nn.conv2d(x, kernel, square, "SAME", dilations=case.dilation)

    compiled = tf.function(convolve)
    return [Contender(lambda number: compiled(images[number]), lambda result: result.numpy())]


def _tensorflow_serves(case: Case, threads: int) -> bool:
    """TensorFlow takes a number of threads once a process, before its first operation."""
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        return False
    return True


def _jax(case: Case, data: Data, threads: int) -> list[Contender]:
    """A compiled function, waited for."""
    import jax

    images = [jax.device_put(x) for x in data.inputs]
    kernel = jax.device_put(data.kernel)

    def convolve(x: Any) -> Any:
        return jax.lax.conv_general_dilated(
            x,
            kernel,
            (case.stride, case.stride),
            "SAME",
            rhs_dilation=(case.dilation, case.dilation),
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            feature_group_count=case.groups,
        )

    compiled = jax.jit(convolve)
    return [Contender(lambda number: compiled(images[number]).block_until_ready(), np.asarray)]


def _jax_serves(case: Case, threads: int) -> bool:
    """JAX takes all processors, whatever it is told."""
    return threads == processors()


def _scipy(case: Case, data: Data, threads: int) -> list[Contender]:
    from scipy import ndimage

    images, kernel = _planes(data)

    def compute(number: int) -> Any:
        return ndimage.correlate(images[number], kernel, mode="constant")

    return [Contender(compute, _from_plane)]


def _opencv(case: Case, data: Data, threads: int) -> list[Contender]:
    import cv2

    images, kernel = _planes(data)
    border = cv2.BORDER_CONSTANT
    cv2.setNumThreads(threads)

    def compute(number: int) -> Any:
        return cv2.filter2D(images[number], -1, kernel, borderType=border)

    return [Contender(compute, _from_plane)]


def _is_plane(case: Case, threads: int) -> bool:
    """One grey image, whose cells all get a result: what a filter for images takes."""
    ones = (case.batch, case.channels, case.filters, case.stride, case.dilation)
    return set(ones) == {1} and case.kernel % 2 == 1 and case.size >= case.kernel


def _planes(data: Data) -> tuple[list[Array], Array]:
    return [np.ascontiguousarray(x[0, :, :, 0]) for x in data.inputs], data.kernel[:, :, 0, 0]


def _from_plane(result: Any) -> Array:
    plane: Array = result[np.newaxis, :, :, np.newaxis]
    return plane


def _channels_first(x: Array) -> Array:
    turned = x.transpose(0, 3, 1, 2)
    images = memory.empty(turned.shape, x.dtype)
    images[...] = turned
    return images


def _channels_last(y: Any) -> Array:
    turned: Array = y.transpose(0, 2, 3, 1)
    return turned


PEERS = (
    Peer("torch", "torch", _torch),
    Peer("onnxruntime", "onnxruntime", _onnxruntime),
    Peer("tensorflow", "tensorflow", _tensorflow, _tensorflow_serves),
    Peer("jax", "jax", _jax, _jax_serves),
    Peer(
        "scipy",
        "scipy",
        _scipy,
        lambda case, threads: threads == 1 and _is_plane(case, threads),  # it has no threads
    ),
    Peer("opencv", "cv2", _opencv, _is_plane),
)
