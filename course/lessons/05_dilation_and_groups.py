# ---
# jupyter:
#   stridelab:
#     title: Dilation and groups
#     minutes: 35
#     summary: What a layer leaves out, among cells and among channels, and what that saves.
#     needs:
#       - '[02 · Padding](02_padding.ipynb) and [03 · Strides](03_strides.ipynb). In two lines: a
#         window of span $e$ finds $o = \lfloor (n + p_b + p_a - e)/s \rfloor + 1$ places, s cells
#         apart; "same" pads as little as it must, the odd cell after.'
#     does:
#       - Pull a window's taps apart, and find which cells fall through.
#       - Watch three layers overlook three quarters of a photograph.
#       - Deal channels out into groups, and count what is left to multiply.
#     outcomes:
#       - Give the span, the size and the pads of any dilated layer.
#       - Say which cells and which channels an output depends on, and which it never sees.
#       - Work out what a depthwise or separable layer saves, and why it is not as fast as it looks.
# ---

# %%
from functools import partial
from itertools import product
from math import gcd

import numpy as np

import stridelab as sl
from stridelab.figures import bars, grids, pictures, windows
from stridelab.geometry import conv_axis
from stridelab.ops.machine import seconds
from stridelab.photos import photograph
from stridelab.practice import predict

# %%
my_photo = None  # or a file of yours, for example "holiday.jpg"

small = sl.avg_pool2d(photograph(my_photo, grey=True), 4)  # means of 4 × 4 cells
photo = small[:96] ** 0.5  # the upper part; the square root brightens it
mean = np.full((3, 3, 1, 1), 1 / 9, dtype="float32")

# %% [markdown] tags=["instructor"]
# **Minutes:** question 4, gaps 8, stack 9, groups 6, separable 8.

# %% [markdown] tags=["question"]
# ## The question
#
# Take a photograph and put noise over three quarters of it: every cell in an odd row or an odd
# column gets a random number. Then send both through the same three layers. Each takes means of
# 3 × 3 cells, with `dilation_rate=2`, a word that this lesson explains.


# %%
def three_layers(picture, rates):
    """Three layers of 3 × 3 one after another, each with its own dilation."""
    for rate in rates:
        picture = sl.conv2d(picture, mean, padding="same", dilation_rate=rate)
    return picture


noisy = np.random.default_rng(0).random(photo.shape, dtype="float32")
noisy[::2, ::2] = photo[::2, ::2]  # one cell in four survives
clear_out, noisy_out = (three_layers(each, (2, 2, 2)) for each in (photo, noisy))

# %% [markdown] tags=["slide"]
# ## Three quarters are noise. What do three layers make of it?
#
# The lower two: every second row and column of what three layers of 3 × 3 make of each. Where is
# the noise?

# %% [markdown] tags=["instructor"]
# Let the room guess before you press the key; most expect grey fog. Do not say "dilation" as the
# cause yet: the cell says it, and someone will find it.

# %% tags=["on-slide"]
pictures(
    {
        "the photograph": photo,
        "three quarters noise": noisy,
        "photograph, after 3 layers": clear_out[::2, ::2],
        "noise, after 3 layers": noisy_out[::2, ::2],
    },
    "A portrait and a very noisy copy; below, what three layers make of each: two equal portraits.",
    columns=2,
)

# %%
# Check: every second row and column agrees; hardly anything else does.
agree = np.isclose(clear_out, noisy_out, atol=1e-5)
assert agree[::2, ::2].all()
assert agree.mean() < (0.3 if my_photo is None else 1.01)

# %% [markdown] tags=["question"]
# The lower two show every second row and column of what came out. They are not alike, they are
# *equal*: no noise has come through. **How can three layers look at a photograph and not see three
# quarters of it?**

# %% [markdown]
# ## Taps with gaps
#
# So far a window's [taps](glossary.md#tap) lay side by side. **[Dilation](glossary.md#dilation)**
# is the step from one tap to the next, in cells, written d. At d = 1 they touch: that is the
# ordinary window, and "no dilation" is 1, not 0. Below it is 2. Move over the output, and see that
# the window still goes on cell by cell: dilation is no stride.

