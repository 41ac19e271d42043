# ---
# jupyter:
#   stridelab:
#     title: Receptive fields
#     minutes: 35
#     summary: Which cells of a photograph can change one output deep in a network, and which do.
#     needs:
#       - "[03 · Strides](03_strides.ipynb). In two lines: a window reads e cells, its span, and
#         moves by s cells, its stride; with $p_b$ cells of padding before, window i starts at
#         cell $i \\cdot s - p_b$."
#     does:
#       - Walk back from one output, layer by layer, and count the cells that it was computed from.
#       - Find out where in the photograph an output looks, and why one row of cells can move that.
#       - Measure how much each of those cells counts.
#     outcomes:
#       - Give size, jump, start and centre of the field of any stack, by hand.
#       - Put an output back on the right place of its picture, for any input size.
#       - Say why the field in a table is much wider than the part that matters.
# ---

# %%
from functools import reduce
from itertools import pairwise

import numpy as np

import stridelab as sl
from stridelab.figures import curves, grids, pictures
from stridelab.photos import photograph
from stridelab.practice import predict

# %%
my_photo = None  # or a file of yours, for example "holiday.jpg"

photo = sl.avg_pool2d(photograph(my_photo, grey=True), 2)[:225, 15:240]
at_224 = photo[:224, :224]


# %%
def only(picture, rows, cols):
    """The picture, dimmed but for the cells from the first to the last, on each axis."""
    (top, bottom), (left, right) = rows, cols
    shown = 0.25 * picture
    place = np.s_[max(top, 0) : bottom + 1, max(left, 0) : right + 1]
    shown[place] = picture[place]
    return shown


# %% [markdown] tags=["question"]
# ## The question
#
# VGG-16 is a network of 2014 that many others are built on: thirteen convolutions with kernels of
# 3 × 3, and five poolings. They make 7 × 7 outputs of a photograph of 224 × 224 cells. (Three more
# layers read all of these at once. They are left out here.) Look at the output in the middle, row 3
# and column 3. If the 49 shared the photograph fairly, this would be its part:

# %%
share = (3 * 32, 4 * 32 - 1)
pictures(
    {"the photograph": at_224, "a fair share": only(at_224, share, share)},
    "A portrait of 224 × 224 cells, and the same with all dimmed but 32 × 32 cells in the middle.",
)

# %% [markdown] tags=["question"]
# But windows overlap. **Which cells of the photograph can change that one number, and how much of
# a say does each of them have?**

# %% [markdown] tags=["slide"]
# ## One number out of 49
#
# VGG-16 turns 224 × 224 cells into 7 × 7 outputs. Which cells can change the middle one? And which
# of them do?

# %% [markdown] tags=["instructor"]
# Question and first section: 8 minutes. Have each learner draw with a finger, on the photograph,
# what output (3, 3) depends on, and keep the guesses on the board for the end. Most draw the part
# of 32 × 32 or a little more. The question that comes: "is it not 3 × 3?" That is what one
# convolution's window reads of the layer before it, not of the photograph.

# %% [markdown]
# ## Walking back
#
# Begin small: a row of cells, and three layers one after another. Each has a window of 3 and
# stride 1. One output of the last layer reads three outputs of the layer before. Each of those
# reads three, and so on back to the input.
#
# The cells of the input, from the first to the last that one output is computed from, are its
# **[receptive field](glossary.md#receptive-field)**.
#
# Predict: how many cells wide is it after the three layers?

# %% tags=["prediction"]
my_width = None  # a whole number

# %%
three = sl.receptive_field(3 * [{"kernel_size": 3}])
predict("07-three", my_width)

# %% [markdown]
# Start from an output in the top strip and follow the orange windows down to the input. Move to
# another output. The numbers in the cells come later in this lesson; the field is where they are
# not 0.

# %% [markdown] tags=["slide"]
# ## Three layers of 3, stride 1: how many cells does one output see?
#
# Walk back, layer by layer. Each adds its span less one: neighbouring windows overlap.

# %% [markdown] tags=["instructor"]
# Seven. Those who say 27 let neighbouring windows lie side by side, those who say 9 add up the
# kernels. Follow the orange windows down from one output.

