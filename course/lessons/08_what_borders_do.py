# ---
# jupyter:
#   stridelab:
#     title: What borders do
#     minutes: 35
#     summary: How zeros at the border creep into a picture, and tell a network where it is.
#     needs:
#       - '[02 · Padding](02_padding.ipynb) and [07 · Receptive fields](07_receptive_fields.ipynb).
#         In two lines: "same" puts zeros around the input; output y of a stack sees the r cells
#         from start + y·S on, and where these lie outside of the picture it sees padding.'
#     does:
#       - Follow the zeros from layer to layer, and count what they reach.
#       - Read rows and columns out of a picture that is white all over.
#       - Try what else can stand at the border, and what each of these breaks.
#     outcomes:
#       - Say which outputs of a network depend on padding, and by how much.
#       - Say what a network can know about places, and with which padding it cannot.
#       - Say when a normalisation can be folded into the convolution next to it, and when not.
# ---

# %%
from itertools import pairwise

import numpy as np

import stridelab as sl
from stridelab.figures import curves, grids, pictures
from stridelab.geometry import MODES, conv_axis
from stridelab.photos import photograph
from stridelab.practice import predict

# %%
my_photo = None  # or a file of yours, for example "holiday.jpg"

photo = sl.avg_pool2d(photograph(my_photo, grey=True), 2)


# %%
def same(x, kernel, mode="zeros"):
    """One layer at stride 1 that keeps the size; for small pictures NumPy alone is quick enough."""
    return sl.conv2d(x, kernel, padding="same", padding_mode=mode, method="windows")


def random_kernels(widths):
    """Kernels of 3 × 3 for one layer after another, with these numbers of channels."""
    draw = np.random.default_rng(0).standard_normal
    return [draw((3, 3, a, b)) * np.sqrt(2 / (9 * a)) for a, b in pairwise(widths)]


# %% [markdown] tags=["question"]
# ## The question
#
# Here is a picture of 16 × 16 cells. All of them are white: each holds 1. It goes through eight
# layers with random kernels of 3 × 3, sixteen channels each, with a ReLU behind each layer (it sets
# negative values to 0). Every layer pads with zeros, as `Conv2D` with `padding="same"` does. One of
# the sixteen channels that come out is on the right.

# %%
kernels = random_kernels([1] + 8 * [16])


def through(x, padding_mode):
    """What comes out of each of the layers, the input first."""
    outputs = [x]
    for kernel in kernels:
        outputs.append(np.maximum(same(outputs[-1], kernel, padding_mode), 0))
    return outputs


# %%
white = np.ones((16, 16, 1))
zeros = through(white, "zeros")
channel = zeros[-1].std(axis=(0, 1)).argmax()
shown = zeros[-1][:, :, channel]  # the liveliest of the sixteen
around = np.pad(white, ((8, 8), (8, 8), (0, 0)))  # as far as eight layers see
pictures(
    {"what goes in, and what lies around it": around, "what comes out": shown / shown.max()},
    "A white square on black, and what eight layers make of it: another grey in nearly every cell.",
)

# %% [markdown] tags=["question"]
# Nothing in the white picture says where a cell is, and the kernels are the same everywhere. **Can
# a cell of the output know its row and its column?**

# %% [markdown] tags=["slide"]
# ## White in, zeros around
#
# 16 × 16 ones, eight random layers, zeros at the border. Can an output know where it is?

# %% [markdown] tags=["instructor"]
# Question and first section: 8 minutes. Let them argue before they run anything. The good argument
# for "no" is shift-equivariance: the same kernel everywhere, the same picture everywhere. Ask where
# that argument uses that there is no border.

# %% [markdown]
# ## Edges that nobody photographed
#
# Begin with one layer and a kernel that you know: (−1, 0, 1) looks for edges. A white picture has
# none.

# %%
edges = np.array([-1.0, 0, 1]).reshape(1, 3, 1, 1)
found = same(white[:5, :6], edges)
grids({"white": ("input", white[:5, :6, 0]), "edges found": ("output", found[:, :, 0])})

