"""Arrays in, arrays out: convolution, pooling, their gradients, and how to compute them.

>>> import numpy as np
>>> list(METHODS)[:5]
['reference', 'windows', 'loops', 'im2col', 'direct']
>>> conv2d(np.ones((1, 5, 6, 3)), np.ones((3, 3, 3, 8)), strides=(1, 2), padding="same").shape
(1, 5, 3, 8)
"""

from stridelab.ops.choice import explain_choice
from stridelab.ops.convolution import conv2d, conv2d_transpose
from stridelab.ops.gradients import (
    avg_pool2d_grad,
    conv2d_bias_grad,
    conv2d_input_grad,
    conv2d_kernel_grad,
    max_pool2d_grad,
)
from stridelab.ops.loading import warmup
from stridelab.ops.methods import METHODS, Method
from stridelab.ops.pooling import avg_pool2d, max_pool2d

__all__ = [
    "METHODS",
    "Method",
    "avg_pool2d",
    "avg_pool2d_grad",
    "conv2d",
    "conv2d_bias_grad",
    "conv2d_input_grad",
    "conv2d_kernel_grad",
    "conv2d_transpose",
    "explain_choice",
    "max_pool2d",
    "max_pool2d_grad",
    "warmup",
]