# %% tags=["on-slide"]
e = sl.explore.receptive(size=16, layers=3, kernel_size=3, strides="ones", padding="valid")
e

# %% [markdown]
# Two neighbouring windows share all of their cells but one on each side. So a layer does not
# multiply the width: it *adds* e − 1, the window's [span](glossary.md#span) less one. From the one
# cell at the start: 1, 3, 5, 7.

# %%
# Check: 3, 5, 7, and the explorer shows seven cells under one output.
assert [after.rows.size for after in three] == [3, 5, 7]
e.reset()  # whatever you did to it
assert "7 cells wide" in e.text
assert np.count_nonzero(e.scene["input"].values) == 7
e.layers = 2
assert "5 cells wide" in e.text
e.reset()

# %% [markdown]
# The first problem asks the same backwards: the field is given, the layers are not.

# %%
sl.practice.show("rf-01")

# %% [markdown]
# ## What a stride widens
#
# It is often said that a stride makes the receptive field larger. Take the three layers again, and
# give one of them stride 2: first the *last* layer, then, instead, the *first*.
#
# Predict: how wide is the field in the two cases?

# %% tags=["prediction"]
my_two_widths = None  # (stride 2 in the last layer, stride 2 in the first layer)

# %%
plain, strided = {"kernel_size": 3}, {"kernel_size": 3, "strides": 2}
in_last = sl.receptive_field([plain, plain, strided])
in_first = sl.receptive_field([strided, plain, plain])
predict("07-strides", my_two_widths)

# %% [markdown]
# A stride changes how far the window moves, not how much one window holds. So it leaves the
# layer's own window alone. But behind it, neighbouring cells lie two cells of the *input* apart,
# and each later window takes longer steps.
#
# How far apart the fields of neighbouring outputs lie is the **[jump](glossary.md#jump)** S. It
# starts at 1, and each stride multiplies it.
#
# Now count. A window of span e takes e − 1 steps from its first cell to its last. Each step is as
# long as the jump *before* this layer, $\prod_{i<l} s_i$: the product of the strides of all layers
# in front of it. Added to the one cell at the start:
#
# $$ r = 1 + \sum_l (e_l - 1) \prod_{i<l} s_i $$

# %% [markdown] tags=["slide"]
# ## Stride 2 in the last of three layers, or in the first: how wide is the field?
#
# Last: 7 cells, as without. First: 11. A stride widens the steps of later layers only.
#
# $$ r = 1 + \sum_l (e_l - 1) \prod_{i<l} s_i $$

# %% [markdown] tags=["instructor"]
# This section and where a field starts: 7 minutes. Behind the last layer there is nothing to widen;
# behind the first, two layers take steps of two cells. The slip: a stride widens its own window.

# %%
print("stride 2     size after each layer    jump after each layer")
for where, fields in {"nowhere": three, "in the last": in_last, "in the first": in_first}.items():
    sizes, jumps = zip(*[(after.rows.size, after.rows.jump) for after in fields], strict=True)
    print(f"{where:12} {sizes!s:24} {jumps}")

# Check: the last layer's stride widens nothing, the first one's widens two layers.
assert in_last[-1].rows.size == 7
assert in_first[-1].rows.size == 1 + 2 + 2 * 2 + 2 * 2 == 11

# %% [markdown]
# ## Where the field starts
#
# An output's field has a place, too. With no padding, output 0 starts at cell 0. A layer that pads
# $p_b$ cells before starts $p_b$ steps earlier, and its steps are as long as above. So output 0
# starts at
#
# $$ \text{start} = -\sum_l p_{b,l} \prod_{i<l} s_i $$
#
# which is below 0 where it begins in the padding. Output y starts y jumps further on. The middle
# of the field is its **[centre](glossary.md#centre)**: y·S + start + (r − 1)/2, half of the way
# from the first cell to the last.
#
# Nothing above is to be believed. Here is a walk back that knows no formula: it collects cells, one
# layer after another. (Where it walks over padding it goes on counting, as if there were cells.)


# %%
def walk_back(layers, output):
    """All cells of one axis that an output is computed from; layers are (k, s, d, p_b)."""
    cells = {output}
    for k, s, d, before in reversed(layers):
        cells = {i * s - before + tap * d for i in cells for tap in range(k)}
    return cells


