# ---
# jupyter:
#   stridelab:
#     title: Pooling and transposed convolution
#     minutes: 35
#     summary: Two ways to change a picture's size, and why the way back ends somewhere else.
#     needs:
#       - '[03 · Strides](03_strides.ipynb). In two lines: windows start s cells apart; "same" gives
#         ⌈n/s⌉ outputs, pads as few cells as that takes, and puts the odd one after.'
#     does:
#       - Pool a photograph, and find out who counts the padding.
#       - Let each cell of a small picture add a window to a larger one, by hand.
#       - Track down a checkered pattern that nobody painted, and get rid of it.
#     outcomes:
#       - Say what pooling does at the border and at the end, in Keras, PyTorch and Caffe.
#       - Give the size of a transposed convolution, in Keras and in PyTorch.
#       - Explain why it undoes neither size nor values, and choose a kernel without pattern.
# ---

# %%
import numpy as np

import stridelab as sl
from stridelab.figures import bars, grids, pictures, windows
from stridelab.geometry import conv_axis, pool_axis, transposed_axis
from stridelab.photos import photograph
from stridelab.practice import predict

# %%
my_photo = None  # or a file of yours, for example "holiday.jpg"

whole = photograph(my_photo, grey=True)
photo = sl.avg_pool2d(whole, 4)[:95, :127] ** 0.5  # 95 × 127 cells, brightened

# %% [markdown] tags=["instructor"]
# **Minutes:** question 4, pooling 9, adding windows 8, the way back 7, the pattern 7.

# %% [markdown] tags=["question"]
# ## The question
#
# Many networks make a picture smaller and later larger again. Here a photograph of 95 × 127 cells
# is halved by taking means of 2 × 2 cells, and doubled by a layer that Keras calls
# `Conv2DTranspose`, with a kernel of 3 × 3 in steps of two. All nine weights are equal.

# %%
halved = sl.avg_pool2d(photo, 2, padding="same")
equal = np.full((3, 3, 1, 1), 1 / 4, dtype="float32")
doubled = sl.conv2d_transpose(halved, equal, strides=2, padding="same")

# %% [markdown] tags=["slide"]
# ## Down and up again
#
# Means of 2 × 2 cells, then a transposed convolution with nine equal weights.

# %% [markdown] tags=["instructor"]
# Show the figure large: a projector that scales it may blur the pattern or add one of its own. Ask
# for both oddities: the grid, and one row and one column too many.

# %% tags=["on-slide"]
pictures(
    {"the photograph": photo, "halved, then doubled": doubled},
    "A portrait, and the same halved and doubled: darker, and covered by a fine grid.",
)

# %%
# Check: one row and one column too many, and little more than half of the brightness.
assert photo.shape == (95, 127, 1)
assert halved.shape == (48, 64, 1)
assert doubled.shape == (96, 128, 1)
assert 0.5 * photo.mean() <= doubled.mean() <= 0.6 * photo.mean()

# %% [markdown] tags=["question"]
# There was no grid in the photograph, nor in the weights. And the picture has one row and one
# column more than before. **Where does the pattern come from, and why does the way back not lead
# back?**

# %% [markdown]
# ## Pooling is a window, too
#
# **[Pooling](glossary.md#pooling)** slides a window over the input, as a convolution does, and has
# no weights: it takes the largest of the window's cells (max pooling), or their mean (average
# pooling). Each channel is pooled by itself. Where no stride is given, the stride is the window's
# size, so that the windows lie side by side. Sizes follow the formula that you know.

# %% [markdown] tags=["slide"]
# ## Pooling: a window without weights
#
# The largest cell, or the mean. The stride is the window's size, if you say nothing.

# %% [markdown] tags=["instructor"]
# Say what is missing: weights, and any mixing of channels. A window of 2 finds three places in
# seven cells, and the last cell is in none.

