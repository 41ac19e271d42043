"""Explorers: models that turn control values into scenes, and one stage that draws scenes."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["controls", "draw", "explore", "kernels", "scene", "stage", "window"],
)