# %% [markdown] tags=["slide"]
# ## Taps with gaps
#
# Dilation is the step from one tap to the next. The window itself still moves cell by cell.

# %% [markdown] tags=["instructor"]
# The question that comes: "is dilation 2 the same as stride 2?" Let them set both in the explorer
# one after the other: the stride thins out the *outputs*, dilation thins out the *taps*.

# %% tags=["on-slide"]
e = sl.explore.window(size=9, kernel_size=3, dilation_rate=2, padding="valid")
e

# %% [markdown]
# Set the dilation to 1 and to 3, and count the outputs. A wider window finds fewer places. How
# wide does it become? From the first tap to the last, both counted, is its
# [span](glossary.md#span) e.
#
# Predict: a kernel of 4 and a dilation of 3. Along one axis, what is its span?

# %% tags=["prediction"]
my_span = None  # cells, a whole number

# %%
wide = conv_axis(14, kernel=4, dilation=3)
predict("05-span", my_span)

# %% [markdown] tags=["slide"]
# ## Predict: kernel 4, dilation 3. What is the span?
#
# 10 cells: three steps of 3 cells, and the first tap is a cell too.
#
# $$ e = d\,(k - 1) + 1 $$
#
# Everything else stays: put e where k was.

# %% [markdown] tags=["instructor"]
# Expect 12: d·k counts a gap behind the last tap. Draw the four taps on the board and count the
# steps between them.

# %% [markdown]
# k taps have k − 1 steps between them, each of d cells, and the first tap is a cell too:
#
# $$ e = d\,(k - 1) + 1 $$
#
# At d = 1 that is k. The formulas of the lessons before were written with e, so they hold as they
# are. What does *not* grow is the kernel: it has k numbers per axis, and the gaps have none. A
# dilated kernel computes what a wide kernel with zeros in its gaps would.

# %%
# Check: the span, and a dilated kernel against a wide one with zeros between.
assert wide.span == 10
assert wide.taps(0) == (0, 3, 6, 9)
assert wide.output_size == 14 - 10 + 1
kernel = np.random.default_rng(1).standard_normal((3, 3, 1, 1)).astype("float32")
with_zeros = np.zeros((5, 5, 1, 1), dtype="float32")
with_zeros[::2, ::2] = kernel
dilated = sl.conv2d(photo, kernel, dilation_rate=2)
assert np.allclose(dilated, sl.conv2d(photo, with_zeros), atol=1e-4)
e.reset()  # whatever you did to it
assert e.scene["output"].values.shape == (5, 5)

# %%
# Check: in the explorer, dilations of 1 and 3.
e.reset()
e.dilation_rate = 1
assert e.scene["output"].values.shape == (7, 7)
e.dilation_rate = 3
assert e.scene["output"].values.shape == (3, 3)
e.reset()

# %%
try:
    conv_axis(9, kernel=3, dilation=0)
except sl.StrideLabError as error:
    print(error)
else:
    raise AssertionError("a dilation of 0")

# %% [markdown]
# A warning for readers: some texts and one well-known library (oneDNN) count the cells that are
# *left out*. Their 0 is the 1 of Keras and PyTorch. The next problem has another dilation for each
# axis; rows come first.

# %%
sl.practice.show("dil-01")

# %% [markdown]
# ## "Same" takes the span
#
# How much does [same](glossary.md#same) pad now? Predict, for one axis: nine cells, a kernel of
# *2*, dilation 3, stride 1.

# %% tags=["prediction"]
my_pads = None  # (before, after)

# %%
even = sl.conv_geometry((9, 9), kernel_size=2, padding="same", dilation_rate=3)
predict("05-pads", my_pads)

# %%
even.derive()

# %% [markdown] tags=["slide"]
# ## Predict: nine cells, kernel 2, dilation 3, stride 1. How does "same" pad?
#
# One cell before, two after: the span is 4, so 3 cells are missing, and the odd one goes after.

# %% [markdown] tags=["instructor"]
# What goes wrong: people pad by the kernel. A kernel of 3 at dilation 2 with one cell on each side
# loses two cells a layer. `padding=dilation` is right for a kernel of 3 alone.