# %% tags=["on-slide"]
pictures(
    {
        "max of 8 × 8": sl.max_pool2d(whole, 8) ** 0.5,
        "mean of 8 × 8": sl.avg_pool2d(whole, 8) ** 0.5,
    },
    "The portrait pooled: the maximum is brighter and blotchy, the mean looks like a small photo.",
)

# %%
seven = pool_axis(7, pool=2)
windows(seven)

# %%
# Check: the stride is the window; the last cell of seven is in no window; max is never below mean.
assert (seven.stride, seven.output_size, seven.unread) == (2, 3, (6,))
assert seven.output_size == conv_axis(7, kernel=2, stride=2).output_size
assert (sl.max_pool2d(whole, 8) >= sl.avg_pool2d(whole, 8) - 1e-6).all()

# %%
sl.practice.show("pool-01")

# %% [markdown]
# ## Who counts the padding?
#
# In [02](02_padding.ipynb) you sent a white picture, all ones, through a convolution that takes the
# mean of 3 × 3 cells, with `padding="same"`. In the corner 0.44 came out: four ones and five
# padded zeros, divided by nine.
#
# Predict: the same white picture, through Keras' `AveragePooling2D(3, strides=1, padding="same")`.
# What is in the corner?

# %% tags=["prediction"]
my_corner = None  # two decimals are enough

# %%
white = np.ones((5, 5, 1), dtype="float32")
ninth = np.full((3, 3, 1, 1), 1 / 9, dtype="float32")
pooled = sl.avg_pool2d(white, 3, strides=1, padding="same")
predict("06-corner", my_corner)

# %% [markdown] tags=["slide"]
# ## A white picture, means of 3 × 3, padded: what is in the corner?
#
# Keras divides by the real cells: 1. PyTorch divides by all nine: 0.44.

# %% tags=["on-slide"]
grids(
    {
        "Keras": ("output", pooled[:, :, 0]),
        "PyTorch": ("disagree", sl.conv2d(white, ninth, padding=1)[:, :, 0]),
    }
)

# %% [markdown]
# Keras divides by the *real* cells of the window: four in the corner. Padded cells are no cells.
# PyTorch's `AvgPool2d(3, 1, padding=1)` counts them and divides by nine everywhere: 0.44, like the
# convolution. With `count_include_pad=False` it gives Keras' values, wherever the windows agree.
#
# And max pooling? A padded zero would be larger than a negative cell. Predict: the row −3, −1, −4,
# −2 through `MaxPooling1D(3, strides=2, padding="same")`. It has two outputs. What is the last one?

# %% tags=["prediction"]
my_max = None  # a number

# %%
row = np.array([-3, -1, -4, -2], dtype="float32").reshape(1, 4, 1)
largest = sl.max_pool2d(row, (1, 3), strides=(1, 2), padding="same")
predict("06-max", my_max)

# %% [markdown]
# Padding is left out here as well, as if it were −∞. So "same" is *not* the same as putting zeros
# around and pooling without padding (`ZeroPadding2D`, then `MaxPooling2D`), as soon as all real
# cells of a window can be negative. Behind a ReLU nothing is negative, and nobody notices.

# %%
# Check: real cells in Keras, all cells in PyTorch; padded zeros would win over negative cells.
assert np.allclose(pooled, 1)
real = sl.conv2d(white, np.ones_like(ninth), padding="same")
assert (real[0, 0, 0], real[0, 2, 0], real[2, 2, 0]) == (4, 6, 9)
by_hand = sl.conv2d(photo, 9 * ninth, padding="same") / sl.conv2d(
    np.ones_like(photo), 9 * ninth, padding="same"
)
assert np.allclose(sl.avg_pool2d(photo, 3, strides=1, padding="same"), by_hand, atol=1e-5)
assert largest.ravel().tolist() == [-1, -2]
zeros_around = np.pad(row, ((0, 0), (0, 1), (0, 0)))
assert sl.max_pool2d(zeros_around, (1, 3), strides=(1, 2)).ravel().tolist() == [-1, 0]