# %%
# Check: size, start, jump and centre against the walk, for 300 stacks drawn at random.
draw = np.random.default_rng(0).integers
for _ in range(300):
    stack = [tuple(draw((2, 1, 1, 0), (6, 4, 4, 4)).tolist()) for _ in range(draw(1, 5))]
    names = ("kernel_size", "strides", "dilation_rate", "padding")
    field = sl.receptive_field([dict(zip(names, layer, strict=True)) for layer in stack])[-1].rows
    for y in (0, 1, 5):
        cells = walk_back(stack, y)
        assert min(cells) == field.start + y * field.jump
        assert max(cells) - min(cells) + 1 == field.size
        assert (min(cells) + max(cells)) / 2 == field.centre + y * field.jump

# %% [markdown]
# One more thing comes out of the walk: a field can have *holes*. Dilation, or a stride over the
# kernel, leaves cells between the first and the last that nobody reads. The size counts them.

# %%
# Check: a window of 2 with dilation 2 spans three cells and reads two.
assert walk_back([(2, 1, 2, 0)], 0) == {0, 2}
assert sl.receptive_field([{"kernel_size": 2, "dilation_rate": 2}])[-1].rows.size == 3

# %% [markdown]
# The next problem needs no arithmetic: ask of each change what comes behind it. In the two after
# it, write down the jump before each layer first; the rest is adding. The last of them pads as
# "same" does: work out each layer's cells before, as in [03](03_strides.ipynb).

# %%
sl.practice.show("rf-03")

# %%
sl.practice.show("rf-02")

# %%
sl.practice.show("rf-11")

# %% [markdown]
# ## Where does an output look?
#
# Now "same", which [pads by the size](03_strides.ipynb). Here are five layers with stride 2, as
# networks begin: a window of 7, then four of 3. Given 224 × 224 cells they come to 7 × 7 outputs,
# and the field of output 0 is centred on cell 31.
#
# Predict: the same layers get *225* × 225 cells. On which cell is the field of output 0 centred?

# %% tags=["prediction"]
my_centre = None  # a cell

# %%
stem = [{"kernel_size": k, "strides": 2, "padding": "same"} for k in (7, 3, 3, 3, 3)]
stem_224, stem_225 = (sl.receptive_field(stem, n)[-1].rows for n in (224, 225))
predict("07-centre", my_centre)

# %%
print("                 size  jump  start  centre  outputs")
for n in (224, 225):
    for number, after in enumerate(sl.receptive_field(stem, n)):
        row = after.rows
        print(f"n = {n}, layer {number} {row.size:5} {row.jump:5} {row.start:6}", end=" ")
        print(f"{row.centre:7.1f} {row.output_size:8}")

# %% [markdown]
# Size and jump do not care about n. The start does. At 224 each layer gets an even size, and "same"
# puts nothing before a window of 3. At 225 each gets an odd one. It puts one cell before, and this
# cell is as long as the jump: 2, 4, 8 and 16 cells. The first layer's 2 cells become 3.
#
# One row and one column of cells more, and output (3, 3) looks somewhere else:

# %% [markdown] tags=["slide"]
# ## Output 0 is centred on cell 31 at 224 cells. And at 225?
#
# On cell 0. Five layers with stride 2, a window of 7 and four of 3: "same" pads by the size.

# %% tags=["on-slide"]
looks = {}
for n, row in ((224, stem_224), (225, stem_225)):
    first = row.start + 3 * row.jump
    field = (first, first + row.size - 1)
    centre = f"({row.centre + 3 * row.jump:.0f}, {row.centre + 3 * row.jump:.0f})"
    looks[f"n = {n}: output (3, 3) is centred on {centre}"] = only(photo[:n, :n], field, field)
pictures(looks, "The portrait twice: the part that output (3, 3) sees lies lower and more to the "
    "right at 224 cells than at 225.")  # fmt: skip

# %%
# Check: a shift of 31 cells, nearly a whole jump of 32.
assert (stem_224.centre, stem_225.centre) == (31, 0)
assert stem_224.size == stem_225.size == 67
assert stem_224.jump == stem_225.jump == 32
assert stem_224.start == -2
assert stem_225.start == -(3 + 2 + 4 + 8 + 16)

