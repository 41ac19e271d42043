# ---
# jupyter:
#   stridelab:
#     title: What strides do
#     minutes: 35
#     summary: How a stride makes stripes of other stripes, and what a move by one cell changes.
#     needs:
#       - '[03 · Strides](03_strides.ipynb). In two lines: with stride s the window stops at every
#         s-th place only. Stride s keeps every s-th output of stride 1 and drops the others.'
#     does:
#       - Predict which stripes come out of a stride, and which way they run.
#       - Find the moves that a network with strides can follow, and those that it cannot.
#       - Blur before each stride, and measure what that changes and what it costs.
#     outcomes:
#       - Say which detail survives a stride, and what becomes of the rest.
#       - Say for which moves a stack of layers is shift-equivariant, pooling included.
#       - Decide whether a blur before a stride is worth its price.
# ---

# %%
from fractions import Fraction
from itertools import product

import numpy as np

import stridelab as sl
from stridelab.figures import bars, curves, pictures
from stridelab.photos import photograph
from stridelab.practice import predict

# %%
my_photo = None  # or a file of yours, for example "holiday.jpg"

photo = photograph(my_photo, grey=True)
pick = np.ones((1, 1, 1, 1), dtype="float32")  # a kernel of one tap: it reads a cell, no more


def ribbons(move=0):
    """The ribbons on the jacket, photographed with everything moved right by some cells."""
    return photo[-120:-66, 318 - move : 468 - move]


# %% [markdown] tags=["question"]
# ## The question
#
# Here are the ribbons of the photograph, and what a layer with one tap and stride 4 makes of them:
# one cell in four on each axis. Then the same layer once more, after everything in front of the
# camera has moved to the right by one cell, and by two.

# %% [markdown] tags=["slide"]
# ## Everything moves by one cell. What happens to the ribbons?
#
# Stride 4 reads one cell in four. Which of the three small pictures is the true one?

# %% tags=["on-slide"]
moved = {m: sl.conv2d(ribbons(m), pick, strides=4) for m in (0, 1, 2)}
pictures(
    {
        "the photograph": ribbons(),
        "stride 4": moved[0],
        "stride 4, moved by 1": moved[1],
        "stride 4, moved by 2": moved[2],
    },
    "A jacket's ribbons, striped; below and beside, three times one cell in four of them: the "
    "stripes come and go with each move.",
    columns=2,
)

# %%
change = np.abs(moved[1] - moved[0])
print(f"Moved by one cell: {(change > 0.1).mean():.0%} of the values change by a tenth or more.")

# Check: on the sample photograph it is more than one value in ten.
assert moved[0].shape == moved[1].shape
assert (change > 0.1).mean() > (0.1 if my_photo is None else -1)

# %% [markdown] tags=["question"]
# Stripes come, go and change their width, and nobody touched the ribbons. **Where do patterns come
# from that the photograph does not have, and why does a move by one cell change them?**

# %% [markdown] tags=["instructor"]
# **4 minutes.** Ask first, then show the four pictures: which of the three small ones is the true
# one? None is. Common answer: "a quarter of the cells is missing, so it is a bit coarser". Coarser
# would be the same three times. Leave it open; the stripes below settle it. If somebody uses a
# photograph of their own here, the part shown may have no fine detail: then go on to the stripes at
# once.

# %% [markdown]
# ## Stripes that turn into other stripes
#
# Take the plainest detail there is: stripes from black to white and back, as a smooth wave. Their
# **[period](glossary.md#period)** p is the number of cells from one stripe to the next.


# %%
def wave(p, cells, move=0):
    """Stripes of period p, moved right by some cells: 1 is white, 0 is black."""
    return 0.5 + 0.5 * np.cos(2 * np.pi * (np.asarray(cells) - move) / p)


cells = np.arange(61)
fine = wave(5, cells)
picked = fine[::4]  # what a layer with one tap and stride 4 puts out

# Check: slicing is what the layer does.
as_image = fine.astype("float32").reshape(1, 61, 1)
assert np.allclose(picked, sl.conv2d(as_image, pick, strides=(1, 4)).ravel(), atol=1e-6)