# %% [markdown]
# In the next problem the row has an even number of cells: where is the padded one?

# %%
sl.practice.show("pool-06")

# %% [markdown] tags=["instructor"]
# The question that comes: "which of the two means is right?" Neither; but a network trained with
# one and run with the other is off at every border. Keras' own PyTorch backend gets *uneven* pads
# wrong (up to Keras 3.15): a good story if someone doubts that this matters.

# %% [markdown]
# ## Rounding up
#
# A convolution drops what does not fill a last window. Some poolings keep it: PyTorch's `ceil_mode`
# rounds the size up, Caffe's pooling always did. They do not agree either. A window of 2 in steps
# of 3, nothing padded:

# %%
torch, caffe = sl.convention("torch"), sl.convention("caffe")
print(" n   PyTorch   with ceil_mode   Caffe")
for n in range(5, 10):
    floor, ceil = (torch.pool(n, 2, 3, ceil_mode=mode).output_size for mode in (False, True))
    print(f"{n:2} {floor:9} {ceil:16} {caffe.pool(n, 2, 3).output_size:7}")

# %% [markdown]
# With six cells the third window would start at cell 6, where there is none. PyTorch drops such a
# window, Caffe keeps it. Rounding is no small thing: GoogLeNet pools 112 cells with a window of 3
# in steps of 2, and gets 56 where rounding down gives 55. Every layer behind expects 56.

# %%
# Check: at six cells only Caffe has a third window; 112 cells become 55 or 56.
sizes = [torch.pool(6, 2, 3, ceil_mode=mode).output_size for mode in (False, True)]
assert [*sizes, caffe.pool(6, 2, 3).output_size] == [2, 2, 3]
assert caffe.pool(6, 2, 3).taps(2)[0] == 6
assert torch.pool(112, 3, 2).output_size == 55
assert torch.pool(112, 3, 2, ceil_mode=True).output_size == 56

# %% [markdown]
# ## Larger: each cell adds a window
#
# Now upwards. A **[transposed convolution](glossary.md#transposed-convolution)** turns the sliding
# window round. A convolution *reads* a window for each output. The transposed one *writes* a window
# for each input: it takes the kernel, multiplied by the input cell, and adds it to the output. The
# next cell does the same, s cells further on.


# %%
def what_each_adds(row, kernel, stride):
    """Input cells × outputs: what each cell of a row adds to each output."""
    added = np.zeros((len(row), (len(row) - 1) * stride + len(kernel)))
    for i, value in enumerate(row):
        added[i, i * stride : i * stride + len(kernel)] = value * np.array(kernel)
    return added


# %% [markdown] tags=["slide"]
# ## Transposed: each cell adds a window
#
# Input 1, 10, 100; kernel 1, 2, 3; stride 2. Where windows overlap, they are added.

# %% [markdown] tags=["instructor"]
# Have one row of the left grid read aloud: one input cell times the kernel. At 13 two windows meet,
# 1·3 and 10·1. Then problem tr-03, on paper.

# %% tags=["on-slide"]
parts = what_each_adds([1, 10, 100], [1, 2, 3], stride=2)
grids({"what each cell adds": ("window", parts), "their sum": ("output", parts.sum(0)[None])})

# %% [markdown]
# One row of the left grid is one input cell: 1, 10 or 100 times the kernel 1, 2, 3. Their sum is
# the layer's output. Look at 13: there two windows meet.
#
# In two dimensions each cell adds a square. Move over the *input* here, and see where its window
# goes.

# %%
e = sl.explore.transpose(size=3, kernel_size=3, strides=2)
e