# %% [markdown]
# It finds two: from the zeros to the picture on the left, and back to zeros on the right. To the
# layer, a zero at the border is a black cell like any other.
#
# Now one layer with *random* kernels, 3 × 3, on the white picture of 16 × 16. Cells that see the
# same get the same.
#
# Count two cells of the output as different if they differ in any channel.
#
# Predict: how many different outputs can there be among the 256?

# %% tags=["prediction"]
my_kinds = None  # a whole number


# %%
def kinds(outputs):
    """How many of the cells differ from each other, in any channel."""
    rows = outputs.reshape(-1, outputs.shape[-1])
    return len(np.unique(rows.round(6), axis=0))


predict("08-kinds", my_kinds)

# %%
print("layers    ", *[f"{layers:4}" for layers in range(9)])
for mode in MODES:
    print(f"{mode:10}", *[f"{kinds(outputs):4}" for outputs in through(white, mode)])

# Check: (2L + 1)² kinds after L layers, up to all 256; with any other padding there is one.
assert [kinds(outputs) for outputs in zeros] == [min(2 * L + 1, 16) ** 2 for L in range(9)]
for mode in MODES[1:]:
    assert {kinds(outputs) for outputs in through(white, mode)} == {1}
assert found[0, :, 0].tolist() == [1, 0, 0, 0, 0, -1]

# %% [markdown]
# After one layer there are nine kinds: four corners, four edges and the inside. Per axis a cell is
# at the start, at the end or between. Each further layer carries that one cell inwards: after L
# layers an axis has L kinds at the start, L at the end and one between, 2L + 1 in all. After eight
# layers *no two of the 256 cells are alike*. Whoever has seen them once can tell each one's row and
# column.
#
# So the answer is yes, and the next sections ask how far that reaches, how strong it is, and
# whether it takes a white picture.

# %% [markdown] tags=["slide"]
# ## One random layer on white: how many different outputs?
#
# Nine, then 25, then 49: (2L + 1)² after L layers with zeros. With reflect, replicate or circular:
# one.

# %% [markdown] tags=["instructor"]
# On each axis a cell is at the start, between or at the end: 3·3. Ask for two layers before you
# press the key. After eight no two of the 256 cells are alike.

# %%
sl.practice.show("bord-01")

# %% [markdown]
# ## How far the zeros reach
#
# Here each layer takes the mean of 3 × 3 cells, on a smaller white picture. Marked cells depend on
# padding. Add layers one by one, and watch the frame grow by a cell each time.

# %% [markdown] tags=["slide"]
# ## The frame grows by a cell a layer
#
# Marked outputs depend on padding.

# %% [markdown] tags=["instructor"]
# This section: 6 minutes. Add layers one by one, and have the room say first how many cells stay
# unmarked: 49, 25, 9, 1, none.

# %% tags=["on-slide"]
e = sl.explore.border(size=9, layers=3, kernel_size=3, padding_mode="reflect")
e

# %%
# Check: three layers reach 3 cells deep, five reach every cell.
e.reset()  # whatever you did to it
assert e.scene["output"].marks.sum() == 9 * 9 - 3 * 3
e.layers = 5
assert e.scene["output"].marks.all()
assert (e.scene["other"].values == 1).all()  # under reflect white stays white
e.reset()

# %% [markdown]
# At stride 1, L layers reach L·p_b cells in from the start, and L·p_a from the end. With strides,
# ask for the [receptive field](glossary.md#receptive-field): an output is free of padding where its
# field lies on the picture, so where start + y·S is at least 0 and start + y·S + r − 1 is below n.
#
# Take VGG-16: blocks of two, two, three, three and three convolutions of 3 × 3 under "same", and a
# pooling by 2 behind each, which pads nothing. From 224 × 224 cells it comes to 7 × 7 outputs.
#
# Predict: how many of these 49 do *not* depend on padding?

# %% tags=["prediction"]
my_free = None  # a whole number

# %%
vgg, conv = [], {"kernel_size": 3, "padding": "same"}
for block, convolutions in enumerate((2, 2, 3, 3, 3), 1):
    vgg += convolutions * [conv] + [{"pool_size": 2, "name": f"pool{block}"}]