# %% [markdown]
# Whoever puts outputs back on the picture needs this: for a box around a face, or for two networks
# that should agree. "Output y sits at cell y·32" holds at 225 and is off by 31 cells at 224.
#
# At 225 the eight centres reach from cell 0 to cell 224, both ends included. At 224 the seven go
# from 31 to 223: they reach the last cell and miss the first 31. So the middle of all centres is
# cell 127, and the photograph's is 111.5. The explorer calls the difference *drift*. Set the size
# to 17 and watch it vanish.

# %%
drift = sl.explore.receptive(size=16, layers=3, kernel_size=3, strides="twos", padding="same")
drift

# %%
# Check: the centres' ends, and the same surprise in three small layers.
assert [stem_225.centre + y * 32 for y in (0, stem_225.output_size - 1)] == [0, 224]
assert [stem_224.centre + y * 32 for y in (0, stem_224.output_size - 1)] == [31, 223]
assert ((31 + 223) / 2, (224 - 1) / 2) == (127, 111.5)
drift.reset()  # whatever you did to it
assert "Output 0 is centred on cell 7." in drift.text
drift.size = 17
assert "Output 0 is centred on cell 0." in drift.text
assert "no drift" in drift.text
drift.reset()

# %% [markdown] tags=["instructor"]
# This section and the two real networks: 9 minutes. The room will not believe 0. Let them compute
# the five pads before at 225 by hand (3, 1, 1, 1, 1) and weigh them by 1, 2, 4, 8, 16. A common
# slip is to add up the pads without the jumps: −7 in place of −33. Those who use PyTorch: with
# `padding=3` and `padding=1` the centre is 0 at any size.

# %% [markdown]
# ## Two real networks
#
# Araujo, Norris and Sim computed the fields of many networks and published the table. Here is
# VGG-16 by the formulas above, checked against their table. A pooling is a layer like the others:
# its window is 2 wide here and moves by 2.

# %%
vgg, conv = [], {"kernel_size": 3, "padding": "same"}
for block, convolutions in enumerate((2, 2, 3, 3, 3), 1):
    vgg += convolutions * [conv] + [{"pool_size": 2, "name": f"pool{block}"}]

published = {"pool1": (6, 2, 2), "pool2": (16, 4, 6), "pool3": (44, 8, 18),
             "pool4": (100, 16, 42), "pool5": (212, 32, 90)}  # fmt: skip
print("after    size  jump  padding before")
for after in sl.receptive_field(vgg, 224):
    if after.name in published:
        ours = (after.rows.size, after.rows.jump, -after.rows.start)
        print(f"{after.name:8} {ours[0]:4} {ours[1]:5} {ours[2]:15}")
        assert ours == published[after.name]

# %% [markdown]
# So an output of VGG-16 spans 212 × 212 cells, not 32 × 32. Output (3, 3) reaches from cell 6 to
# cell 217: nearly the whole photograph.
#
# ResNet-50 is deeper. Its field is wider than the photograph, and its table shows the surprise from
# above: 239 cells of padding before for pictures of 224, and 241 for pictures of 321.


# %%
def resnet(stride_first):
    """ResNet-50's windows: each unit has one of 3; strides in a stage's first unit or its last."""
    unit = {"kernel_size": 3, "padding": 1}
    layers = [{"kernel_size": 7, "strides": 2, "padding": 3}]
    layers += [{"pool_size": 3, "strides": 2, "padding": "same"}]
    for stage, units in enumerate((3, 4, 6, 3)):
        strided = {0: stage > 0} if stride_first else {units - 1: stage < 3}
        layers += [unit | {"strides": 1 + strided.get(at, False)} for at in range(units)]
    return layers


# %%
for n in (224, 321):
    row = sl.receptive_field(resnet(stride_first=False), n)[-1].rows
    print(f"n = {n}: size {row.size}, jump {row.jump}, padding before {-row.start}")
    assert (row.size, row.jump, -row.start) == (483, 32, {224: 239, 321: 241}[n])  # the table's