# %%
# Check: the layer adds what the loop adds; the explorer's size, with steps of 2 and of 3.
row = np.array([1.0, 10, 100]).reshape(1, 3, 1)
taps = np.array([1.0, 2, 3]).reshape(1, 3, 1, 1)
out = sl.conv2d_transpose(row, taps, strides=(1, 2))
assert out.ravel().tolist() == parts.sum(0).tolist() == [1, 2, 13, 20, 130, 200, 300]
e.reset()  # whatever you did to it
assert e.scene["output"].values.shape == (7, 7)
e.strides = 3
assert e.scene["output"].values.shape == (9, 9)
assert (e.scene["overlap"].values == 1).all()  # windows of 3 in steps of 3 lie side by side
e.reset()

# %% [markdown]
# Now do one with paper and pencil:

# %%
sl.practice.show("tr-03")

# %% [markdown]
# ## How large is the output?
#
# The last of n cells starts its window at (n − 1)·s, and the window spans e cells. So together they
# reach (n − 1)·s + e cells.
#
# Predict: four cells, a kernel of 2, stride 3, in PyTorch with `padding=0`. How many outputs?

# %% tags=["prediction"]
my_size = None  # a whole number

# %%
in_torch = torch.transposed(4, kernel=2, stride=3)
in_keras = transposed_axis(4, kernel=2, stride=3)
predict("06-size", my_size)

# %% [markdown]
# 3·3 + 2. And Keras, with `padding="valid"`, gives 12! Its rule has another last term:
#
# | | output size |
# |---|---|
# | PyTorch, p cells cut off on each side | (n − 1)·s + e − 2p |
# | Keras, "valid" | (n − 1)·s + max(e, s) |
# | Keras, "same" | n·s |
#
# If the kernel is narrower than the stride, Keras gives the last cell its whole step of s cells,
# and fills it with zeros (and the [bias](glossary.md#bias)). "Same" promises that n becomes n·s. If
# e > s, the windows reach further: the rest is *cut off*, half of it before, and the odd cell
# after. Padding in a transposed layer takes cells away.

# %%
in_keras.derive()

# %%
# Check: the table against the layers, for many cases.
assert (in_torch.output_size, in_keras.output_size) == (11, 12)
assert in_keras.coverage()[-1] == 0
for n, k, s in [(n, k, s) for n in (1, 4, 5) for k in (1, 2, 3, 5) for s in (1, 2, 3)]:
    picture, weights = np.ones((n, n, 1)), np.ones((k, k, 1, 1))
    for padding, size in (("valid", (n - 1) * s + max(k, s)), ("same", n * s)):
        out = sl.conv2d_transpose(picture, weights, strides=s, padding=padding)
        assert out.shape == (size, size, 1)
    assert torch.transposed(n, k, s).output_size == (n - 1) * s + k
assert torch.transposed(4, 3, 2, padding=1).output_size == 9 - 2 * 1

# %%
sl.practice.show("tr-06")

# %% [markdown]
# ## The way back does not lead back
#
# Seven cells go through a convolution of 3 with stride 2 and "same": four come out. These go
# through the transposed one, with the same arguments. Predict: how many are there then?

# %% tags=["prediction"]
my_back = None  # a whole number

# %%
down = conv_axis(7, kernel=3, stride=2, padding="same")
up = transposed_axis(down.output_size, kernel=3, stride=2, padding="same")
predict("06-back", my_back)

# %% [markdown]
# Seven cells and eight cells both become four, and four cells cannot know which they were. Keras
# takes the multiple of the stride, and so the photograph of 95 rows came back with 96.
#
# The argument `output_padding` chooses. Whatever its name says, it does not append zeros: it sets
# the size, and so how much is cut off. (Where nothing is cut off, the extra cells lie beyond all
# windows. There alone they are zeros, plus the bias.) Keras' rule with it, under "same", is
# (n − 1)·s + e mod 2 + `output_padding`; here 0 gives 7.

# %%
for extra in (0, 1):
    keras = transposed_axis(4, kernel=3, stride=2, padding="same", output_padding=extra)
    there = torch.transposed(4, kernel=3, stride=2, padding=1, output_padding=extra)
    print(f"output_padding={extra}")
    for name, axis in (("Keras, 'same'", keras), ("PyTorch, padding=1", there)):
        after = axis.full_size - axis.output_size - axis.crop_before
        print(f"  {name:18} {axis.output_size}, cut off {axis.crop_before} before, {after} after")