predict("08-vgg", my_free)


# %%
def free(row, n):
    """The outputs of one axis whose fields lie on the picture."""
    starts = [row.start + y * row.jump for y in range(row.output_size)]
    return [y for y, start in enumerate(starts) if start >= 0 and start + row.size <= n]


for after in sl.receptive_field(vgg, 224):
    if after.name.startswith("pool"):
        o = after.rows.output_size
        print(f"{after.name}: {o:3} × {o:<3} outputs, {len(free(after.rows, 224)) ** 2:5} free")

# %%
# Check: one output of 49 is free, the one in the middle; in one layer at 7 × 7 it would be 25.
last = sl.receptive_field(vgg, 224)[-1].rows
assert free(last, 224) == [3]
assert len(free(sl.receptive_field([conv], 7)[-1].rows, 7)) ** 2 == 25

# %% [markdown]
# One. In [02](02_padding.ipynb) you counted the outputs that a single layer's padding touches, and
# found nearly half at 7 × 7. Here all thirteen layers add up.
#
# Think of [07](07_receptive_fields.ipynb), though: what *can* change an output may hardly do so.
# Let the white picture go through VGG-16 with means in place of its kernels and poolings. An output
# is then the share of its influence that comes from real cells.

# %%
x = np.ones((224, 224, 1), dtype="float32")
mean = np.full((3, 3, 1, 1), 1 / 9, dtype="float32")
for convolutions in (2, 2, 3, 3, 3):
    for _ in range(convolutions):
        x = sl.conv2d(x, mean, padding="same")
    x = sl.avg_pool2d(x, 2)
share = x[:, :, 0]

# %% [markdown] tags=["slide"]
# ## VGG-16: how many of its 49 outputs are free of padding?
#
# One. The share of each output's influence that comes from real cells, with equal weights:

# %% [markdown] tags=["instructor"]
# Expect 25, which is right for one layer at 7 × 7. An output sees 212 of 224 cells and the next
# field starts 32 further on, so one fits. Then the grid: what can change an output may hardly do
# so.

# %% tags=["on-slide"]
grids({"share that is real": ("output", share.round(2))})

# %%
# Check: only the middle is 1; in the corners two thirds come from cells that nobody photographed.
assert np.argwhere(np.isclose(share, 1, atol=1e-4)).tolist() == [[3, 3]]
assert round(1 - share[0, 0], 2) == 0.68
assert round(1 - share[0, 3], 2) == 0.44
assert (share[2:5, 2:5] > 0.99).all()

# %% [markdown]
# The nine outputs in the middle hardly notice. In the corners, two thirds of the influence are
# zeros.
#
# In the problem, count the outputs that are free, and take them from all.

# %%
sl.practice.show("bord-05")

# %% [markdown]
# ## Reading the place
#
# Back to the question. "No two cells are alike" is one thing; can a network *use* it? A last layer
# of 1 × 1 would take a weighted sum of the sixteen channels, plus a bias. Look for the seventeen
# numbers that come closest to each cell's row, and seventeen for its column: that is
# **[least squares](glossary.md#least-squares)**, and NumPy does it in one line.


# %%
def weights(outputs, wanted):
    """The weights and the bias that come closest to what is wanted, in least squares."""
    return np.linalg.lstsq(with_one(outputs), wanted, rcond=1e-6)[0]


def with_one(outputs):
    """A row a cell: its channels, and a 1 for the bias."""
    return np.pad(outputs.reshape(-1, outputs.shape[-1]), ((0, 0), (0, 1)), constant_values=1)


# %%
def places(count, n):
    """For so many pictures of n × n cells, a row a cell: its row and its column."""
    return np.tile(np.argwhere(np.ones((n, n))), (count, 1))


# %%
for mode in MODES:
    outputs = through(white, mode)[-1]
    off = abs(with_one(outputs) @ weights(outputs, places(1, 16)) - places(1, 16)).mean()
    print(f"{mode:10} the row or column that is read is {off:.1f} cells off on average")
    assert off < 2 if mode == "zeros" else np.isclose(off, 4)