# %% [markdown]
# Predict: stripes of period 5, stride 4. The outputs show stripes as well. How many cells of the
# input does one of *their* periods span?

# %% tags=["prediction"]
my_period = None  # a number of cells

# %%
predict("09-period", my_period)

# %% [markdown] tags=["slide"]
# ## Predict: stripes of period 5, stride 4. What period comes out?
#
# Stride 4 picks the orange points: a slow wave, period 20. The sampling theorem in one picture.

# %% [markdown] tags=["instructor"]
# Expect 5, 4 or 5/4. Every orange point is a point of the blue wave: the layer made no mistake.
# Count with the room: five outputs, 4 cells apart, until a period is over.

# %% tags=["on-slide"]
curves(
    {"the stripes, period 5": (cells, fine), "picked with stride 4": (cells[::4], picked)},
    "A fast wave of period 5. Every fourth of its points is picked, and these lie on a slow wave "
    "of period 20.",
    title="Every fourth cell of fine stripes",
    x="cell",
    y="brightness (0 black, 1 white)",
)

# %% [markdown]
# Every orange point is a point of the blue wave: the layer made no mistake. Yet together they draw
# a wave that is four times as slow. Why?
#
# From one output to the next the stripes go on by 4/5 of a period. Now look at two outputs alone.
# Nobody can tell 4/5 of a period forward from 1/5 *backward*: whole periods leave no trace. The
# outputs look like the slower of the two, 1/5 of a period an output. After five outputs a whole
# period is over, and five steps of 4 cells are 20 cells.
#
# So in general: from one output to the next it is s/p periods. Take the nearest whole number away,
# and call what is left q, between −1/2 and 1/2. You see stripes with |q| periods an output, so a
# period of s/|q| cells. Where q is 0, all outputs are the same: an even grey.


# %%
def left_over(p, s):
    """q: the periods from output to output, less the whole ones."""
    return Fraction(s, p) - round(Fraction(s, p))


def comes_out(p, s):
    """The period, in cells, of what stride s makes of stripes of period p; None: an even grey."""
    return s / abs(left_over(p, s)) if left_over(p, s) else None


for p in (12, 9, 8, 6, 5, 4, 3, 2):
    print(f"period {p:2} -> {comes_out(p, 4) or 'even grey'}")

# %%
# Check: the rule against the strongest wave in what is picked, for 77 pairs.
for p, s in product(range(2, 13), range(1, 8)):
    whole = np.arange(4 * p * s)  # whole periods of everything
    outputs = wave(p, whole)[::s]
    strength = np.abs(np.fft.rfft(outputs - outputs.mean()))  # of 1, 2, 3, … waves in the row
    if comes_out(p, s) is None:
        assert np.ptp(outputs) < 1e-9
    else:
        assert Fraction(whole.size, int(strength.argmax())) == comes_out(p, s)

# %% [markdown]
# Read the list from the top. Periods 12 and 9 come through as they are. Below 8, twice the
# stride, it goes wrong: 6 comes out as 12, 5 as 20, 4 as one even grey (here it is white, as each
# pick falls on a white stripe). This border has a name, the
# **[sampling theorem](glossary.md#sampling-theorem)**: a stride s carries what repeats in more
# than 2s cells, and nothing finer. Finer stripes leave something behind all the same. They *fold
# back* into coarser ones or an even grey, and that is **[aliasing](glossary.md#aliasing)**.
#
# Three periods of the list end at 12. In pictures, above what goes in and below what comes out:

# %% [markdown] tags=["slide"]
# ## Three inputs, one output
#
# Stride 4 makes the same of stripes of period 12, 6 and 3. No later layer can tell them apart.

# %% tags=["on-slide"]
row = np.arange(48)
stripes = {p: np.tile(wave(p, row), (32, 1)) for p in (12, 6, 3)}
folded = {p: each[::4, ::4] for p, each in stripes.items()}
pictures(
    {f"period {p}": each for p, each in stripes.items()}
    | {f"period {p}, stride 4": each for p, each in folded.items()},
    "Above stripes of period 12, 6 and 3 cells. Below what stride 4 makes of them: three times "
    "the same coarse stripes.",
    columns=3,
)