# %% [markdown]
# At stride 1 it is t = e − 1 = d·(k − 1). For a kernel of 3 that is 2d, d on each side: hence the
# habit of writing `padding=dilation` in PyTorch, which is right for 3 and for no other kernel. In
# the problem below, start from the padding before, and mind that it is half.

# %%
# Check: the padding at stride 1; d on each side is "same" for a kernel of 3 alone.
assert even.pads == ((1, 2), (1, 2))
for k, d in product(range(2, 8), range(1, 5)):
    axis = conv_axis(20, k, dilation=d, padding="same")
    assert axis.pad_before + axis.pad_after == d * (k - 1)
    assert ((axis.pad_before, axis.pad_after) == (d, d)) == (k == 3)

# %%
sl.practice.show("dil-08")

# %% [markdown]
# ## Stride and dilation together
#
# Keras' `Conv2D` refuses to do both at once. `DepthwiseConv2D`, further down, does both, and so
# does `sl.conv2d`. Look at what a stride of 2 makes of dilations 2 and 3.

# %%
try:
    sl.layers.Conv2D(8, 3, strides=2, dilation_rate=2)
except sl.StrideLabError as error:
    print(error)
else:
    raise AssertionError("strides together with dilation")

# %%
both_2 = conv_axis(13, kernel=3, stride=2, dilation=2)
two_and_3 = conv_axis(13, kernel=3, stride=2, dilation=3)
windows(both_2, two_and_3)

# %% [markdown]
# Windows start at the cells 0, 2, 4 …, and their taps lie 2 apart: the upper layer meets even cells
# only. It reads about half of the picture's rows and half of its columns, a quarter of the picture.
# The lower one has taps 3 apart. It hits odd cells as well, and misses two near the ends.
#
# In general the taps are at $i \cdot s + j \cdot d - p_b$. Without padding all of these are
# multiples of the greatest common divisor gcd(s, d); padding moves them all alike. If the divisor
# is over 1, the cells in between are never read, however large the kernel. If it is 1, the cells
# away from the ends are all read as soon as k ≥ s.
#
# To see one axis close up, and to try others:
# `sl.explore.padding(size=13, strides=2, dilation_rate=3, padding="valid")`.

