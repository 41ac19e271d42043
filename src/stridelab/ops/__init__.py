"""Arrays in, arrays out: convolution, pooling, transposed convolution, and how to compute them.

>>> import numpy as np
>>> list(METHODS)
['reference', 'windows', 'loops']
>>> conv2d(np.ones((1, 5, 6, 3)), np.ones((3, 3, 3, 8)), strides=(1, 2), padding="same").shape
(1, 5, 3, 8)
"""

from stridelab.ops.convolution import conv2d, conv2d_transpose
from stridelab.ops.methods import METHODS, Method, warmup
from stridelab.ops.pooling import avg_pool2d, max_pool2d

__all__ = [
    "METHODS",
    "Method",
    "avg_pool2d",
    "conv2d",
    "conv2d_transpose",
    "max_pool2d",
    "warmup",
]