other = sl.receptive_field(resnet(stride_first=True), 224)[-1].rows
print(f"with each stride one window later: size {other.size}, jump {other.jump}")
assert (other.size, other.jump) == (427, 32)

# %% [markdown]
# The last line is no other network, or so its name says. The table's ResNet-50 (from TF-Slim) has
# each stride in the last window of 3 of a stage. The one that comes with PyTorch (torchvision) has
# it one such window later, in the first of the next stage. The same kernels, the same jump, and yet
# 427 cells instead of 483. You know the reason: a stride widens only what comes behind it.

# %% [markdown]
# ## Can is not does
#
# The field says which cells *can* change an output. How much does each of them? Change one cell by
# a little, and see by how much the output changes: that ratio is the output's
# **[gradient](glossary.md#gradient)** by this cell. In layers that multiply and add, it is a sum
# over all *paths* from the cell to the output; each path counts the product of the kernel's numbers
# on it. `sl.conv2d_input_grad` goes back through one layer. Here it goes from one output through
# two layers, with all kernels ones, so that it counts the paths.

# %%
ones = np.ones((3, 3, 1, 1), dtype="float32")
output = np.ones((1, 1, 1), dtype="float32")
middle = sl.conv2d_input_grad(output, ones, (3, 3, 1))
paths = sl.conv2d_input_grad(middle, ones, (5, 5, 1))
grids({"between": ("output", middle[:, :, 0]), "input": ("input", paths[:, :, 0])})

# %% [markdown]
# One path leads from each corner, nine from the cell in the middle: there, each of the nine windows
# in between reads it. Along one axis the paths are 1, 2, 3, 2, 1. You saw these numbers in the
# explorer.
#
# Now *twenty* such layers, with all weights equal. The field is 41 × 41 cells. The 13 × 13 cells in
# its middle are a tenth of it.
#
# Predict: what share of the influence comes from this tenth? To the nearest 0.1.

# %% tags=["prediction"]
my_share = None  # for example 0.5


# %%
def back(gradient, layers, sizes):
    """The gradient by the input, through layers with equal weights; sizes before each layer."""
    for layer, n in zip(reversed(layers), reversed(sizes), strict=True):
        k = layer.get("kernel_size") or layer["pool_size"]
        mean = np.full((k, k, 1, 1), 1 / k**2, dtype="float32")
        arguments = {"strides": layer.get("strides", layer.get("pool_size", 1))}
        arguments["padding"] = layer.get("padding", "valid")
        gradient = sl.conv2d_input_grad(gradient, mean, (n, n, 1), **arguments)
    return gradient[:, :, 0]


# %%
middle_output = np.zeros((41, 41, 1), dtype="float32")
middle_output[20, 20] = 1
equal = back(middle_output, 20 * [conv], 20 * [41])
central = np.s_[14:27, 14:27]
predict("07-middle", my_share)

# %% [markdown]
# Equal weights, and yet hardly any influence from the rim: few paths start there. The paths of many
# layers add up like many throws of dice, and heap up in the middle as a bell.
#
# Are equal weights a special case? Draw the kernels at random instead, eight channels a layer, with
# a ReLU behind each (it sets negative values to 0), and let the network look at the photograph.
# Random gradients have both signs, so take the mean of their squares: each path adds the same to
# it, on average.

# %%
rng = np.random.default_rng(0)
widths = [1] + 20 * [8]
kernels = [
    (rng.standard_normal((3, 3, a, b)) * np.sqrt(2 / (9 * a))).astype("float32")
    for a, b in pairwise(widths)
]
seen = [photo[60:101, 80:121][None] + 0.5]  # so that black is not silent
for kernel in kernels:
    seen.append(np.maximum(sl.conv2d(seen[-1], kernel, padding="same"), 0))

# %%
channels = np.arange(8)
squares = {}
for name, relu in (("random weights", False), ("with a ReLU", True)):
    gradient = np.zeros((8, 41, 41, 8), dtype="float32")
    gradient[channels, 20, 20, channels] = 1  # the middle output of each of the eight channels
    for kernel, before, after in zip(kernels[::-1], seen[-2::-1], seen[:0:-1], strict=True):
        gradient = gradient * (after > 0) if relu else gradient
        gradient = sl.conv2d_input_grad(gradient, kernel, (8, *before.shape[1:]), padding="same")
    squares[name] = (gradient**2).mean(axis=(0, 3))