# %%
# Check: of s neighbours far inside, min(k, s / gcd(s, d)) are read.
assert set(both_2.unread) == {1, 3, 5, 7, 9, 11}
assert two_and_3.unread == (1, 11)
assert set(conv_axis(12, 3, 2, dilation=2, padding="same").unread) == {0, 2, 4, 6, 8, 10}
for k, s, d in product(range(1, 6), range(1, 7), range(1, 7)):
    reads = conv_axis(150, k, s, dilation=d).coverage()[60:][:s]
    assert sum(count > 0 for count in reads) == min(k, s // gcd(s, d))
assert sl.layers.DepthwiseConv2D(3, strides=2, dilation_rate=2).dilation_rate == (2, 2)

# %% [markdown]
# ## Holes in a stack
#
# So one layer at stride 1 reads every cell of a picture that is large against its span, dilated or
# not. And yet the outputs that you saw came from a quarter of the picture, and all three layers had
# stride 1. Take one output, and follow it back. The last layer reads three cells of the second
# layer's output, two apart. Each of these reads three, and each of those three again.
#
# From the first cell to the last, an output depends on a stretch of 13: a span of 5, and 4 cells
# more for each further layer. Predict: along one axis, on *how many* of these 13 cells does it
# depend?

# %% tags=["prediction"]
my_seen = None  # a whole number from 1 to 13

# %%
predict("05-seen", my_seen)

# %% [markdown] tags=["slide"]
# ## Predict: three layers of 3, dilation 2. How many of the 13 cells does an output see?
#
# Seven. Steps of −2, 0 and 2, three times, lead to every second cell and nowhere else.

# %% [markdown] tags=["instructor"]
# Expect 13, the length of the stretch. Let one learner add up steps of −2, 0 and 2 aloud until the
# room hears that all sums are even. That is how the noise was overlooked.

# %% [markdown]
# Count the paths from the output back to each cell: a layer with dilation d spreads the paths to d
# cells further left and right, and keeps them where they are.


# %%
def paths(rates, kernel_size=3):
    """How many ways lead from one output back to each cell of the stretch that it sees."""
    ways = [1]
    for d in rates:
        taps = np.zeros(d * (kernel_size - 1) + 1, dtype=int)
        taps[::d] = 1
        ways = np.convolve(ways, taps)
    return ways


# %% [markdown] tags=["slide"]
# ## Same stretch, same weights: which dilations see all of it?
#
# Dilations 2, 2, 2 see 7 of 13 cells. Dilations 1, 2, 3 see them all.

# %% [markdown] tags=["instructor"]
# Ask for three dilations before you press the key. The cure costs nothing: the stretch is as long,
# the weights are as many.

# %% tags=["on-slide"]
bars(
    {
        "dilation 2, then 2, then 2": paths((2, 2, 2)),
        "dilation 1, then 2, then 3": paths((1, 2, 3)),
    },
    x="cell of the stretch",
    y="ways to it (paths)",
)

# %% [markdown]
# Seven of thirteen. Steps of −2, 0 and 2, three times, lead to even places and nowhere else. In two
# dimensions that is 7·7 = 49 of 169 cells. Outputs in even rows and columns see cells in even rows
# and columns, where no noise was: that is the question's answer. The holes are known as
# **[gridding](glossary.md#gridding)**.
#
# Another way to see it: at dilation 2 the photograph falls apart into four small ones, by odd and
# even rows and columns. An ordinary layer runs over each, and they never meet.

# %%
# Check: a layer of dilation 2 is an ordinary layer on each of four small pictures.
by_2 = sl.conv2d(photo, kernel, padding="same", dilation_rate=2)
for row, col in product((0, 1), (0, 1)):
    alone = sl.conv2d(photo[row::2, col::2], kernel, padding="same")
    assert np.allclose(by_2[row::2, col::2], alone, atol=1e-5)

assert len(paths((2, 2, 2))) == len(paths((1, 2, 3))) == 13
assert np.count_nonzero(paths((2, 2, 2))) == 7
assert (paths((1, 2, 3)) > 0).all()
stack = [{"kernel_size": 3, "dilation_rate": 2}] * 3
assert sl.receptive_field(stack)[-1].rows.size == 13

# %% [markdown]
# The cure costs nothing: dilations that fill each other's gaps, such as 1, 2, 3. The stretch is as
# long, the weights are as many, and the holes are gone. Here is one bright cell through both.

# %% [markdown] tags=["slide"]
# ## One cell, three layers
#
# A common divisor of the dilations leaves holes.

# %% tags=["on-slide"]
dot = np.zeros((21, 21, 1), dtype="float32")
dot[10, 10] = 1
spread = {rates: three_layers(dot, rates) for rates in ((2, 2, 2), (1, 2, 3))}
pictures(
    {f"dilations {rates}": out / out.max() for rates, out in spread.items()},
    "One cell after three layers. 2, 2, 2: a grid of dots with holes. 1, 2, 3: a solid patch.",
)

# %%
# Check: the cells touched by one cell; and with 1, 2, 3 the noise comes through everywhere.
assert np.count_nonzero(spread[2, 2, 2]) == 49
assert np.count_nonzero(spread[1, 2, 3]) == 169
cured = np.isclose(three_layers(photo, (1, 2, 3)), three_layers(noisy, (1, 2, 3)), atol=1e-5)
assert cured.mean() < (0.01 if my_photo is None else 1.01)

# %% [markdown] tags=["instructor"]
# Someone will ask whether it is enough to have no common divisor. No: 1, 9, 9 has holes too; what
# the other layers reach must fill a layer's gaps. Let them try `paths((1, 9, 9))`. Growing
# dilations, 1, 3, 9 with a kernel of 3, reach the most: each cell by one path.

# %% [markdown]
# ## Groups: gaps among the channels
#
# A layer can leave out channels as well. Normally each [filter](glossary.md#filter) reads all
# input channels. With `groups=g` the channels are dealt out into g blocks of neighbours, the
# filters too, and a filter reads its own block alone: its **[group](glossary.md#group)**.
#
# Which output depends on which input? Ask the layer: put a 1 into one channel, and look where
# something comes out.


# %%
def who_sees_whom(groups, channels=6, filters=6):
    """Filters × input channels: 1 where the channel reaches the filter."""
    seen = np.zeros((filters, channels))
    ones = np.ones((1, 1, channels // groups, filters), dtype="float32")
    for channel in range(channels):
        x = np.zeros((1, 1, channels), dtype="float32")
        x[0, 0, channel] = 1
        seen[:, channel] = sl.conv2d(x, ones, groups=groups)[0, 0]
    return seen


# %% [markdown] tags=["slide"]
# ## Groups
#
# Rows are filters, columns are input channels. A filter sees its own block. Six groups of six
# channels: depthwise.

# %% [markdown] tags=["instructor"]
# Ask which filters see channel 5: at two groups 3 to 5, at six groups 5 alone. Then the weights of
# the prediction: four groups, so each of 128 filters reads 16 channels, 3·3·16·128 = 18,432.

# %% tags=["on-slide"]
panels = {f"groups={g}": ("kernel", who_sees_whom(g)) for g in (1, 2, 6)}
grids(panels, x="input channel", y="filter")

# %% [markdown]
# Rows are filters, columns are input channels. Two groups halve what is read, and so the weights
# and the multiplications, whatever the kernel's size.
#
# Predict: 64 channels go into a layer of 3 × 3, 128 come out, `groups=4`. How many weights has it,
# without biases? (Without groups they would be 3·3·64·128 = 73,728.)

# %% tags=["prediction"]
my_weights = None  # a whole number

# %%
predict("05-weights", my_weights)

# %% [markdown]
# Each filter has k·k·Cin/groups weights, and there are Cout filters still:
#
# $$ \text{weights} = C_\text{out} \cdot \frac{C_\text{in}}{\text{groups}} \cdot k \cdot k $$

# %%
# Check: weights by formula, by the count and in a layer.
for g in (1, 2, 4, 32, 64):
    counted = sl.cost((56, 56, 64), 128, 3, groups=g, use_bias=False)
    assert counted.params == 128 * (64 // g) * 3 * 3
layer = sl.layers.Conv2D(128, 3, groups=4)
layer.build((None, 56, 56, 64))
assert layer.kernel.shape == (3, 3, 16, 128)
assert who_sees_whom(2).sum() == 18
assert (who_sees_whom(6) == np.eye(6)).all()

# %% [markdown]
# The price is the zeros in the picture: what is in channel 5 can never reach filter 0. A network of
# such layers alone would be networks side by side that never meet, as the four small photographs
# above.
#
# A filter has weights for its own group alone, so a channel's number is not its place in the
# kernel. Below, eight filters read four channels in two groups: at which place on the kernel's
# third axis are filter 5's weights for channel 3? Say it, then go to row 5, column 3.

# %% [markdown] tags=["slide"]
# ## Filter 5, channel 3: where in the kernel?
#
# Place 1 of the third axis: it has Cin/groups places, and filter 5's group starts at channel 2.

# %% [markdown] tags=["instructor"]
# Expect place 3, the channel's number. Let someone go to row 5, column 3, and read the sentence
# below the picture aloud; then ask for the place with 1 group (3), and with 4 (there is none:
# filter 5 reads channel 2 alone).

# %% tags=["on-slide"]
blocks = sl.explore.groups(channels=4, filters=8, groups=2)
blocks

# %%
# Check: place 1, as the explorer says; a 1 there brings channel 3 into output 5 and nowhere else.
blocks.reset()  # whatever you did to it
blocks.position = (5, 3)
assert "kernel[:, :, 1, 5] in Keras" in blocks.scene.note
single = np.zeros((1, 1, 2, 8), dtype="float32")
single[:, :, 1, 5] = 1
channels = np.eye(4, dtype="float32").reshape(4, 1, 1, 4)  # four images: a 1 in one channel each
assert np.argwhere(sl.conv2d(channels, single, groups=2)[:, 0, 0]).tolist() == [[3, 5]]
blocks.reset()

# %% [markdown]
# Its group starts at channel 2, so channel 3 is the group's second: place 1. Two problems on the
# kernel of a grouped layer: its shape, and its parameters.

# %%
sl.practice.show("dil-05")

# %%
sl.practice.show("dil-07")

# %% [markdown]
# ## Depthwise and separable
#
# With as many groups as channels, each filter reads one channel: that layer is called
# **[depthwise](glossary.md#depthwise)**. It looks around in space, and mixes no channels. A layer
# of 1 × 1 does the opposite: it mixes channels, and does not look around. One after the other they
# make a **[separable](glossary.md#separable)** layer, `SeparableConv2D` in Keras.
#
# Predict: 64 channels in, 128 out, 3 × 3, stride 1, "same". What share of the ordinary layer's
# multiplications does the separable one need? Three decimals.

# %% tags=["prediction"]
my_share = None  # a number between 0 and 1

# %%
predict("05-share", my_share)

# %% [markdown]
# For each output cell, the ordinary layer multiplies k·k·Cin·Cout times. The depthwise half needs
# k·k·Cin, the 1 × 1 half Cin·Cout. Divide:
#
# $$ \frac{k^2\,C_\text{in} + C_\text{in}\,C_\text{out}}{k^2\,C_\text{in}\,C_\text{out}}
# = \frac{1}{C_\text{out}} + \frac{1}{k^2} $$
#
# With a hundred filters or more the first term hardly matters: a separable 3 × 3 costs about a
# ninth. In the stack below the ordinary layer comes first, then the two halves of the separable
# one. Compare the bars.

# %% [markdown] tags=["slide"]
# ## One ordinary layer, or two halves: what share of the multiplications?
#
# What the two halves multiply, as a share of the ordinary layer:
#
# $$ \frac{1}{C_\text{out}} + \frac{1}{k^2} $$

# %% [markdown] tags=["instructor"]
# The prediction has 128 filters: 1/128 + 1/9 = 0.119. The explorer has 64: 1/64 + 1/9 = 0.127. Then
# ask whether the clock will show it: the last cells time a depthwise layer.

# %% tags=["on-slide"]
halves = sl.explore.stack(
    size=56,
    channels=64,
    layers=[
        {"layer": "conv", "filters": 64, "kernel_size": 3, "padding": "same"},
        {"layer": "depthwise", "kernel_size": 3, "padding": "same"},
        {"layer": "conv", "filters": 64, "kernel_size": 1},
    ],
)
halves


# %%
def multiplications(cin, cout, k, groups=1):
    return sl.cost((56, 56, cin), cout, k, padding="same", groups=groups).macs


# Check: the share, for several layers; the explorer's depthwise bar beside its first one.
for cin, cout, k in product((16, 64), (32, 128, 256), (3, 5, 7)):
    apart = multiplications(cin, cin, k, groups=cin) + multiplications(cin, cout, 1)
    assert np.isclose(apart / multiplications(cin, cout, k), 1 / cout + 1 / k**2)
halves.reset()  # whatever you did to it
assert "0 Conv2D: 115,605,504" in halves.text
assert "1 DepthwiseConv2D: 1,806,336" in halves.text

# %%
# Check: a quarter of the cells need a quarter of the work; and a separable layer is its two halves.
halves.reset()
halves.size = 28
assert f"Conv2D: {115_605_504 // 4:,}" in halves.text
halves.reset()
rgb = photograph(my_photo)[:64, :64]
layer = sl.layers.SeparableConv2D(8, 3, padding="same", seed=0)
whole = layer(rgb[None])[0]
alone = layer.depthwise_kernel.reshape(3, 3, 1, 3)  # one slice for each of three groups
filtered = sl.conv2d(rgb, alone, padding="same", groups=3)
assert np.allclose(whole, sl.conv2d(filtered, layer.pointwise_kernel), atol=1e-5)

# %% [markdown]
# It is not the same layer at a lower price. An ordinary kernel of 3·3·64·128 numbers is free to
# look differently at each pair of channels. The separable one must look at each input channel in
# one way, and then mix. Networks for telephones are built on the experience that this is often
# enough.
#
# ## Few multiplications, and yet slow
#
# Does a depthwise layer with 128 times fewer multiplications take 128 times less time? Both are
# timed here, on your machine. The times are yours; the counts are the same everywhere.

# %%
x = np.random.default_rng(0).random((56, 56, 128), dtype="float32")
for name, groups in {"ordinary": 1, "depthwise": 128}.items():
    weights = np.ones((3, 3, 128 // groups, 128), dtype="float32")
    work = sl.cost(x.shape, 128, 3, padding="same", groups=groups, use_bias=False)
    call = partial(sl.conv2d, x, weights, padding="same", groups=groups)
    call()  # the first call gets things ready
    best = min(seconds(call) for _ in range(5))
    print(f"{name:10} {work.macs / 1e6:6.1f} million multiplications, {1000 * best:6.2f} ms,")
    print(f"{'':10} {work.macs / work.bytes:6.1f} multiplications for each byte moved")

# %% [markdown]
# It is faster, but on a quiet machine not nearly 128 times. It has hardly anything to do per
# number: about one multiplication for each byte that must be fetched or put away, where the
# ordinary one has more than a hundred. Much of its time goes into moving numbers. What that means
# is the subject of [10](10_what_it_costs.ipynb) and [11](11_making_it_fast.ipynb).

# %%
# Check: 128 times fewer multiplications, and nearly as many bytes.
ordinary, depthwise = (
    sl.cost(x.shape, 128, 3, padding="same", groups=g, use_bias=False) for g in (1, 128)
)
assert ordinary.macs == 128 * depthwise.macs
assert ordinary.bytes < 1.2 * depthwise.bytes
assert ordinary.macs / ordinary.bytes > 100
assert 1 < depthwise.macs / depthwise.bytes < 1.2

# %% [markdown] tags=["slide"]
# ## What is left out
#
# Dilation leaves out cells, groups leave out channels. Ask of any layer: which inputs can this
# output not see?

# %% [markdown] tags=["instructor"]
# Back to the first slide: let two people say why no noise came through. Next: pooling, a window
# without weights.

# %% [markdown]
# ## Practise
#
# First, which of several layers multiplies least: write the products down before you sort.

# %%
sl.practice.show("dil-14")

# %% [markdown]
# Then a stack of two layers with different dilations: draw the paths. After it, a stride with a
# dilation: think of the greatest common divisor, and of k.

# %%
sl.practice.show("dil-16")

# %%
sl.practice.show("dil-18")

# %% [markdown]
# If you want to write code: collect what is read, and the rest is unread.

# %%
sl.practice.show("dil-20")

# %% [markdown] tags=["recap"]
# ## Recap
#
# - Dilation moves the taps apart: e = d·(k − 1) + 1. The weights stay; 1 means none. Sizes and
#   pads, those of "same" too, follow from e.
# - With a stride, at most one cell in gcd(s, d) is read. Keras' `Conv2D` takes one of the two; its
#   `DepthwiseConv2D` takes both.
# - Three layers with dilation 2 see 7 of 13 cells per axis, 49 of 169 in a picture. That is how
#   they overlooked the noise, the answer to the question. Dilations 1, 2, 3 see all of them.
# - Groups leave out channels: Cout·Cin/groups·k·k weights. Depthwise: as many groups as channels.
# - Separable costs 1/Cout + 1/k² of the ordinary layer, in multiplications. The depthwise half
#   moves nearly as many numbers as an ordinary layer does, so the clock shows less of the saving.
#
# **Next:** [06 · Pooling and transposed convolution](06_pooling_and_transposed.ipynb): windows
# without weights, and layers that make pictures larger.

# %% [markdown] tags=["further"]
# ## Going further
#
# - F. Yu & V. Koltun, "Multi-scale context aggregation by dilated convolutions" (ICLR 2016),
#   section 2: dilations that double from layer to layer, and what a stack of them sees.
# - P. Wang et al., "Understanding convolution for semantic segmentation" (WACV 2018), section 3.2:
#   gridding, and how to choose dilations that leave no holes.
# - A. Krizhevsky, I. Sutskever & G. Hinton, "ImageNet classification with deep convolutional neural
#   networks" (NIPS 2012), section 3.2: groups, there because one graphics card was too small.
# - A. Howard et al., "MobileNets" (arXiv:1704.04861, 2017), section 3.1: depthwise and 1 × 1
#   halves, and the ratio 1/Cout + 1/k².
# - F. Chollet, "Xception: deep learning with depthwise separable convolutions" (CVPR 2017): why
#   space and channels may be looked at apart, by the author of Keras.