# %% [markdown]
# Four cells off is what you get without knowing anything, by saying "the middle" each time. Zeros
# at the border halve that. With the other three there is nothing to read: white stays white.
#
# A white picture is a clean test, and an odd one. Now real ones: cut 100 pictures of 32 × 32 cells
# out of the photograph, at random places. Six random layers, two of them with stride 2, make 8 × 8
# outputs of each. Fit the weights on 60 pictures, and read the rows of the 40 others. What is *in*
# a picture says nothing about rows, since it was cut out anywhere.

# %%
rng = np.random.default_rng(0)
corners = rng.integers(0, np.subtract(photo.shape[:2], 32), (100, 2))
cuts = np.stack([photo[row : row + 32, col : col + 32] for row, col in corners])


def deep(cuts, mode):
    """8 × 8 outputs with 16 channels: six layers of 3 × 3, the first and the third by 2."""
    for kernel, step in zip(random_kernels([1] + 6 * [16]), (2, 1, 2, 1, 1, 1), strict=True):
        kernel = kernel.astype(cuts.dtype)
        layer = sl.conv2d(cuts, kernel, strides=step, padding=1, padding_mode=mode)
        cuts = np.maximum(layer, 0)
    return cuts


# %%
read, off = {}, {}
for mode in MODES:
    outputs = deep(cuts, mode)
    fitted = weights(outputs[:60], places(60, 8))
    answers = with_one(outputs[60:]) @ fitted
    off[mode] = abs(answers - places(40, 8)).mean()
    read[mode] = answers[:, 0].reshape(40, 8, 8).mean(axis=(0, 2))

# %% [markdown] tags=["slide"]
# ## Zeros tell the row
#
# Six random layers. A weighted sum of their channels is fitted to the row on 60 cuts of a
# photograph, and read on 40 others. Knowing nothing is a flat line.

# %% tags=["on-slide"]
rows = range(8)
curves(
    {"the truth": (rows, rows)} | {mode: (rows, read[mode]) for mode in MODES},
    "Five lines over the true row: with zeros it rises with the truth, the other three lie flat.",
    title="Which row is it? Means over 40 unseen pictures",
    x="true row (cell)",
    y="row that is read (cell)",
)

# %%
# Check: zeros tell something about places in the sample photograph, the others next to nothing.
for mode, error in off.items():
    print(f"{mode:10} {error:.2f} cells off on average; without knowing anything 2.00")
    assert my_photo is not None or (error < 1.6 if mode == "zeros" else 1.9 < error < 2.1)

# %% [markdown]
# At the border the rows are read, if not exactly; in the middle nearly nothing is. So a network
# that pads with zeros knows something about *where* from the start, untrained.
#
# Islam, Jia and Bruce read positions out of VGG and ResNet in 2020: well where zeros are padded,
# badly where nothing is. Kayhan and van Gemert showed that networks learn to use it: to tell a
# thing at the top left from the same thing at the bottom right.
#
# That can help: sky is above. It hurts where places should not matter: a convolution is said to do
# the same wherever a thing stands, and at the border it does not.

# %% [markdown] tags=["instructor"]
# This section: 10 minutes. The question that comes: "is it the corners of the photograph?" No: the
# pictures are cut out at random, and with the same cuts circular padding reads nothing. What goes
# wrong: they take 1.49 for good. It is a random network and a linear read-out; Islam et al. train
# the read-out on the features of trained networks.

# %% [markdown]
# ## What else can stand there?
#
# [02](02_padding.ipynb) showed four ways to fill the border. Here is what a network would see with
# each, forty cells of it, around a part of the photograph. (A 1 × 1 kernel that takes each colour
# once copies what is under it, padding included.)

# %% [markdown] tags=["slide"]
# ## What else can stand there?
#
# None of the four goes on with the picture. Only circular treats all places alike.

# %% [markdown] tags=["instructor"]
# This section: 5 minutes. Let them name the four before you press the key. Then the slope 1 to 8 at
# its last cell: −7, 0, 1 and −6, where 2 would go on.