# %%
# Check: all three are the same stripes afterwards, and no later layer can tell them apart.
assert np.allclose(folded[6], folded[12])
assert np.allclose(folded[3], folded[12])
assert [comes_out(p, 4) for p in (12, 6, 3)] == [12, 12, 12]
assert comes_out(5, 4) == 20
assert comes_out(4, 4) is None
assert np.allclose(wave(4, cells)[::4], 1)  # white
for p, s in product(range(2, 40), range(1, 9)):  # the sampling theorem
    assert (comes_out(p, s) == p) == (p >= 2 * s)

# %% [markdown]
# At exactly 2s the list says 8, and yet it is not safe: move those stripes by two cells and every
# output is the same grey. That is why it takes *more* than 2s cells.

# %%
# Check: period 8 under stride 4, before and after a move by two cells.
assert np.allclose(wave(8, cells)[::4], [1, 0] * 8)
assert np.allclose(wave(8, cells, move=2)[::4], 0.5)

# %% [markdown]
# The same in your hands. The first problem is about the finest stripes, the second about a fence.

# %%
sl.practice.show("al-01")

# %%
sl.practice.show("al-04")

# %% [markdown] tags=["instructor"]
# **10 minutes** for the stripes up to here. Draw two outputs and a circle on the board: 4/5 of a
# turn forward and 1/5 backward end at the same point. The wagon wheel of old films is the same:
# frames are a stride in time. Question that comes: "is it 2s or s?" One sample a period sees always
# the same grey; a stripe needs a light sample and a dark one. What goes wrong: p/s (5/4) for the
# period, which is counted in outputs and is no whole pattern.

# %% [markdown]
# ## They run the wrong way
#
# Now move the stripes of period 5 to the right, by one cell.
#
# Predict: by how many cells do the stripes at the *output* of stride 4 move, the shorter way? Give
# a positive number for right, a negative one for left. Cells of the input are meant; neighbouring
# outputs are 4 cells apart.

# %% tags=["prediction"]
my_run = None  # cells, for example 3 or -3

# %%
predict("09-run", my_run)

# %%
after = wave(5, cells, move=1)[::4]
curves(
    {"before": (cells[::4], picked), "moved right by 1": (cells[::4], after)},
    "What stride 4 picks of stripes of period 5, before and after they move right by one cell: the "
    "slow wave moves left by four cells.",
    title="The picked stripes, before and after the move",
    x="cell of the input",
    y="brightness (0 black, 1 white)",
)

# %% [markdown]
# They run to the left, and four times as far. A wheel in a film that seems to turn backward does
# the same: frames are a stride in time. The 4/5 forward look like 1/5 backward, so q is −1/5, and
# with its sign the direction turns round. The false stripes are four times as coarse, so what
# moves them moves them four times as far.

# %%
# Check: the picked stripes moved by one output to the left; q says so, with its sign.
assert np.allclose(after[:-1], picked[1:])
assert left_over(5, 4) == Fraction(-1, 5)
assert Fraction(4, 5) / left_over(5, 4) == -4  # cells for each cell that the input moves

# %% [markdown]
# In two dimensions: rings around one centre, finer and finer outward. Look at the second picture:
# stride 4 shows rings around *many* centres, every 64 cells across and down. At the first one right
# of the middle the rings of the input repeat every 4 cells, the stride itself, and come out as even
# ground; around it they are a little finer or coarser, and come out as very coarse.
#
# Set *Blur before* to a triangle; set *Move right by* to 4; take the stripes, then the photo.

# %%
e = sl.explore.alias(image="zone_plate", strides=4, shift=1)
e

# %%
# Check: a move by the stride changes no value, a move by one cell does; a blur makes it less.
e.reset()  # whatever you did to it
rings = e.scene["output"].values
assert np.allclose(rings[:, 16:], rings[:, :-16], atol=1e-4)  # 16 outputs are 64 cells
assert np.allclose(rings[16:], rings[:-16], atol=1e-4)
by_one = e.scene["difference"].values.mean()
e.blur = "triangle"
assert e.scene["difference"].values.mean() < by_one / 4
e.blur = "none"
e.shift = 4
assert e.scene["difference"].values.max() == 0
e.reset()

