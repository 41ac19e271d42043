"""The explorers, as ``sl.explore.NAME(...)``, with Keras' argument names."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence

from stridelab.explorers import alias as alias_model
from stridelab.explorers import border as border_model
from stridelab.explorers import groups as groups_model
from stridelab.explorers import layout as layout_model
from stridelab.explorers import padding as padding_model
from stridelab.explorers import photo as photo_model
from stridelab.explorers import race as race_model
from stridelab.explorers import receptive as receptive_model
from stridelab.explorers import same as same_model
from stridelab.explorers import stack as stack_model
from stridelab.explorers import transpose as transpose_model
from stridelab.explorers import window as window_model
from stridelab.explorers.kernels import size_of
from stridelab.explorers.stage import Explorer, explorer_class
from stridelab.geometry.checks import one_of

__all__ = [  # noqa: RUF022  the order of the course
    "window",
    "padding",
    "same",
    "layout",
    "photo",
    "stack",
    "groups",
    "receptive",
    "border",
    "alias",
    "transpose",
    "race",
]

_Window = explorer_class(window_model.MODEL)
_Padding = explorer_class(padding_model.MODEL)
_Same = explorer_class(same_model.MODEL)
_Layout = explorer_class(layout_model.MODEL)
_Photo = explorer_class(photo_model.MODEL)
_Stack = explorer_class(stack_model.MODEL)
_Groups = explorer_class(groups_model.MODEL)
_Receptive = explorer_class(receptive_model.MODEL)
_Border = explorer_class(border_model.MODEL)
_Alias = explorer_class(alias_model.MODEL)
_Transpose = explorer_class(transpose_model.MODEL)
_Race = explorer_class(race_model.MODEL)

Size = int | tuple[int, int]
Weights = Sequence[Sequence[float]]


def _named(function: Callable[..., Explorer]) -> Callable[..., Explorer]:
    """Names the nearest argument where a call has one that the function lacks."""
    names = tuple(inspect.signature(function).parameters)

    @functools.wraps(function)
    def call(*given: object, **named: object) -> Explorer:
        for name in named:
            one_of(f"an argument of sl.explore.{function.__name__}", name, names)
        return function(*given, **named)

    return call


@_named
def window(
    size: Size = 8,
    kernel_size: Size | None = None,
    strides: Size = 1,
    padding: str = "same",
    dilation_rate: Size = 1,
    kernel: str | Weights = "sobel_x",
    channels: int = 1,
    filters: int = 1,
    image: object = "disc",
    *,
    apart: bool = False,
    predict_first: bool = False,
    position: tuple[int, int] = (0, 0),
) -> Explorer:
    """A window that slides over an input: move over the output, and see what each cell reads.

    Every argument is a control, and a trait of the widget: ``e.strides = 3`` sets it,
    ``e.observe(f, "strides")`` follows it. Rows go down and come first, columns go right; indices
    start at 0.

    Parameters
    ----------
    size, kernel_size, strides, dilation_rate : int or (int, int)
        Cells, for both axes or (rows, columns): at most 12, 5, 4 and 3. Without a `kernel_size`
        the kernel is 3 × 3, or as large as its matrix.
    padding : str
        ``valid``, ``same``, ``same_lower`` or ``full``.
    kernel : str or matrix
        ``identity``, ``box_blur``, ``sobel_x``, ``sobel_y``, ``sharpen`` or ``laplacian``, at any
        size; or rows of weights, cut, or filled up with zeros, to `kernel_size`.
    channels, filters : int
        Of the input, of the output: at most 3. All channels share the kernel; filter 1 has it
        turned by 90°, filter 2 by 180°.
    image : str, array or path
        ``disc``, ``dot``, ``stripes``; or your own: a picture's path, or an array of rows ×
        columns, with 3 channels or without, uint8 or floats from 0 to 1. It is reduced to `size`.
    apart : bool
        Whether rows and columns have controls of their own; on where an argument is a pair.
    predict_first : bool
        Whether the answers stay hidden until you commit to one.
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
    >>> window(size=3, kernel=[[-1, 1]], padding="valid").scene["output"].values.shape
    (3, 2)
    """
    return _Window(
        size=size,
        kernel_size=size_of(window_model.KERNEL, kernel, kernel_size),
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        kernel=kernel,
        channels=channels,
        filters=filters,
        image=image,
        apart=apart,
        predict_first=predict_first,
        position=position,
    )


@_named
def photo(
    image: object = "hopper",
    kernel: str | Weights = "sobel_x",
    kernel_size: Size | None = None,
    strides: Size = 2,
    padding: str = "same",
    dilation_rate: Size = 1,
    grey: bool = True,
    scale: str = "full",
    *,
    apart: bool = False,
    predict_first: bool = False,
) -> Explorer:
    """A convolution of a whole photograph: what comes out, how large it is, how long it took.

    Every argument is a control, and a trait of the widget: ``e.strides = 4`` sets it,
    ``e.observe(f, "strides")`` follows it.

    Parameters
    ----------
    image : str, array or path
        ``hopper``; or your own: a picture's path, or an array of rows × columns, with 3 channels or
        without, uint8 or floats from 0 to 1.
    kernel : str or matrix
        ``identity``, ``box_blur``, ``sobel_x``, ``sobel_y``, ``sharpen`` or ``laplacian``, at any
        size; or rows of weights, cut, or filled up with zeros, to `kernel_size`.
    kernel_size, strides, dilation_rate : int or (int, int)
        Cells, for both axes or (rows, columns): at most 9, 8 and 4. Without a `kernel_size` the
        kernel is 3 × 3, or as large as its matrix.
    padding : str
        ``valid``, ``same``, ``same_lower`` or ``full``.
    grey : bool
        Whether the image has one channel; else red, green and blue are convolved each by itself.
    scale : str
        ``full``, or ``half`` or ``quarter`` of the image's rows and columns; up to 4096 of either
        are convolved.
    apart : bool
        Whether rows and columns have controls of their own; on where an argument is a pair.
    predict_first : bool
        Whether the answers stay hidden until you commit to one.

    Returns
    -------
    Explorer
        ``e.scene`` and ``e.text`` say what it shows, ``e.svg()`` draws it without a kernel.

    Raises
    ------
    StrideLabError
        Names the argument that its control cannot show. A combination without an output raises
        nothing: the explorer shows the library's message in place.

    >>> e = photo(strides=4)
    >>> e.scene["input"].size, e.scene["output"].size
    ('600 × 512', '150 × 128')
    """
    return _Photo(
        image=image,
        kernel=kernel,
        kernel_size=size_of(photo_model.KERNEL, kernel, kernel_size),
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        grey=grey,
        scale=scale,
        apart=apart,
        predict_first=predict_first,
    )


@_named
def stack(
    size: Size = 32,
    channels: int = 3,
    layers: Sequence[Mapping[str, object]] = stack_model.LAYERS,
    *,
    apart: bool = False,
    predict_first: bool = False,
) -> Explorer:
    """Layers one after another: shapes, parameters, MACs, receptive fields; where a size collapses.

    Every argument is a control, and a trait of the widget: ``e.size = 224`` sets it,
    ``e.observe(f, "layers")`` follows it. Layers are counted from 0.

    Parameters
    ----------
    size : int or (int, int)
        The input's rows and columns, at most 512.
    channels : int
        The input's, at most 64.
    layers : sequence of dict
        1 to 12 layers; a dense layer is a ``conv`` as large as what comes in. Each has ``layer``:
        ``conv``, ``depthwise``, ``pool`` or ``transposed``; and by Keras' names ``filters`` (conv,
        transposed; 32 where it is left out), ``kernel_size`` (3) or ``pool_size`` (2), ``strides``
        (1; for pool and transposed 2), ``padding`` (``valid``) and ``dilation_rate`` (conv,
        depthwise; 1).
    apart : bool
        Whether rows and columns have controls of their own; on where the size is a pair.
    predict_first : bool
        Whether the answers are hidden until the learner commits to one.

    Returns
    -------
    Explorer
        ``e.scene`` and ``e.text`` say what it shows, ``e.svg()`` draws it without a kernel.

    Raises
    ------
    StrideLabError
        Names the argument, or the layer and its field, that the control cannot show. Layers of
        which one does not fit raise nothing: the table marks that layer, and the library's message
        stands above it.

    >>> e = stack(28, 1, [{"layer": "conv", "filters": 6, "kernel_size": 5}, {"layer": "pool"}])
    >>> e.scene["shapes"].rows[-1][:2]
    ('1 MaxPooling2D()', '12 × 12 × 6')
    """
    return _Stack(
        size=size, channels=channels, layers=layers, apart=apart, predict_first=predict_first
    )


@_named
def groups(
    channels: int = 4,
    filters: int = 4,
    groups: int = 2,
    kernel_size: int = 3,
    *,
    predict_first: bool = False,
    position: tuple[int, int] = (0, 0),
) -> Explorer:
    """Which input channels each filter reads: move over the kernel's slices, filled and empty.

    ``weights = Cout·(Cin/groups)·KH·KW``. Channels and filters are dealt out into blocks of
    neighbours; a filter has weights for the channels of its own block alone. Every argument is a
    control, and a trait of the widget: ``e.groups = 4`` sets it, ``e.observe(f, "groups")`` follows
    it. Indices start at 0.

    Parameters
    ----------
    channels, filters : int
        ``Cin`` and ``Cout``, the channels that come in and those that come out: at most 12.
    groups : int
        At most 12; it is to divide both. As many as channels: depthwise.
    kernel_size : int
        Cells, for both axes: at most 7. 1 with one group: pointwise.
    predict_first : bool
        Whether the answers are hidden until the learner has predicted how many weights there are.
    position : (int, int)
        The slice that is shown first: filter, channel.

    Returns
    -------
    Explorer
        ``e.scene`` and ``e.text`` say what it shows, ``e.svg()`` draws it without a kernel.

    Raises
    ------
    StrideLabError
        Names the argument that its control cannot show. Groups that do not divide both raise
        nothing: the explorer shows the library's message in place, and which groups do.

    Source: the definition, as in Krizhevsky, Sutskever & Hinton (NIPS 2012), section 3.2.

    >>> e = groups(channels=4, filters=8, groups=2)
    >>> e.scene.question.answer
    '144'
    >>> e.scene.focus.fills[0].captions[-1]
    'filter 7 reads channels 2, 3: 9 weights each'
    """
    return _Groups(
        channels=channels,
        filters=filters,
        groups=groups,
        kernel_size=kernel_size,
        predict_first=predict_first,
        position=position,
    )


@_named
def receptive(
    size: int = 16,
    layers: int = 3,
    kernel_size: int = 3,
    strides: str = "twos",
    dilation_rate: str = "ones",
    padding: str = "same",
    *,
    predict_first: bool = False,
    position: tuple[int, int] = (0, 0),
) -> Explorer:
    """The cone of cells that one output of a stack sees: move over the last layer's outputs.

    One axis: strips of one row. Each strip shows how many paths lead from its cells to the output,
    which is what weighs them where all kernels are ones.

    Parameters
    ----------
    size, layers, kernel_size : int
        Cells of the input, layers, and taps of each: 5 to 24, at most 5 and 5.
    strides : str
        ``ones``, ``twos``, or ``two_first``: 2 in the first layer, then 1.
    dilation_rate : str
        ``ones``, or ``doubling``: 1, 2, 4, … from layer to layer.
    padding : str
        ``valid``, ``same`` or ``same_lower``, in every layer.
    predict_first : bool
        Whether the answers are hidden until you commit to one.
    position : (int, int)
        Row 0, and the output that is shown first.

    Returns
    -------
    Explorer
        ``e.scene`` and ``e.text`` say what it shows, ``e.svg()`` draws it without a kernel.

    Raises
    ------
    StrideLabError
        Names the argument that its control cannot show. A stack without an output raises nothing:
        the explorer shows the library's message in place.

    >>> e = receptive(size=16)
    >>> e.scene["field"].rows[-1]
    ('layer 2', '15', '8', '0', '7')
    >>> e.size = 17
    >>> e.scene["field"].rows[-1]
    ('layer 2', '15', '8', '−7', '0')
    """
    return _Receptive(
        size=size,
        layers=layers,
        kernel_size=kernel_size,
        strides=strides,
        dilation_rate=dilation_rate,
        padding=padding,
        predict_first=predict_first,
        position=position,
    )


@_named
def border(
    size: int = 9,
    layers: int = 3,
    kernel_size: int = 3,
    dilation_rate: int = 1,
    padding_mode: str = "reflect",
    *,
    predict_first: bool = False,
    position: tuple[int, int] = (0, 0),
) -> Explorer:
    """What zero padding does to an image of ones, layer after layer: move over the last image.

    Each layer takes the mean under a window, with ``padding="same"`` and stride 1. Cells that the
    border has reached are marked.

    Parameters
    ----------
    size : int
        Rows and columns of the image: 4 to 14.
    layers : int
        How many layers: 0 to 6.
    kernel_size, dilation_rate : int
        Cells, for both axes: at most 5 and 2.
    padding_mode : str
        ``reflect``, ``replicate`` or ``circular``: what the padding shows in the image to compare
        with.
    predict_first : bool
        Whether the answers are hidden until you commit to one.
    position : (int, int)
        The cell of the last image that is shown first: row, column.

    Returns
    -------
    Explorer
        ``e.scene`` and ``e.text`` say what it shows, ``e.svg()`` draws it without a kernel.

    Raises
    ------
    StrideLabError
        Names the argument that its control cannot show. Pads that the mode cannot fill raise
        nothing: the explorer shows the library's message in place.

    >>> e = border(size=12, layers=3, kernel_size=3)
    >>> int((e.scene["output"].values == 1).sum())
    36
    >>> e.layers = 6
    >>> int((e.scene["output"].values == 1).sum())
    0
    """
    return _Border(
        size=size,
        layers=layers,
        kernel_size=kernel_size,
        dilation_rate=dilation_rate,
        padding_mode=padding_mode,
        predict_first=predict_first,
        position=position,
    )


@_named
def alias(
    image: str = "zone_plate",
    strides: int = 4,
    blur: str = "none",
    shift: int = 1,
    *,
    predict_first: bool = False,
) -> Explorer:
    """What a stride makes of fine detail, with and without a blur, and of an image that moves.

    The output is one convolution: its kernel is the blur, or a single 1.

    Parameters
    ----------
    image : str
        ``zone_plate``, ``stripes`` or ``photo``, 256 × 256 cells from 0 to 1.
    strides : int
        Cells, for both axes: at most 8.
    blur : str
        ``none``, ``box`` (as many taps as the stride) or ``triangle`` (the box, blurred by itself).
    shift : int
        By how many cells the input moves to the right: 0 to 8.
    predict_first : bool
        Whether the answers are hidden until you commit to one.

    Returns
    -------
    Explorer
        ``e.scene`` and ``e.text`` say what it shows, ``e.svg()`` draws it without a kernel.

    Raises
    ------
    StrideLabError
        Names the argument that its control cannot show.

    >>> e = alias(strides=4, shift=1)
    >>> e.scene.question.answer
    'changes its values'
    >>> e.shift = 4
    >>> e.scene.question.answer
    'moves by whole cells'
    """
    return _Alias(
        image=image,
        strides=strides,
        blur=blur,
        shift=shift,
        predict_first=predict_first,
    )


@_named
def transpose(
    size: Size = 3,
    kernel_size: Size = 3,
    strides: Size = 2,
    padding: str = "valid",
    output_padding: int | None = None,
    kernel: str = "ones",
    content: str = "numbers",
    *,
    apart: bool = False,
    predict_first: bool = False,
    position: tuple[int, int] = (0, 0),
) -> Explorer:
    """A transposed convolution: move over the input, and see where each cell adds the kernel.

    Parameters
    ----------
    size, kernel_size, strides : int or (int, int)
        Cells, for both axes or (rows, columns): at most 6, 5 and 4.
    padding : str
        ``valid`` or ``same``.
    output_padding : int, optional
        Cells, 0 to 3, for both axes; None for Keras' own size. The trait holds it as a text:
        ``"none"``, ``"0"``, …; it takes the number, too.
    kernel : str
        ``ones`` or ``binomial``: 1 2 1 in each direction, for 3 taps.
    content : str
        What the input holds: ``numbers`` from 1 to 9, or ``flat``, ones.
    apart : bool
        Whether rows and columns have controls of their own; on where an argument is a pair.
    predict_first : bool
        Whether the answers are hidden until you commit to one.
    position : (int, int)
        The input cell that is shown first: row, column.

    Returns
    -------
    Explorer
        ``e.scene`` and ``e.text`` say what it shows, ``e.svg()`` draws it without a kernel.

    Raises
    ------
    StrideLabError
        Names the argument that its control cannot show. A combination without an output raises
        nothing: the explorer shows the library's message in place.

    >>> e = transpose(size=3, kernel_size=3, strides=2)
    >>> e.scene["output"].values.shape
    (7, 7)
    >>> e.padding, e.output_padding = "same", 0
    >>> e.scene["output"].values.shape, e
    ((5, 5), sl.explore.transpose(padding='same', output_padding=0))
    """
    return _Transpose(
        size=size,
        kernel_size=kernel_size,
        strides=strides,
        padding=padding,
        output_padding=output_padding,
        kernel=kernel,
        content=content,
        apart=apart,
        predict_first=predict_first,
        position=position,
    )


@_named
def padding(
    size: int = 7,
    kernel_size: int = 3,
    strides: int = 2,
    padding: str = "same",
    dilation_rate: int = 1,
    padding_mode: str = "zeros",
    *,
    predict_first: bool = False,
    position: tuple[int, int] = (0, 0),
) -> Explorer:
    """One axis close up: what is padded, what the padding shows, and how often each cell is read.

    Every argument is a control, and a trait of the widget. The input is 1, 2, 3, …; all weights are
    1, so that an output is the sum of its window. Indices start at 0.

    Parameters
    ----------
    size, kernel_size, strides, dilation_rate : int
        Cells: at most 16, 7, 5 and 3.
    padding : str
        ``valid``, ``same``, ``same_lower`` or ``full``.
    padding_mode : str
        What padded cells show: ``zeros``, ``reflect``, ``replicate`` or ``circular``.
    predict_first : bool
        Whether the answers are hidden until the learner has predicted how many outputs touch
        padding.
    position : (int, int)
        The output cell that is shown first: its row is 0.

    Returns
    -------
    Explorer
        ``e.scene`` and ``e.text`` say what it shows, ``e.svg()`` draws it without a kernel.

    Raises
    ------
    StrideLabError
        Names the argument that its control cannot show. A combination without an output raises
        nothing: the explorer shows the library's message in place.

    >>> e = padding(size=8, kernel_size=3, strides=2)
    >>> e.scene["input"].pads
    ((0, 0), (0, 1))
    >>> e.scene.sentence
    "'same' pads 0 before and 1 after. 1 of 4 outputs touches padding: output 3."
    """
    return _Padding(
        size=size,
        kernel_size=kernel_size,
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        padding_mode=padding_mode,
        predict_first=predict_first,
        position=position,
    )


@_named
def same(
    size: int = 8,
    kernel_size: int = 3,
    strides: int = 2,
    dilation_rate: int = 1,
    *,
    predict_first: bool = False,
    position: tuple[int, int] = (0, 0),
) -> Explorer:
    """What frameworks mean by 'same', side by side: sizes, pads, windows, and how to port each.

    Every argument is a control, and a trait of the widget. Moving over the first rule's output
    moves the windows of all rules; outputs of other windows carry a mark. Indices start at 0.

    Parameters
    ----------
    size, kernel_size, strides, dilation_rate : int
        Cells along one axis: at most 16, 7, 4 and 2. The poolings are not dilated.
    predict_first : bool
        Whether the answers are hidden until the learner has predicted whether the rules agree.
    position : (int, int)
        The output cell that is shown first: its row is 0.

    Returns
    -------
    Explorer
        ``e.scene`` and ``e.text`` say what it shows, ``e.svg()`` draws it without a kernel.

    Raises
    ------
    StrideLabError
        Names the argument that its control cannot show. What a framework refuses raises nothing:
        the explorer shows its message in place.

    >>> e = same(size=8, kernel_size=3, strides=2)
    >>> e.scene["output_same"].values.shape == e.scene["output_half"].values.shape
    True
    >>> e.scene["input_same"].pads, e.scene["input_half"].pads
    (((0, 0), (0, 1)), ((0, 0), (1, 1)))
    """
    return _Same(
        size=size,
        kernel_size=kernel_size,
        strides=strides,
        dilation_rate=dilation_rate,
        predict_first=predict_first,
        position=position,
    )


@_named
def layout(
    shape: Sequence[int] = (2, 3, 2),
    axes: Sequence[int] = (2, 0, 1),
    how: str = "transpose",
    *,
    predict_first: bool = False,
    position: tuple[int, int] = (0, 0),
) -> Explorer:
    """Where an array's numbers lie in memory, and what transpose and reshape make of them.

    ``x[i, j, …]`` lies at place ``i·sᵢ + j·sⱼ + …`` with x's strides s, in numbers. Moving over y
    lights the cell of x, and the place in memory, that its number comes from. An array's last two
    axes are drawn as a grid, the others set out grids side by side and below each other. Every
    argument is a control, and a trait of the widget: ``e.how = "reshape"`` sets it,
    ``e.observe(f, "how")`` follows it. Indices start at 0.

    Parameters
    ----------
    shape : tuple of int
        The lengths of x: 2 to 4 axes, each at most 6 long, of at most 48 numbers.
    axes : tuple of int
        For each axis of y, the axis of x that it is, as ``numpy.transpose`` takes them: any
        permutation, counted from 0.
    how : str
        ``transpose``: y is ``x.transpose(axes)``; or ``reshape``: y is x reshaped to that shape.
    predict_first : bool
        Whether y is hidden until you say which number stands at one of its places.
    position : (int, int)
        The cell of y's drawing that is shown first: row, column, over all of its grids.

    Returns
    -------
    Explorer
        ``e.scene`` and ``e.text`` say what it shows, ``e.svg()`` draws it without a kernel.

    Raises
    ------
    StrideLabError
        Names the argument that its control cannot show. Axes of another number than x has raise
        nothing: the explorer shows the library's message in place.

    >>> e = layout(shape=(1, 4, 3), how="reshape")
    >>> e.scene["y"].size, e.scene["y"].marks.sum().item()
    ('3 × 1 × 4', 10)
    >>> e.how = "transpose"
    >>> e.scene["strides"].rows[1]
    ('y = x.transpose(2, 0, 1)', '(3, 1, 4)', '(1, 12, 3)', '0 of 12')
    """
    return _Layout(shape=shape, axes=axes, how=how, predict_first=predict_first, position=position)


@_named
def race(
    size: int = 56,
    channels: int = 64,
    filters: int = 64,
    kernel_size: int = 3,
    strides: int = 1,
    padding: str = "same",
    images: int = 1,
    *,
    predict_first: bool = False,
) -> Explorer:
    """Every method of `stridelab.METHODS` on one layer: times, GFLOP/s, this machine's roof.

    Nothing is measured until Measure is pressed, or ``e.act()`` is called; a control that moves
    takes the results away. Every argument is a control, and a trait of the widget:
    ``e.kernel_size = 5`` sets it, ``e.observe(f, "kernel_size")`` follows it.

    Parameters
    ----------
    size : int
        The input's rows and columns, 7 to 224.
    channels, filters : int
        At most 256.
    kernel_size, strides : int
        Cells, for both axes: at most 7 and 3.
    padding : str
        ``valid`` or ``same``.
    images : int
        Those of one call, at most 8.
    predict_first : bool
        Whether the results are hidden until the learner commits to a winner.

    Returns
    -------
    Explorer
        ``e.scene`` and ``e.text`` say what it shows, ``e.svg()`` draws it without a kernel.

    Raises
    ------
    StrideLabError
        Names the argument that its control cannot show. A layer that does not fit in memory raises
        nothing: the explorer shows the library's message in place.

    >>> e = race(size=28, kernel_size=5)
    >>> e.scene["layer"].rows[1]
    ('MACs', '80,281,600')
    """
    return _Race(
        size=size,
        channels=channels,
        filters=filters,
        kernel_size=kernel_size,
        strides=strides,
        padding=padding,
        images=images,
        predict_first=predict_first,
    )