# %% tags=["on-slide"]
part = sl.avg_pool2d(photograph(my_photo), 2)[64:154, 70:210]  # in colour
copy = np.eye(3, dtype="float32")[None, None]
pictures(
    {mode: sl.conv2d(part, copy, padding=40, padding_mode=mode) for mode in MODES},
    "A face with a border forty cells wide: black, mirrored, smeared out, wrapped round.",
    columns=2,
)

# %% [markdown]
# Zeros frame it in black. Reflect shows what stands near the edge twice. Replicate draws stripes.
# Circular puts the far side next to this one, and where they meet there is an edge. None of them is
# what a wider photograph would show.
#
# Test them on a slope. The row 1, 2, …, 8 rises by 1 from cell to cell. The kernel (−1, 0, 1) takes
# the cell after minus the cell before: 2, everywhere inside.
#
# Predict: what does it give at the *last* cell under reflect?

# %% tags=["prediction"]
my_slope = None  # a number

# %%
slope = np.arange(1.0, 9).reshape(1, 8, 1)
ends = {mode: same(slope, edges, mode) for mode in MODES}
predict("08-slope", my_slope)

# %%
print("row       ", *[f"{value:3.0f}" for value in slope.ravel()])
for mode, outputs in ends.items():
    print(f"{mode:10}", *[f"{value:3.0f}" for value in outputs.ravel()])

# Check: 2 inside, and at the ends no mode goes on with the slope.
assert all((outputs[0, 1:-1] == 2).all() for outputs in ends.values())
first_and_last = {mode: outputs[0, [0, -1], 0].tolist() for mode, outputs in ends.items()}
assert first_and_last == {
    "zeros": [2, -7], "reflect": [0, 0], "replicate": [1, 1], "circular": [-6, -6]}  # fmt: skip

# %% [markdown]
# Reflect says that the slope ends there, replicate that it is half as steep, circular that it falls
# off a cliff. So each of them tells an output of a picture that is not flat something about the
# border. One has a merit that no other has: under **[circular](glossary.md#circular)** a picture
# that is rolled gives outputs that are rolled alike. There is no border to notice.


# %%
def rolled(mode):
    """By how much an output differs when the picture is rolled by (3, 5) before, or after."""
    x = photo[:90, :120].astype("float64")
    before = same(np.roll(x, (3, 5), (0, 1)), kernels[0], mode)
    after = np.roll(same(x, kernels[0], mode), (3, 5), (0, 1))
    return abs(before - after).max()


# Check: circular alone does not notice the border, in any photograph.
assert rolled("circular") < 1e-9
assert my_photo is not None or all(rolled(mode) > 0.1 for mode in MODES if mode != "circular")

# %% [markdown]
# What is on offer?
#
# | library | in the convolution | as a step of its own before it |
# |---|---|---|
# | Keras, TensorFlow | zeros | `keras.ops.pad`, `tf.pad`: reflect, symmetric |
# | PyTorch | all four, `padding_mode=` | `torch.nn.functional.pad` |
# | JAX | zeros | `jnp.pad`: all four, and more |
# | ONNX | zeros | `Pad`: reflect, edge (replicate), wrap (circular) |
#
# *Symmetric* mirrors with the edge cell repeated: 21|1234|43. In the problems, write down the cells
# as the kernel sees them before you compute anything.

# %%
sl.practice.show("bord-03")

# %%
sl.practice.show("bord-07")

# %% [markdown]
# ## Borders need not be alike
#
# One more thing about zeros. A window of 3 with stride 2 and `padding=1` on an even size, as in
# PyTorch's networks: how many of the padded cells are ever read?

# %%
for n in (224, 225):
    axis = conv_axis(n, kernel=3, stride=2, padding=1)
    first, last_taps = axis.taps(0), axis.taps(axis.output_size - 1)
    print(f"n = {n}: the first window reads {first}, the last {last_taps}")