# %% [markdown]
# ## When the picture moves
#
# A camera is never held still, and nobody wants a network whose answer depends on it. It is often
# said that convolutions are safe: move the input, and the output moves along, otherwise
# unchanged. That is called **[shift-equivariant](glossary.md#shift-equivariant)**. Is it true?
#
# Here are two pieces of the photograph, the second with everything moved right by one cell.

# %%
kernel = np.random.default_rng(0).standard_normal((3, 3, 1, 1)).astype("float32")


def piece(move=0):
    """A part of the photograph with everything moved right by some cells."""
    return photo[:200, 40 - move : 240 - move]


def follows(layer, move, by):
    """Whether the outputs move right by `by` cells and are otherwise what they were."""
    before, after = layer(piece()), layer(piece(move))
    return np.allclose(after[:, by:], before[:, : before.shape[1] - by], atol=1e-4)


# %%
def dense(x):
    return sl.conv2d(x, kernel)


def strided(x):
    return sl.conv2d(x, kernel, strides=2)


print("stride 1, moved by 1:", follows(dense, 1, 1))
print("stride 2, moved by 2:", follows(strided, 2, 1))
print("stride 2, moved by 1:", follows(strided, 1, 0) or follows(strided, 1, 1))

# %%
# Check: stride 1 follows every move, stride 2 the even ones.
for move in range(1, 9):
    assert follows(dense, move, move)
    assert move % 2 or follows(strided, move, move // 2)
assert not (my_photo is None and (follows(strided, 1, 0) or follows(strided, 1, 1)))

# %% [markdown]
# At stride 1 it is true. With stride s the outputs stand s cells apart, and only a move by s, 2s,
# 3s … puts each window on what another window saw. After any other move they see something that
# no window saw before.
#
# These pieces were not padded. With `padding="same"` it is not quite true even at stride 1: a
# window over the border sees zeros, and zeros do not move along.

# %%
before, after = (sl.conv2d(piece(m), kernel, padding="same")[:, :, 0] for m in (0, 1))
differs = ~np.isclose(after[:, 1:], before[:, :-1], atol=1e-4).all(axis=0)
print("columns that do not follow:", np.flatnonzero(differs), "of 0 to", differs.size - 1)

# Check: at most the first and the last, where a window of 3 hangs over.
assert set(np.flatnonzero(differs)) <= {0, 198}
assert differs.sum() == 2 or my_photo is not None

# %% [markdown] tags=["slide"]
# ## Predict: strides 2, 1, 2, then a max pool of 2. Which move can all of it follow?
#
# 8 cells at least: 2·1·2·2. Strides multiply, and the pool's is one of them.

# %% [markdown] tags=["instructor"]
# Have everybody write a number first. What goes wrong: adding the strides (2 + 1 + 2 + 2 = 7), or
# leaving the pool out (2·1·2 = 4).

# %% [markdown]
# Now a stack: a convolution with stride 2, a convolution with stride 1, another one with stride 2,
# and a max pool, which keeps the largest of each block of 2 × 2 cells.
#
# Predict: by how many cells must the photograph move at least, so that every output is as before,
# only in another place?

# %% tags=["prediction"]
my_move = None  # a number of cells

# %%
predict("09-move", my_move)


# %%
def stack(x):
    for strides in (2, 1, 2):
        x = sl.conv2d(x, kernel, strides=strides)
    return sl.max_pool2d(x, 2)


# Check: 8 cells move the outputs by one; on the sample photograph nothing less does.
assert follows(stack, 8, 1)
for move in range(1, 8):
    assert my_photo is not None or not (follows(stack, move, 0) or follows(stack, move, 1))

# %% [markdown]
# Strides multiply: 2·1·2·2 = 8, and the pool's is one of them. ResNet-50 has five halvings, a total
# stride of 2·2·2·2·2 = 32. Of the moves by 1 to 32 cells it is sure to follow one, the last, and
# that away from its padded borders only.

# %%
sl.practice.show("al-05")

# %% [markdown] tags=["slide"]
# ## A stack follows only multiples of the product of its strides
#
# - Stride 1 follows every move, away from padded borders.
# - Stride 2 follows even moves.
# - ResNet-50 halves five times: 2·2·2·2·2 = 32 cells.

# %% [markdown] tags=["instructor"]
# **7 minutes** with the stripes that run the wrong way. "Equivariant" moves along, "invariant" does
# not change; write both on the board and leave them there. The question that comes: "but is data
# augmentation not the cure?" It teaches the moves it shows, on pictures like those it shows (Azulay
# & Weiss).

# %% [markdown]
# ## But max pooling makes it invariant?
#
# That is said often, too: a max pool takes the largest of its window, so a small move inside the
# window does not matter. Not changing at all when the input moves is called
# **[shift-invariant](glossary.md#shift-invariant)**.
#
# Test it: stripes two cells wide, 1 1 0 0 1 1 0 0 and so on. A max pool of 2 with stride 2, along
# the row, makes 1 0 1 0 of them. Half of its outputs are white.
#
# Predict: the stripes move by one cell. What share of the outputs is white now?

# %% tags=["prediction"]
my_white = None  # between 0 and 1

# %%
predict("09-white", my_white)

# %% [markdown] tags=["slide"]
# ## A max pool of 2 makes 1 0 1 0 of 1 1 0 0 1 1 0 0. And one cell further?
#
# 0 1 1 0 0 1 1 0 becomes 1 1 1 1. Max pooling has a stride, and is no exception.

# %% [markdown] tags=["instructor"]
# **3 minutes.** Expect "still one half". Write the moved row in pairs: each holds a white and a
# black cell, and white is the larger. A mean is no better: its 1 0 1 0 turns into an even grey.

# %% tags=["on-slide"]
wide = np.tile(np.float32([1, 1, 0, 0]), 4)
pools = {
    "as it was": sl.max_pool2d(wide.reshape(1, 16, 1), (1, 2)).ravel(),
    "moved by one cell": sl.max_pool2d(np.roll(wide, 1).reshape(1, 16, 1), (1, 2)).ravel(),
}
bars(pools, x="output", y="maximum of two cells")

# %%
# Check: half white, then all white; and an average pool is not safe either.
assert pools["as it was"].tolist() == [1, 0] * 4
assert pools["moved by one cell"].tolist() == [1] * 8
everywhere = sl.max_pool2d(wide.reshape(1, 16, 1), (1, 2), strides=1).ravel()
assert everywhere[::2].tolist() == pools["as it was"].tolist()  # a maximum, then a stride
assert sl.avg_pool2d(wide.reshape(1, 16, 1), (1, 2)).ravel().tolist() == [1, 0] * 4
assert sl.avg_pool2d(np.roll(wide, 1).reshape(1, 16, 1), (1, 2)).ravel().tolist() == [0.5] * 8

# %% [markdown]
# All of it is white. A max pool of 2 is a maximum at every place, and then a stride that keeps
# every second one. The maximum tolerates a move that stays in its window. With the stride, any move
# by one cell takes half of all cells out of their window. (A mean of two cells is no better: its
# 1 0 1 0 turns into an even grey, as the check says.)

# %%
sl.practice.show("al-07")

# %% [markdown]
# ## The cure is as old as the theorem
#
# Before you pick, remove what the stride cannot carry: *blur*. The usual one is 1 2 1, divided by
# 4, along each axis. Against the finest stripes, 1 0 1 0, it always gives 1/2: (1·0 + 2·1 +
# 1·0)/4 on the white ones and (1·1 + 2·0 + 1·1)/4 on the black ones.
#
# Zhang put it into networks in 2019 ("Making convolutional networks shift-invariant again").
# A convolution with stride 2 becomes a convolution with stride 1, and then a blur with stride 2. A
# max pool of 2 becomes a maximum at every place, and then a blur with stride 2.
#
# How much does it help? Make a small network: three times a 3 × 3 convolution with eight filters,
# ReLU (negative numbers become 0), and then something that halves the map. In the end it takes the
# mean of each of the eight maps: these eight **[scores](glossary.md#score)** are all that a last
# layer would see. Means do not care *where* something is. So a move should not change the scores
# at all.

# %%
stream = np.random.default_rng(1)
channels = ((1, 8), (8, 8), (8, 8))
kernels = [stream.standard_normal((3, 3, *pair)).astype("float32") for pair in channels]


# %%
def conv(x, kernel, **more):
    """The picture is rolled up, so that no border is in the way and nothing leaves."""
    return sl.conv2d(x, kernel, padding="same", padding_mode="circular", **more)


def scores(x, halve):
    for kernel in kernels:
        x = halve(conv(x, kernel, activation="relu"))
    return x.mean(axis=(0, 1))


# %%
line = np.float32([1, 2, 1]) / 4
blur_kernel = np.tile(np.outer(line, line)[:, :, None, None], (1, 1, 1, 8))


def blur(x):
    return conv(x, blur_kernel, strides=2, groups=8)  # each map by itself


def maxima(x):
    return sl.max_pool2d(np.pad(x, ((0, 1), (0, 1), (0, 0)), mode="wrap"), 2, strides=1)


# %% [markdown]
# Four ways to halve a map, and the photograph moves by 0 to 8 cells. The figure shows by how much
# the scores change, as a share of their size.

# %%
ways = {
    "stride 2": lambda x: x[::2, ::2],
    "max pool 2": lambda x: sl.max_pool2d(x, 2),
    "blur, stride 2": blur,
    "maximum, blur, stride 2": lambda x: blur(maxima(x)),
}
face, moves = photo[20:148, 190:318], range(9)
changes = {}
for way, halve in ways.items():
    now = [scores(np.roll(face, move, axis=1), halve) for move in moves]
    size = np.linalg.norm(now[0]) or 1  # of a black picture it is 0
    changes[way] = [100 * np.linalg.norm(x - now[0]) / size for x in now]

# %% [markdown] tags=["slide"]
# ## The photograph moves. By how much do the scores change?
#
# Three layers, total stride 8: four ways to halve a map.

# %% tags=["on-slide"]
curves(
    {way: (moves, each) for way, each in changes.items()},
    "The change of the scores against the move, 0 to 8 cells. At most: "
    + "; ".join(f"{way} {max(each):.2g} percent" for way, each in changes.items())
    + ". All are back at zero after 8 cells.",
    title="How much a move changes a network's scores",
    x="move to the right (cells)",
    y="change of the scores (%)",
)

# %%
for way, each in changes.items():
    print(f"{way:24} at most {max(each):5.2f} %, on average {np.mean(each[1:8]):5.2f} %")

# Check: no change after the total stride; on the sample, far less with a blur.
assert all(each[0] == 0 and each[8] < 0.01 for each in changes.values())
if my_photo is None:
    means = {way: np.mean(each) for way, each in changes.items()}
    assert means["blur, stride 2"] < means["stride 2"] / 10
    assert means["maximum, blur, stride 2"] < means["max pool 2"] / 4
    assert means["stride 2"] > means["max pool 2"]
    assert changes["stride 2"][1] > 3  # percent, for a move by one cell

# %% [markdown]
# Three things to see. Without a blur the scores of the sample photograph change by several percent
# when it moves by a cell, and a max pool only softens that. With a blur it is a small part of that.
# And after 8 cells, the total stride, every network is back where it was, as you derived above.
# (Those with a blur are back after 4 cells, too. The taps of 1 2 1 at even and at odd places add up
# to the same, 2 and 2, so a *mean* of all outputs does not notice the last stride.)
#
# With a blur it is small, not nothing. The blur 1 2 1 leaves a part of what stride 2 cannot carry,
# and ReLU, which cuts waves off, makes detail finer than the cells can hold: it folds at once, and
# a blur comes too late (Azulay & Weiss 2019). Kernels and photograph are one example; what trained
# networks do is in the papers below.

# %% [markdown] tags=["instructor"]
# **8 minutes.** Let the room guess the height of the blurred lines before you show the figure.
# Question that comes: "why are the blurred lines at zero at 4, too?" Each cell reaches the mean
# through the even taps of 1 2 1 or through the odd ones, and both add up to 2. So the last stride
# goes unnoticed, and the total stride that counts is 4. Problem al-15 makes a rule of it. These
# are random kernels: do not sell the percents as those of a trained network.

# %%
# Check: with 1 2 1 the last stride does not change a mean, so four cells are enough.
assert line[0::2].sum() == line[1::2].sum()
assert changes["blur, stride 2"][4] < 0.01
assert changes["maximum, blur, stride 2"][4] < 0.01

# %% [markdown]
# And the ribbons? Stride 4 asks for a wider blur: 1 2 3 4 3 2 1. Compare with the pictures of the
# beginning, here above: the stripes that came and went are a soft grey now. Of what stride 4 cannot
# carry, it shows little. (The maps are smaller, because a window of 7 has fewer places.)

# %% [markdown] tags=["slide"]
# ## Blur, then pick
#
# The ribbons again: above picked, below blurred and then picked.

# %% [markdown] tags=["instructor"]
# Compare with the first figure: the stripes that came and went are a soft grey. Stride 4 asks for a
# wider blur than 1 2 1, here 1 2 3 4 3 2 1.

# %% tags=["on-slide"]
wide_line = np.float32([1, 2, 3, 4, 3, 2, 1]) / 16
wide_blur = np.outer(wide_line, wide_line)[:, :, None, None]
calm = {m: sl.conv2d(ribbons(m), wide_blur, strides=4) for m in (0, 1)}
pictures(
    {"stride 4": moved[0], "stride 4, moved by 1": moved[1]}
    | {"blur, stride 4": calm[0], "blur, stride 4, moved by 1": calm[1]},
    "The ribbons before and after a move by one cell. Above they are picked: two different rows of "
    "stripes. Below they are blurred first: twice nearly the same.",
    columns=2,
)

# %%
# Check: on the sample the values change less than half as much as without the blur.
calmer = np.abs(calm[1] - calm[0]).mean() / (change.mean() or 1)
assert calmer < 0.5 or my_photo is not None

# %% [markdown]
# The first of these two problems is about what blurs leave of the finest stripes; in the second you
# write a blur that picks.

# %%
sl.practice.show("al-10")

# %%
sl.practice.show("al-12")

# %% [markdown]
# ## What the blur costs
#
# First, sharpness. A perfect blur for stride 2 would leave all stripes of more than 4 cells as they
# are and remove the others. No short kernel can. The figure counts
# **[cycles per cell](glossary.md#period)**, which is 1/p: 1/2 are the finest stripes, and stride 2
# carries what is left of 1/4.


# %%
def swing_left(taps, cycles):
    """How much of the swing of stripes a blur leaves, from 0 to 1."""
    there = np.cos(2 * np.pi * cycles * np.arange(640))
    return np.convolve(there, taps, mode="valid").std() / there.std()


blurs = {"(1, 1)/2": [1, 1], "(1, 2, 1)/4": [1, 2, 1], "(1, 4, 6, 4, 1)/16": [1, 4, 6, 4, 1]}
cycles = np.arange(1, 33) / 64
left = {
    name: [swing_left(np.array(taps) / sum(taps), each) for each in cycles]
    for name, taps in blurs.items()
}

# %%
perfect = ([0, 0.25, 0.25, 0.5], [1, 1, 0, 0])
curves(
    {"perfect for stride 2": perfect} | {name: (cycles, each) for name, each in left.items()},
    "What blurs leave of a wave's swing, by its cycles per cell. All fall slowly from 1 to 0; the "
    "perfect one would fall at once, at a quarter.",
    title="What a blur leaves of stripes",
    x="fineness of the stripes (cycles per cell)",
    y="swing left (1 is all)",
)

# %% [markdown]
# All three spoil some of what stride 2 could have carried (left of 1/4), and let through some of
# what it cannot (right of it). At 1/4 the blur 1 2 1 leaves one half, and of the finest stripes
# nothing. The longer of the three remove more, of both.
#
# Second, multiplications. The convolution that had stride 2 now has stride 1: it computes all
# outputs, so that there is something to blur.

# %%
size, k = (56, 56, 64), 3
picks = sl.cost(size, 64, k, strides=2, padding="same").macs
all_places = sl.cost(size, 64, k, padding="same").macs
blurs_them = sl.cost(size, 64, k, strides=2, padding="same", groups=64).macs
print(f"stride 2: {picks:,} multiplications")
print(f"stride 1, then blur with stride 2: {all_places:,} + {blurs_them:,}")

# Check: four times as many and the blur, which is next to nothing; and one half at a quarter.
assert all_places == 4 * picks
assert blurs_them == picks / 64
assert abs(left["(1, 2, 1)/4"][15] - 0.5) < 0.01
assert cycles[15] == 0.25

# %%
# Check: all three spoil and let through, the longer ones remove more; nothing is left at 1/2.
short, middle, long = (np.array(each) for each in left.values())
assert ((short < 1) & (short > middle) & (middle > long))[7:24].all()  # from 1/8 to 3/8
assert max(short[-1], middle[-1], long[-1]) < 1e-6
assert long[23] > 0.01

# %% [markdown]
# The blur itself is cheap; what it asks for is not. After a max pool the price is small, since the
# convolution before it had stride 1 anyway. Whether it is worth it depends on what you need: an
# answer that holds still, or the cheapest one.

# %% [markdown] tags=["slide"]
# ## What it costs
#
# - Sharpness: 1 2 1 halves stripes of period 4.
# - A convolution with stride 2 becomes one with stride 1: four times the multiplications.
# - After a max pool: next to nothing.

# %% [markdown] tags=["instructor"]
# **3 minutes** to the end. The blur itself is 1/64 of the strided convolution here; what costs is
# stride 1 before it. Ask who would pay: an answer that holds still, or the cheapest one?

# %% [markdown]
# ## Practise
#
# One on folding waves by hand, and one on which blur makes a sum indifferent to moves.

# %%
sl.practice.show("al-14")

# %%
sl.practice.show("al-15")

# %% [markdown] tags=["slide"]
# ## The answer
#
# - A stride picks. What repeats in fewer than 2s cells folds into coarser stripes.
# - Outputs follow moves by multiples of the product of all strides, no others.
# - Blur before you pick: nearly still, at a price.

# %% [markdown] tags=["instructor"]
# Let them answer the opening question: where do the stripes come from, and why does one cell change
# them? Next: what a network costs.

# %% [markdown] tags=["recap"]
# ## Recap
#
# - A stride *picks*: what repeats in more than 2s cells comes through, finer detail folds into
#   coarser stripes that the photograph does not have. Their period is s/|q| cells, where q is s/p
#   less the nearest whole number.
# - False stripes can run the wrong way, and faster: a move by one cell changes the picture. That
#   is the answer to the question.
# - Convolutions are shift-equivariant at stride 1, away from padded borders. With strides it holds
#   for moves by multiples of their product. Max pooling has a stride, and is no exception.
# - A blur before each stride makes the change small. It costs sharpness and, where a convolution
#   had the stride, about s² times the multiplications.
#
# How many multiplications does a network have, and does their number say how long it takes?
# **Next:** [10 · What it costs](10_what_it_costs.ipynb).

# %% [markdown] tags=["further"]
# ## Going further
#
# - Shannon, "Communication in the presence of noise" (1949), section II: the sampling theorem and
#   its proof, in two pages.
# - Zhang, "Making convolutional networks shift-invariant again" (ICML 2019): blurs in trained
#   networks, section 3 how, section 4 how much steadier and how accurate.
# - Azulay & Weiss, "Why do deep convolutional networks generalize so poorly to small image
#   transformations?" (JMLR 2019): answers that change with one pixel, and why strides are to blame.
# - Chaman & Dokmanić, "Truly shift-invariant convolutional neural networks" (CVPR 2021): of the s²
#   ways to pick take the one with the largest outputs. No move changes the answer, and no blur is
#   needed.
# - Karras et al., "Alias-free generative adversarial networks" (NeurIPS 2021): texture that sticks
#   to the screen, and a network in which even the ReLU is sampled properly.
