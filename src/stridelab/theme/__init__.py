"""Colours and the figures' style: one file of colours, read by Python and CSS alike."""

from stridelab import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    names={
        "cells": ["cell_text", "full_text", "levels"],
        "figures": ["draw_grid", "draw_window", "show_grids", "show_images", "style", "use"],
        "pictures": ["Picture"],
        "palette": ["LEVELS", "MODES", "ROLES", "colour", "contrast", "css", "ramp", "size_text"],
    },
)