# Check: at 224 the zeros after the last cell are padded and never read; at 225 they are.
assert conv_axis(224, kernel=3, stride=2, padding=1).taps(111) == (221, 222, 223)
assert conv_axis(225, kernel=3, stride=2, padding=1).taps(112) == (223, 224, 225)

# %% [markdown]
# At 224 the top and the left have a border, the bottom and the right have none, layer after layer.
# Alsallakh and others found that this leaves its mark in trained kernels, and that a detector of
# small objects became blind at some places of the picture (2021).
#
# ## One layer instead of two
#
# Before a network is put to use, some of its steps are merged. A
# **[batch normalisation](glossary.md#batch-normalisation)** that is done learning computes a·x + b
# in each channel. To save time it is *folded* into the convolution next to it: kernel and bias take
# the factor a, and b is added to the bias. Where it stands *behind* the convolution, that is exact.
#
# Now it stands *in front*, as the normalisation of colours stands in front of a network's first
# layer. Folding looks as easy: each tap sees a·x + b, so the kernel takes the factor a, and the
# bias takes b times the sum of the kernel's taps. The convolution pads with zeros.
#
# Predict: where do the outputs of the folded layer differ from those of the two steps? Write
# "nowhere", "border" or "everywhere".

# %% tags=["prediction"]
my_place = None  # "nowhere", "border" or "everywhere"

# %%
colour = sl.avg_pool2d(photograph(my_photo), 16)[:32, :32].astype("float64")
a = 1 / np.array([0.229, 0.224, 0.225])  # the colours' usual spread in photographs
b = -np.array([0.485, 0.456, 0.406]) * a  # and their means
kernel = random_kernels([3, 8])[0]
folded, bias = kernel * a[:, None], (kernel * b[:, None]).sum(axis=(0, 1, 2))
predict("08-fold", my_place)


# %% [markdown] tags=["slide"]
# ## Folding a·x + b forwards: where do the outputs differ?
#
# At the border only: a padded zero is no normalised cell. Behind the convolution folding is exact.


# %% tags=["on-slide"]
def differ(mode):
    """By how much folding changes each output: folded, less normalised and then convolved."""
    apart = same(colour * a + b, kernel, mode)
    return same(colour, folded, mode) + bias - apart


pictures(
    {f"change under {mode}": abs(differ(mode)).max(axis=-1) for mode in ("zeros", "reflect")},
    "What folding changes: a coloured frame one cell wide under zeros, nothing under reflect.",
    signed=True,
)

# %%
# Check: with zeros the outermost ring, all of it; with cells of the picture nothing.
changed = {mode: (abs(differ(mode)) > 1e-9).any(axis=-1) for mode in MODES}
ring = np.ones((32, 32), dtype=bool)
ring[1:-1, 1:-1] = False
assert (changed.pop("zeros") == ring).all()
assert not any(cells.any() for cells in changed.values())

# %% [markdown]
# A padded zero comes *after* the normalisation: it stays 0. In the folded layer it comes before,
# and the bias adds b for it as for every tap. Nobody notices in a large picture, since the middle
# is right. At 7 × 7 it is 24 of 49 outputs.

# %%
# Check: behind the convolution, folding is exact with zeros too.
gain, offset = np.linspace(0.5, 2, 8), np.linspace(-1, 1, 8)
behind = same(colour, kernel) * gain + offset
assert np.allclose(behind, same(colour, kernel * gain) + offset)
assert 7**2 - 5**2 == 24

# %% [markdown] tags=["instructor"]
# Folding and the remedy: 6 minutes. Most say "nowhere", because both steps look linear. Write down
# what one tap of weight w adds: w·(a·x + b) on the picture, w·0 on padding. Folded: w·a·x + w·b,
# and w·b. The bug shows as a frame in a heat map of differences, and hardly in an average.

# %%
sl.practice.show("bord-10")

# %% [markdown]
# ## A remedy, and what it does not heal
#
# The dark frame of [02](02_padding.ipynb) came from dividing by nine where fewer cells are real.
# **[Partial convolution](glossary.md#partial-convolution)** (Liu and others, 2018) makes up for
# that: it multiplies each output by k²/(real cells in its window), before the bias.