# %% [markdown] tags=["slide"]
# ## Twenty layers can see 41 × 41 cells. How much comes from the tenth in the middle?
#
# With equal weights, nearly nine tenths of the influence. Can is not does.

# %% tags=["on-slide"]
maps = {"equal weights": equal} | squares
pictures(
    {name: each / each.max() for name, each in maps.items()},
    "Three maps of 41 × 41 cells: influence on one output, a blot in the middle of black.",
)

# %%
# Check: most of it in a tenth of the cells; random weights scatter around the same bell.
for name, each in maps.items():
    inside = each[central].sum() / each.sum()
    print(f"{name:15} {inside:.0%} of the influence from {13**2 / 41**2:.0%} of the cells")
    assert inside > 0.6 or (name == "with a ReLU" and my_photo is not None)
assert np.isclose(equal.sum(), 1)
assert equal[0, 0] > 0  # the corner can
assert paths[2, :, 0].tolist() == [3, 6, 9, 6, 3]

# %% [markdown] tags=["instructor"]
# From here to the end: 11 minutes. Ask who has seen a Galton board: balls that fall left or right
# at each pin heap up in the same bell, for the same reason. The question that comes: "and in a
# trained network?" Luo et al. trained some: the part that matters grew, and stayed smaller than the
# field. Nothing in this lesson is trained, and it says so.

# %% [markdown]
# ## How the part that matters grows
#
# The field of L such layers is 2L + 1 cells wide: it keeps pace with the depth. Now look for the
# fewest cells in its middle that have 95% of the influence, on one axis.


# %%
def wide(weights, share):
    """The fewest cells in the middle that have this share of the weights, on one axis."""
    half = len(weights) // 2
    for reach in range(half + 1):
        if weights[half - reach : len(weights) - half + reach].sum() >= share * weights.sum():
            return len(weights) - 2 * half + 2 * reach
    return len(weights)


# %%
depths = (1, 2, 5, 10, 20, 40, 80)
lines = [reduce(np.convolve, depth * [np.ones(3) / 3]) for depth in depths]
fields = [len(line) for line in lines]
matter = [wide(line, 0.95) for line in lines]
curves(
    {"can: the field": (depths, fields), "does: 95% of the influence": (depths, matter)},
    "Two curves over the depth: the field rises like a line, the part that matters ever less.",
    title="Layers of 3 × 3 with equal weights",
    x="depth (layers)",
    y="width (cells)",
)

# %% [markdown]
# Four times as many layers make the field about four times as wide, and the part that matters about
# twice: it grows like the *square root* of the depth, as the sum of many dice does. Luo, Li,
# Urtasun and Zemel found this in 2016 and gave it its name: the
# **[effective receptive field](glossary.md#effective-receptive-field)**.

# %%
# Check: four times the depth; about four times the field, and twice the part that matters.
by_depth = dict(zip(depths, zip(fields, matter, strict=True), strict=True))
for few, many in ((5, 20), (10, 40), (20, 80)):
    (field, part), (field_of_many, part_of_many) = by_depth[few], by_depth[many]
    assert 3.6 < field_of_many / field < 4
    assert 1.8 < part_of_many / part < 2.2
assert fields == [2 * depth + 1 for depth in depths]

# %% [markdown]
# ## The question, answered
#
# Back to VGG-16 and its output (3, 3), with equal weights, and means in place of its poolings'
# maxima. On the left the cells that can change it. In the middle, the smallest square around the
# field's centre that has half of the influence. On the right each cell is as bright as it counts.

# %%
fields = sl.receptive_field(vgg, 224)
sizes = [224] + [after.rows.output_size for after in fields]
output = np.zeros((7, 7, 1), dtype="float32")
output[3, 3] = 1
influence = back(output, vgg, sizes[:-1])

row = fields[-1].rows
first = row.start + 3 * row.jump
last = first + row.size - 1
side = wide(influence.sum(axis=0)[first : last + 1], 0.5**0.5)  # a half of both axes together

