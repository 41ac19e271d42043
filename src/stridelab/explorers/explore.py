"""The explorers, as ``sl.explore.NAME(...)``, with Keras' argument names."""

from __future__ import annotations

from stridelab.explorers import window as window_model
from stridelab.explorers.stage import Explorer, explorer_class

__all__ = ["window"]

_Window = explorer_class(window_model.MODEL)

Size = int | tuple[int, int]


def window(
    size: Size = 8,
    kernel_size: Size = 3,
    strides: Size = 1,
    padding: str = "same",
    dilation_rate: Size = 1,
    kernel: str = "sobel_x",
    *,
    apart: bool = False,
    position: tuple[int, int] = (0, 0),
) -> Explorer:
    """A window that slides over an input: move over the output, and see what each cell reads.

    Every argument is a control, and a trait of the widget: ``e.strides = 3`` sets it,
    ``e.observe(f, "strides")`` follows it. Rows go down and come first, columns go right; indices
    start at 0.

    Parameters
    ----------
    size, kernel_size, strides, dilation_rate : int or (int, int)
        Cells, for both axes or (rows, columns): at most 12, 5, 4 and 3.
    padding : str
        ``valid``, ``same``, ``same_lower`` or ``full``.
    kernel : str
        ``identity``, ``box_blur``, ``sobel_x``, ``sobel_y``, ``sharpen`` or ``laplacian``, at any
        size.
    apart : bool
        Whether rows and columns have controls of their own; on where an argument is a pair.
    position : (int, int)
        The output cell that is shown first: row, column.

    Returns
    -------
    Explorer
        ``e.scene`` and ``e.text`` say what it shows, ``e.svg()`` draws it without a kernel.

    Raises
    ------
    StrideLabError
        Names the argument that its control cannot show. A combination without an output raises
        nothing: the explorer shows the library's message in place.

    >>> e = window(size=8, kernel_size=3, strides=2)
    >>> e.scene["output"].values.shape
    (4, 4)
    >>> e.padding = "valid"
    >>> e.scene["output"].values.shape
    (3, 3)
    """
    return _Window(
        size=size,
        kernel_size=kernel_size,
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        kernel=kernel,
        apart=apart,
        position=position,
    )
