"""Explorers: models that turn control values into scenes, and one stage that draws scenes."""

from stridelab import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    modules=["controls", "draw", "explore", "kernels", "scene", "stage", "window"],
)
