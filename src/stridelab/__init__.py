"""StrideLab: what padding, strides, dilation and groups do to a convolution; how it is made fast.

Names are loaded when they are first used, so that ``import stridelab`` is quick and brings in
neither numba nor matplotlib nor ipywidgets.
"""

from stridelab import _lazy

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    modules=["explorers", "geometry", "layers", "ops", "practice", "theme"],
    names={
        "errors": ["StrideLabError"],
        "explorers": ["explore"],
        "geometry": [
            "conv_geometry",
            "convention",
            "cost",
            "pool_geometry",
            "port",
            "receptive_field",
            "transposed_geometry",
        ],
        "ops": [
            "METHODS",
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
        ],
        "practice": ["check", "progress"],
    },
)