# %%
def partial(x, kernel):
    """A convolution with zeros, scaled up where part of the window is not real."""
    size = kernel.shape[0] * kernel.shape[1]
    area = np.ones((*kernel.shape[:2], 1, 1))
    real = same(np.ones((*x.shape[:2], 1)), area)
    return same(x, kernel) * size / real


# %%
white5 = white[:5, :5]
ninths = np.full((3, 3, 1, 1), 1 / 9)
dark, healed = same(white5, ninths)[:, :, 0], partial(white5, ninths)[:, :, 0]
grids({"mean, zeros": ("output", dark), "mean, partial": ("output", healed)})

# %%
# Check: the mean of white is white again; edges are found all the same, and nine kinds remain.
assert np.allclose(healed, 1)
grey = photo[:90, :140].astype("float64")
pooled = sl.avg_pool2d(grey, 3, strides=1, padding="same")
assert np.allclose(partial(grey, ninths), pooled)
assert partial(white5, edges)[2, :, 0].tolist() == [1.5, 0, 0, 0, -1.5]
assert kinds(partial(white, kernels[0])) == 9

# %% [markdown]
# The frame is gone. Keras' average pooling under "same" does the same thing: it divides by the real
# cells. And Liu and others report networks that classify a little better with it.
#
# It heals means, not knowledge. The edges that nobody photographed are even stronger, and there are
# still nine kinds of cells. To be the same everywhere, an output must not meet a border at all: no
# padding, or a picture without an end.
#
# ## Practise
#
# First the pooling that divides by real cells; mind on which side an even window hangs over.

# %%
sl.practice.show("bord-09")

# %% [markdown]
# Then layers until nothing is free. Which axis is used up first?

# %%
sl.practice.show("bord-13")

# %% [markdown]
# Last, mend a fold. What would a padded cell have to hold, so that a·x + b makes it 0?

# %%
sl.practice.show("bord-16")

# %% [markdown] tags=["recap"]
# ## Recap
#
# - Yes, a cell can know its row and its column. Zeros make nine kinds of cells out of white after
#   one layer of 3 × 3, and (2L + 1)² after L layers, until no two are alike.
# - At stride 1, L layers reach L·p_b cells in from the start, and L·p_a from the end. In VGG-16,
#   one of the 49 last outputs is free of padding. How much it *matters* is another question: two
#   thirds of the influence in the corners, next to nothing in the middle.
# - With zeros a random network tells something about the places in photographs; with reflect,
#   replicate or circular next to nothing.
# - No mode goes on with a slope. Circular alone does the same everywhere, on a picture rolled up.
# - a·x + b in front of a zero-padded convolution does not fold at the border.
# - Partial convolution heals the frame, and leaves the places readable.
#
# Besides the border, a stride spoils "the same everywhere". **Next:**
# [09 · What strides do](09_what_strides_do.ipynb).

# %% [markdown] tags=["slide"]
# ## Yes, it can know
#
# Zeros are cells, and cells at the border see them. To be the same everywhere: no padding, or a
# picture without an end.

# %% [markdown] tags=["instructor"]
# Go back to the argument for "no": it holds where there is no border. Partial convolution heals
# means, not knowledge. Next: what strides spoil.

# %% [markdown] tags=["further"]
# ## Going further
#
# - M. A. Islam, S. Jia and N. D. B. Bruce, "How much position information do convolutional neural
#   networks encode?", ICLR, 2020: positions read out of trained networks, with zeros at the border
#   and without.
# - O. S. Kayhan and J. C. van Gemert, "On translation invariance in CNNs: convolutional layers can
#   exploit absolute spatial location", CVPR, 2020: what "valid", "same" and "full" can tell apart.
# - B. Alsallakh, N. Kokhlikyan, V. Miglani, J. Yuan and O. Reblitz-Richardson, "Mind the pad: CNNs
#   can develop blind spots", ICLR, 2021: uneven borders, and a detector that misses things.
# - G. Liu and others, "Partial convolution based padding", arXiv:1811.11718, 2018: the remedy, with
#   its results for classification and segmentation.
