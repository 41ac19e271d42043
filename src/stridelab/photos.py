"""The photograph of the lessons: Grace Hopper from matplotlib's sample data, or one's own."""

from __future__ import annotations

import re
import warnings
from os import PathLike
from typing import IO, TYPE_CHECKING

from stridelab.errors import StrideLabError, shown

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

#: The shorter side of every photograph, in cells: the sample's own.
SHORTER_SIDE = 512

#: A wider strip than this is refused: its longer side over its shorter.
MOST_STRETCHED = 4

#: A picture of more pixels than this is not decoded: 201 MB of red, green and blue.
MOST_PIXELS = 8192 * 8192

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

    picture = upright(_sample(), "file") if file is None else upright(file, "file")
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


def sample() -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """The sample photograph as it is, whole numbers from 0 to 255.

    >>> sample().shape
    (600, 512, 3)
    """
    import numpy as np

    return np.asarray(upright(_sample(), "file"))


def upright(source: str | PathLike[str] | IO[bytes], argument: str, called: str = "") -> Image:
    """A picture in red, green and blue, turned as its camera was held; transparency is dropped.

    Parameters
    ----------
    source : path or binary file
        Any picture that Pillow reads; of several frames the first.
    argument : str
        What an error names.
    called : str
        What an error says was met; the path where it is empty.

    Raises
    ------
    StrideLabError
        Where the file is missing, is no picture, or holds more than `MOST_PIXELS`: judged by its
        first bytes, before it is decoded.
    """
    from PIL import Image, ImageOps

    met = shown(called or str(source))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(source)
    except FileNotFoundError:
        raise StrideLabError(
            argument, "exist", met, remedy="Give its path from this notebook's folder."
        ) from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as bomb:
        found = re.search(r"\d+", str(bomb))
        raise _too_large(argument, int(found[0]) if found else MOST_PIXELS + 1, met) from None
    except Exception:  # a broken file makes Pillow's readers raise whatever comes to them
        raise _no_picture(argument, met) from None
    with opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise _too_large(argument, opened.width * opened.height, met)
        try:
            turned = ImageOps.exif_transpose(opened)
            return _of_eight_bits(turned).convert("RGB")
        except Exception:
            raise _no_picture(argument, met) from None


def _of_eight_bits(picture: Image) -> Image:
    """Sixteen bits a pixel would be cut off at 255, not scaled."""
    import numpy as np
    from PIL import Image

    if not picture.mode.startswith("I;16"):
        return picture
    return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))


def _no_picture(argument: str, met: str) -> StrideLabError:
    return StrideLabError(argument, "be a picture that Pillow reads", met)


def _too_large(argument: str, pixels: int, met: str) -> StrideLabError:
    return StrideLabError(
        argument,
        f"have at most {MOST_PIXELS:,} pixels",
        f"{pixels:,}",
        met,
        "Reduce it first, with any program that shows pictures.",
    )


def _sample() -> str:
    from matplotlib.cbook import get_sample_data

    return str(get_sample_data("grace_hopper.jpg", asfileobj=False))