# %% [markdown]
# At 0 the two agree. At 1 the sizes agree and the cells do not: PyTorch gives back a cell at the
# *end*, Keras one at the *start*, because its odd cell is cut off after. What stands at cell i in
# PyTorch stands at i + 1 in Keras. It is the trap of [03](03_strides.ipynb) once more.

# %%
# Check: 7, 4, 8; or 7 with output_padding; with 1, what was cut off comes back, computed.
assert (down.output_size, up.output_size) == (4, 8)
extent = sl.conv2d_transpose(halved, equal, strides=2)  # all that the windows reach
seven_like = sl.conv2d_transpose(halved, equal, strides=2, padding="same", output_padding=0)
eight_like = sl.conv2d_transpose(halved, equal, strides=2, padding="same", output_padding=1)
assert seven_like.shape == photo.shape
assert np.allclose(seven_like, extent[1:-1, 1:-1])
assert np.allclose(eight_like, doubled)
assert np.allclose(eight_like, extent[:-1, :-1])
assert torch.transposed(4, 3, 2, padding=1, output_padding=1).crop_before == 1
assert torch.transposed(4, 3, 2, output_padding=1).coverage()[-1] == 0  # beyond all windows

# %% [markdown] tags=["slide"]
# ## Seven cells become four. How many come back?
#
# 7 → 4 → 8. Seven cells and eight cells both become four. Four cells cannot know which they were.

# %% [markdown]
# Do at least the values come back? No. Write the convolution of seven cells as a table: a row for
# each output, a column for each input cell, and in it the weight. The other layer's table is this
# one with rows and columns exchanged, *transposed*: hence the name. It hands each output's value
# back to the cells that it was made of. That is what training needs: it is the **gradient** of the
# convolution with respect to its input. It is not its inverse.

# %%
seven_rows = np.eye(7).reshape(7, 1, 7, 1)  # each of seven cells, with a single 1
three_rows = np.eye(3).reshape(3, 1, 3, 1)
forth = sl.conv2d(seven_rows, taps, strides=(1, 2))[:, 0, :, 0].T
back = sl.conv2d_transpose(three_rows, taps, strides=(1, 2))[:, 0, :, 0].T
grids({"convolution, forth": ("kernel", forth), "back": ("kernel", back)})

# %%
# Check: transposed it is; it undoes nothing; it is the gradient, on the photograph too.
assert (back == forth.T).all()
assert not np.allclose(back @ forth, np.eye(7))
kernel = np.random.default_rng(0).standard_normal((3, 3, 1, 4))
grad = np.random.default_rng(1).standard_normal((47, 63, 4))  # one number for each output
exact = photo.astype("float64")
gradient = sl.conv2d_input_grad(grad, kernel, exact.shape, strides=2)
assert np.allclose(sl.conv2d_transpose(grad, kernel, strides=2), gradient)
one_way = (sl.conv2d(exact, kernel, strides=2) * grad).sum()
assert np.isclose(one_way, (exact * gradient).sum())  # the same table, read in both directions

# %% [markdown] tags=["instructor"]
# Some know the word "deconvolution" for this layer: say that it undoes nothing. If they ask for the
# kernel's layout: the same array serves both ways, which is why Keras writes (rows, columns,
# outputs, inputs) for the transposed layer. What goes wrong: `output_padding` read as zeros.

# %% [markdown]
# Three such layers down and three up: work out the size after each, rounding up on the way down.

# %%
sl.practice.show("tr-12")

# %% [markdown]
# ## Where the pattern comes from
#
# Take a flat picture: all cells are 1, all weights are 1. Then each output is the *number* of
# windows that meet there.
#
# Predict: a kernel of 5 × 5 in steps of 2. At most how many windows meet in one output?