# %% [markdown] tags=["slide"]
# ## The question, answered
#
# Output (3, 3) of VGG-16 can see 212 × 212 cells. With equal weights, half of the influence comes
# from the 60 × 60 in the middle: 8% of them.

# %% [markdown] tags=["instructor"]
# Take the guesses from the board: the first picture shows what can change the number, the third how
# much it does. Ask what training would change: the part that matters grows, and stays a part.

# %% tags=["on-slide"]
half = (first + (row.size - side) // 2, last - (row.size - side) // 2)
pictures(
    {
        "can change it": only(at_224, (first, last), (first, last)),
        "half of the influence": only(at_224, half, half),
        "as much as it counts": at_224 * (influence / influence.max())[:, :, None],
    },
    "The portrait three times: nearly whole; a small square in its middle; a blot that fades.",
)

# %%
# Check: from cell 6 to cell 217, nothing outside, and half of the influence in 8% of the field.
assert (first, last) == (6, 217)
assert np.flatnonzero(influence.any(axis=0)).tolist() == list(range(6, 218))
assert side == 60
assert round(side**2 / row.size**2, 2) == 0.08
sums = [influence[a : 224 - a, a : 224 - a].sum() for a in (half[0], half[0] + 1)]
assert half[0] + half[1] == 223  # as far from the right as from the left
assert sums[0] >= 0.5 > sums[1]  # a smaller one has less

# %% [markdown]
# A trained network has weights of its own. In those that Luo et al. trained, the effective field
# grew with the training, and it stayed a part of the whole. So a field in a table is a bound: out
# of it nothing counts; inside, measure.
#
# ## Practise
#
# First the surprise, with other layers: begin with the sizes on the way, and the pads they ask for.

# %%
sl.practice.show("rf-14")

# %% [markdown]
# Then depth against the part that matters. Think of the curves.

# %%
sl.practice.show("rf-16")

# %% [markdown]
# Last, all of the lesson in one function. One loop is enough; mind what is updated first.

# %%
sl.practice.show("rf-17")

# %% [markdown] tags=["recap"]
# ## Recap
#
# - Walk back: each layer adds e − 1 steps, each as long as the jump before it.
#   $r = 1 + \sum_l (e_l - 1) \prod_{i<l} s_i$.
# - A layer's stride widens the steps of later layers only. "ResNet-50" sees 483 or 427 cells, by
#   where its strides stand.
# - Output y is centred on y·S + start + (r − 1)/2. Under "same" with strides the start depends on
#   the input's size: the five layers centre output 0 on cell 31 at 224, and on cell 0 at 225.
# - The answer: 212 × 212 cells can change VGG-16's output (3, 3). With equal weights, half of the
#   influence comes from the 60 × 60 in the middle, 8% of them.
# - The field grows with the depth, the part that matters with its square root.
#
# Output (0, 0) of VGG-16 starts at cell −90: much of what it sees is padding. **Next:**
# [08 · What borders do](08_what_borders_do.ipynb) asks what that does to a network.

# %% [markdown] tags=["slide"]
# ## Take home
#
# A field in a table is a bound. Where it lies depends on the pads, how much of it matters on the
# paths.

# %% [markdown] tags=["instructor"]
# Ask for one sentence each on size, place and influence. Next: output (0, 0) of VGG-16 starts at
# cell −90; what does so much padding do to a network?

# %% [markdown] tags=["further"]
# ## Going further
#
# - A. Araujo, W. Norris and J. Sim, "Computing receptive fields of convolutional neural networks",
#   Distill, 2019: the formulas for networks with branches, too, and the table (in the repository
#   google-research/receptive_field) that is checked above.
# - W. Luo, Y. Li, R. Urtasun and R. Zemel, "Understanding the effective receptive field in deep
#   convolutional neural networks", NeurIPS, 2016: the bell, the square root, and what training
#   does.
# - K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image
#   recognition", ICLR, 2015, section 2.3: why small kernels in a stack instead of one large one.
# - K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition", CVPR, 2016,
#   table 1: the layers of ResNet-50.
# - L.-C. Chen and others, "DeepLab: semantic image segmentation with deep convolutional nets,
#   atrous convolution, and fully connected CRFs", TPAMI, 2018, section 3.1: how dilation widens the
#   field where strides would cost resolution.
