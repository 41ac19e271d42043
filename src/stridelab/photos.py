"""The photograph of the lessons: Grace Hopper from matplotlib's sample data, or one's own."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

from stridelab.errors import StrideLabError, shown

if TYPE_CHECKING:
    import numpy as np

#: The shorter side of every photograph, in cells: the sample's own.
SHORTER_SIDE = 512

#: A wider strip than this is refused: its longer side over its shorter.
MOST_STRETCHED = 4

#: How bright red, green and blue look to the eye (ITU-R BT.601).
LUMA = (0.299, 0.587, 0.114)


def photograph(
    file: str | PathLike[str] | None = None, *, grey: bool = False
) -> np.ndarray[tuple[int, int, int], np.dtype[np.float32]]:
    """A photograph as float32 from 0 (black) to 1 (white), rows × columns × channels.

    A file's picture is turned upright and scaled so that its shorter side has 512 cells, like the
    sample's, 600 × 512.

    Parameters
    ----------
    file : path, optional
        Any picture that Pillow reads; the sample where it is None.
    grey : bool
        One channel, ``0.299 R + 0.587 G + 0.114 B``, instead of three.

    Raises
    ------
    StrideLabError
        Where the file is missing, is no picture, or is stretched more than four to one.

    >>> photograph().shape, photograph(grey=True).shape
    ((600, 512, 3), (600, 512, 1))
    """
    import numpy as np
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(_sample() if file is None else file) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except FileNotFoundError:
        raise StrideLabError(
            "file", "exist", shown(str(file)), remedy="Give its path from this notebook's folder."
        ) from None
    except (UnidentifiedImageError, OSError):
        raise StrideLabError("file", "be a picture that Pillow reads", shown(str(file))) from None
    shorter, longer = sorted(picture.size)
    if longer > MOST_STRETCHED * shorter:
        raise StrideLabError(
            "file",
            f"be at most {MOST_STRETCHED} times as long as wide",
            f"{picture.width} × {picture.height}",
            remedy="Crop it first.",
        )
    if shorter != SHORTER_SIDE:
        scale = SHORTER_SIDE / shorter
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)))
    colour = np.asarray(picture, dtype=np.float32) / np.float32(255)
    return (colour @ np.array(LUMA, dtype=np.float32))[..., None] if grey else colour


def _sample() -> str:
    from matplotlib.cbook import get_sample_data

    return str(get_sample_data("grace_hopper.jpg", asfileobj=False))