# %% tags=["prediction"]
my_most = None  # a whole number

# %%
meet = transposed_axis(9, kernel=5, stride=2).coverage()
predict("06-most", my_most)

# %% [markdown]
# Now the kernel of the question, 3 × 3. The panel "Windows that meet here" counts them.

# %%
checker = sl.explore.transpose(size=4, kernel_size=3, strides=2, content="flat")
checker

# %% [markdown] tags=["slide"]
# ## Steps of 2: how many windows meet in one cell?
#
# On one axis, a kernel of 3 gives 1, 2, 1, 2. A kernel of 4 gives 2 everywhere inside.

# %% [markdown] tags=["instructor"]
# The prediction has a kernel of 5: three on one axis, so nine in a picture. Those who say 3 count
# one axis. Ask for the rule: equal inside only if the stride divides the kernel.

# %% tags=["on-slide"]
bars(
    {f"kernel {k}": transposed_axis(6, kernel=k, stride=2).coverage() for k in (3, 4)},
    x="output cell",
    y="windows",
)

# %% [markdown]
# Along one axis 1, 2, 1, 2 …, in two dimensions 1, 2 and 4. Some outputs get four times as much as
# others: that is the grid on the photograph, a **[checkerboard](glossary.md#checkerboard)**. With a
# kernel of 5 it is 3, 2, 3, 2 … The counts are equal only if the stride *divides* the kernel's
# size: each output then gets k/s windows per axis. And only inside: where windows overlap, some are
# missing at the borders all the same.

# %%
# Check: equal inside if and only if s divides k; then fewer at the border, if windows overlap.
for k, s in [(k, s) for k in range(1, 9) for s in range(1, 6)]:
    counts = transposed_axis(20, kernel=k, stride=s).coverage()
    inside = set(counts[8:-8])
    assert (len(inside) == 1) == (k % s == 0)
    assert k % s or (inside == {k // s} and (k == s or counts[0] < k // s))
assert meet[4:8] == (3, 2, 3, 2)
checker.reset()  # whatever you did to it
assert set(checker.scene["overlap"].values.ravel()) == {1, 2, 4}
checker.kernel_size = 4
assert set(checker.scene["overlap"].values[2:-2, 2:-2].ravel()) == {4}
checker.reset()

# %% [markdown]
# Three ways out. Take a kernel that is a multiple of the stride. Or weights that make up for it: 1,
# 2, 1 in steps of 2 gives 2 and 1 + 1, flat. Training may find them, if it has a reason. Or do not
# transpose at all: repeat each cell, then convolve with stride 1.


# %%
def enlarge(picture, weights):
    kernel = np.outer(weights, weights).reshape(len(weights), -1, 1, 1).astype("float32")
    return sl.conv2d_transpose(picture, 4 * kernel / kernel.sum(), strides=2, padding="same")


repeated = halved.repeat(2, axis=0).repeat(2, axis=1)
ways = {
    "kernel 3, equal weights": enlarge(halved, [1, 1, 1]),
    "kernel 4, equal weights": enlarge(halved, [1, 1, 1, 1]),
    "kernel 3, weights 1 2 1": enlarge(halved, [1, 2, 1]),
    "repeated, then 3 × 3": sl.conv2d(repeated, ninth, padding="same", padding_mode="replicate"),
}

# %% [markdown] tags=["slide"]
# ## The pattern, and three ways out
#
# A kernel that is a multiple of the stride; weights that even it out; or repeat and convolve.

# %% [markdown] tags=["instructor"]
# Look at the frames: dark on all four sides with kernel 4, above and on the left with 1 2 1. Only
# the last has neither grid nor frame, because it pads with the edge cells.

# %% tags=["on-slide"]
pictures(
    {title: picture.clip(0, 1) for title, picture in ways.items()},
    "The portrait doubled in four ways: with a grid of dots, and three times without.",
    columns=2,
)

# %% [markdown]
# Look at the frames: the second has a dark edge on all four sides, the third above and on the left.
# There windows are missing. Only the last has neither grid nor frame, for it pads with the edge
# cells.

# %%
# Check: on a flat picture, inside and at the border.
flat = np.ones((6, 6, 1), dtype="float32")
three, four, tent = (enlarge(flat, w)[..., 0] for w in ([1] * 3, [1] * 4, [1, 2, 1]))
assert len(np.unique(three[2:-2, 2:-2].round(4))) == 3  # one, two or four windows
assert np.allclose(four[1:-1, 1:-1], 1)
assert np.allclose(tent[1:, 1:], 1)
assert np.allclose([*four[0, 1:-1], *four[1:-1, -1]], 0.5)  # dark on all four sides
assert np.allclose([*tent[0, 1:], *tent[1:, 0]], 0.5)  # above and on the left
again = flat.repeat(2, axis=0).repeat(2, axis=1)
assert np.allclose(sl.conv2d(again, ninth, padding="same", padding_mode="replicate"), 1)

# %% [markdown]
# ## Practise
#
# Padding under a negative row, first; then the three roundings.

# %%
sl.practice.show("pool-10")

# %%
sl.practice.show("pool-15")

# %% [markdown]
# Which layer leaves no pattern? Ask for each axis whether s divides k. And to finish, the gradient
# in code: each output goes back to the cells that it read.

# %%
sl.practice.show("tr-13")

# %%
sl.practice.show("tr-19")

# %% [markdown] tags=["slide"]
# ## The answer
#
# Windows of 3 in steps of 2 meet unevenly: the grid. Two sizes become one on the way down: the way
# back has to guess.

# %% [markdown] tags=["instructor"]
# Two people, a sentence each: where the grid comes from, and why 95 rows came back as 96. Next: how
# much of a picture one output sees.

# %% [markdown] tags=["recap"]
# ## Recap
#
# - Pooling is a window without weights, stride k by default. Max pooling leaves padding out; Keras'
#   mean divides by the real cells, PyTorch's by all: 1 against 0.44 in a white corner.
# - Rounding up differs: six cells, a window of 2, steps of 3 give 2 in PyTorch and 3 in Caffe.
# - A transposed convolution adds, for each input cell, the kernel times that cell. Its size:
#   (n − 1)·s + e in PyTorch at `padding=0`, with max(e, s) in Keras' "valid"; n·s under "same".
# - 7 → 4 → 8: it brings back neither the size nor the values. It is the convolution's gradient.
#   `output_padding` picks the size; zeros it adds only beyond the last window.
# - The grid on the photograph: windows of 3 in steps of 2 meet 1, 2 or 4 at a time. Equal weights
#   make none inside if s divides k; where windows overlap, the border is uneven all the same.
#
# **Next:** [07 · Receptive fields](07_receptive_fields.ipynb): how much of the picture one output
# of a whole network sees.

# %% [markdown] tags=["further"]
# ## Going further
#
# - A. Odena, V. Dumoulin & C. Olah, "Deconvolution and checkerboard artifacts" (Distill, 2016):
#   the pattern in pictures that networks made, and the way out by resizing first.
# - V. Dumoulin & F. Visin, "A guide to convolution arithmetic for deep learning"
#   (arXiv:1603.07285, 2016), chapter 4: transposed convolution, size by size, with drawings.
# - J. Springenberg et al., "Striving for simplicity: the all convolutional net" (ICLR workshop,
#   2015): pooling replaced by strided convolution.
# - O. Ronneberger, P. Fischer & T. Brox, "U-Net" (MICCAI 2015): a network that goes down and up
#   again, and how its sizes must fit.
# - W. Shi et al., "Is the deconvolution layer the same as a convolutional layer?"
#   (arXiv:1609.07009, 2016): a transposed convolution as a convolution and a rearrangement.
