# ---
# jupyter:
#   stridelab:
#     title: Strides
#     minutes: 35
#     summary: What a stride skips, what is left, and how one row of pixels can move all of it.
#     needs:
#       - '[02 · Padding](02_padding.ipynb). In two lines: a window finds
#         $o = \lfloor (n + p_b + p_a - e)/s \rfloor + 1$ places; "valid" pads nothing, "same" as
#         little as it must.'
#     does:
#       - Find which pixels a stride throws away, and which it does not.
#       - Derive the pads of "same" for any stride, and see them change with the parity of the size.
#       - Explain how two libraries can agree on one photograph and disagree on the next.
#       - Solve problems in between, a few minutes each; one of them in Python, if you like.
#     outcomes:
#       - Give the output size and the pads of any strided layer without running it.
#       - Say when a stride leaves pixels unread.
#       - Tell whether two layers of the same output size read the same windows.
# ---

# %%
from itertools import product
from math import ceil

import numpy as np

import stridelab as sl
from stridelab.figures import pictures, windows
from stridelab.geometry import conv_axis
from stridelab.photos import photograph
from stridelab.practice import predict

# %%
my_photo = None  # or a file of yours, for example "holiday.jpg"

photo = photograph(my_photo, grey=True)
kernel = np.random.default_rng(0).standard_normal((3, 3, 1, 1)).astype("float32")

# %% [markdown] tags=["question"]
# ## The question
#
# Two networks carry the same kernel of 3 × 3 and move it by two cells. One pads as Keras does
# (`padding="same"`), the other as most PyTorch code does (`padding=1`). Give both the same
# photograph, cut to 225 × 225 cells and then to 224 × 224. For each size: are the outputs equally
# large, and how many of their values are the same?

# %% [markdown] tags=["slide"]
# ## One row of pixels, and all is different
#
# One kernel, stride 2, two libraries. At 225 × 225 all values agree. At 224 × 224 hardly one
# does, at the same size. Why?

# %% [markdown] tags=["instructor"]
# **4 minutes.** Start with the story: a network was carried from Keras to PyTorch, all shapes
# agree, nothing is reported, and it is worse. Show the two lines that are printed.
#
# - Collect guesses for the bold question and leave them on the board. "Rounding" is the usual one.
# - `padding=1` here is no PyTorch: StrideLab pads one cell on every side, as PyTorch does.

# %% tags=["on-slide"]
for n in (225, 224):
    cut = photo[:n, :n]
    keras = sl.conv2d(cut, kernel, strides=2, padding="same")[:, :, 0]
    torch = sl.conv2d(cut, kernel, strides=2, padding=1)[:, :, 0]
    agree = np.isclose(keras, torch, atol=1e-5).mean()
    print(f"{n} × {n}: same size: {keras.shape == torch.shape}; same values: {agree:.0%}")

# %%
# Check: at 224 the sizes agree and, on the sample photograph, not one value in ten does.
assert keras.shape == torch.shape
assert my_photo is not None or agree < 0.1

# %% [markdown] tags=["question"]
# No error, no warning, the right size, and the wrong numbers: this is how a network that was
# carried from one library to another quietly gets worse. **How can one row and one column of
# pixels decide whether all outputs agree?**

# %% [markdown]
# ## Which pixels does a stride skip?
#
# The **[stride](glossary.md#stride)** s is the number of cells that the window moves from one
# output to the next. It is often said that "stride 2 skips every other pixel".
#
# Predict: seven pixels in a row, a window of 3, stride 2, no padding. How many of the seven are
# read by *no* window?

# %% tags=["prediction"]
my_unread = None  # a whole number

# %%
seven = conv_axis(7, kernel=3, stride=2)
predict("03-unread", my_unread)

# %% [markdown] tags=["slide"]
# ## Which pixels does stride 2 skip?
#
# None! It skips *places of the window*, and a window of 3 reaches over the gap.

# %% [markdown] tags=["instructor"]
# **5 minutes**, up to the check. "Stride 2 skips every other pixel" is what most have read. Vote on
# the number of unread pixels of seven; 3 wins.
#
# - Say it as the lesson does: stride 2 is stride 1 with every second output dropped (at equal
#   pads). Everything later in this lesson hangs on which half is dropped.

# %% tags=["on-slide"]
windows(seven)

# %% [markdown]
# None. The stride skips *places of the window*, and a window of 3 reaches over the gap. Move over
# the output and watch where the window stops; then set the stride to 1 and back.

# %%
e = sl.explore.window(size=7, kernel_size=3, strides=2, padding="valid")
e

# %% [markdown]
# With the same pads, here none, stride 2 gives every second output of stride 1 on each axis, and
# does not compute the others. That is the whole of it.

# %%
# Check: stride 2 is stride 1 with every second place kept, for a quarter of the work.
every = sl.conv2d(photo, kernel)
kept = sl.conv2d(photo, kernel, strides=2)
assert np.allclose(kept, every[::2, ::2], atol=1e-5)
assert 0.24 < kept.size / every.size < 0.26

assert seven.coverage() == (1, 1, 2, 1, 2, 1, 1)
e.reset()  # whatever you did to it
assert e.scene["output"].values.shape == (3, 3)
e.strides = 1
assert e.scene["output"].values.shape == (5, 5)
e.reset()

# %% [markdown]
# ## When pixels do go unread
#
# There are two ways to lose pixels. If the window is *narrower* than the stride, it cannot reach
# over the gap. And a rest at the end may be too short for one more window. A ✗ marks each cell
# that no window reads.

# %% [markdown] tags=["slide"]
# ## When pixels do go unread
#
# Where the window is narrower than the stride, or the rest too short. A residual network's shortcut
# (1 × 1, stride 2) sees one pixel in four.

# %% [markdown] tags=["instructor"]
# **4 minutes.** The shortcut wakes up those who use such networks: three
# quarters of its input are never read on that path.
#
# - "So those networks are broken?" No, the other path reads everything; but a better shortcut takes
#   a mean first (see "Going further").

# %% tags=["on-slide"]
narrow = conv_axis(8, kernel=1, stride=2)
gap = conv_axis(6, kernel=2, stride=3)
tail = conv_axis(8, kernel=3, stride=2)
windows(narrow, gap, tail)

# %% [markdown]
# The first one is no curiosity. A residual network has a second path around some of its layers,
# the shortcut, and on it stands a 1 × 1 kernel with stride 2 (He et al., "Deep residual learning
# for image recognition", section 3.3). In two dimensions that kernel reads one pixel in four and
# never sees the other three quarters.

# %%
# Check: unread cells between the windows, and after the last; (n − e) mod s of them under valid.
assert narrow.unread == (1, 3, 5, 7)
assert gap.coverage() == (1, 1, 0, 1, 1, 0)
assert tail.unread == (7,)
assert conv_axis(6, kernel=3, stride=3, padding=1).unread == (5,)  # pads alone do not prevent it
shortcut = np.outer(narrow.coverage(), narrow.coverage())
assert (shortcut == 0).mean() == 0.75
for n, k, s in product(range(5, 20), (3, 4, 5), (1, 2, 3)):
    assert len(conv_axis(n, k, s).unread) == (n - k) % s

# %% [markdown]
# Now you. The first needs no multiplication at all: which places are kept?

# %%
sl.practice.show("str-02")

# %% [markdown]
# In the second, pixels go unread for both reasons. Count the gaps, then the rest.

# %%
sl.practice.show("str-04")

# %% [markdown]
# ## How many outputs?
#
# The name "same" suggests that the size is kept, and a popular article says that it is, for any
# stride. So did TensorFlow's documentation (issue 48137 of its tracker).
#
# Predict: seven cells, a window of 3, stride 2, `padding="same"`. How many outputs?

# %% tags=["prediction"]
my_size = None  # a whole number

# %%
odd = conv_axis(7, kernel=3, stride=2, padding="same")
predict("03-size", my_size)

# %% [markdown]
# "Same" keeps the size at stride 1 and at no other. Its promise is one output for every s-th cell:
# cells 0, s, 2s and so on, as long as they are below n. There are o = ⌈n/s⌉ of them (⌈ ⌉ rounds
# up). The kernel does not appear.

# %% [markdown] tags=["slide"]
# ## "Same" keeps the size at stride 1 only
#
# $$ o = \lceil n/s \rceil \qquad t = \max\bigl((o - 1)\,s + e - n,\; 0\bigr) $$

# %% [markdown] tags=["instructor"]
# **6 minutes** for size and pads. The name is what misleads: ask what "same" is the same *as*.
#
# - Derive t aloud: so many cells do the windows cover, so many are there, the rest is missing. The
#   max comes later, when somebody needs it.
# - What goes wrong: ⌈n/s⌉ and ⌊n/s⌋ are mixed up at odd sizes. One output for each of the cells 0,
#   s, 2s … is the sentence that helps.

# %% [markdown]
# ## Where do the pads go?
#
# Now the pads follow. The last window starts (o − 1)·s cells after the first and spans e cells, so
# all windows together cover (o − 1)·s + e cells. The input has n. What is missing must be padding:
#
# $$ t = \max\bigl((o - 1)\,s + e - n,\; 0\bigr) $$
#
# As at stride 1, half of it, rounded down, goes *before* and the rest *after*.
#
# Predict: *eight* cells, a window of 3, stride 2. How many cells are put before and how many
# after?

# %% tags=["prediction"]
my_pads = None  # (before, after)

# %%
even = sl.conv_geometry((8, 8), kernel_size=3, strides=2, padding="same")
predict("03-pads", my_pads)

# %% tags=["on-slide"]
even.derive()

# %%
# Check: the fewest cells that make room for ⌈n/s⌉ windows, found by adding them one by one.
for n, k, s in product(range(1, 15), range(1, 7), (1, 2, 3)):
    t = 0
    while (n + t - k) // s + 1 < ceil(n / s):
        t += 1
    axis = conv_axis(n, k, s, padding="same")
    assert axis.output_size == ceil(n / s)
    assert (axis.pad_before, axis.pad_after) == (t // 2, t - t // 2)

# %% [markdown]
# Here is the surprise that answers the question. Compare an even size with an odd one.

# %% [markdown] tags=["slide"]
# ## One more cell at the end moves every window
#
# A window of 3 at stride 2: even sizes pad (0, 1), odd sizes (1, 1). The first window starts at
# 0, or −1: the **phase**.

# %% [markdown] tags=["instructor"]
# **6 minutes.** The heart of the lesson. Stop at this figure until somebody says it: the *first*
# window moved because of a cell at the *end*.
#
# - Put both figures one under the other on the board and draw a line from output 0 to its cells.
# - "Is that a bug?" No; it is the rule. It wants as few cells as possible and splits them as evenly
#   as it can.

# %% tags=["on-slide"]
windows(even.rows, odd)

# %% [markdown]
# With eight cells nothing is put before: the first window starts at cell 0. With seven it starts at
# −1. One more cell at the far end has moved *every* window. Where the first window
# starts has a name, the **[phase](glossary.md#phase)**: $-p_b$.

# %%
print(" n   o   pads    first tap")
for n in range(5, 13):
    axis = conv_axis(n, kernel=3, stride=2, padding="same")
    pads = (axis.pad_before, axis.pad_after)
    print(f"{n:2}  {axis.output_size:2}   {pads}  {axis.phase:5}")
    assert pads == ((0, 1) if n % 2 == 0 else (1, 1))

# %% [markdown]
# Now you, at an odd size and with an even kernel. Find the pads, then the phase, then the cells.

# %%
sl.practice.show("str-06")

# %% [markdown]
# At stride 1, "same" pads (1, 1) and output i stands over cell i. With stride 2 you might expect
# to keep the outputs 0, 2, 4 … of that layer. At an odd size you do. At an even size you keep 1, 3,
# 5 …, because the pads are not those of stride 1.


# %%
def same(x, strides):
    return sl.conv2d(x, kernel, strides=strides, padding="same")


# Check: an odd size keeps the even outputs, an even size keeps the odd ones.
at_225, at_224 = photo[:225, :225], photo[:224, :224]
assert np.allclose(same(at_225, 2), same(at_225, 1)[0::2, 0::2], atol=1e-5)
assert np.allclose(same(at_224, 2), same(at_224, 1)[1::2, 1::2], atol=1e-5)
assert even.pads == ((0, 1), (0, 1))
assert odd.output_size == 4

# %% [markdown]
# ## The question, answered
#
# `padding=1` puts one cell before at any size: it starts at −1, always. "Same" starts at −1 for
# 225 cells and at 0 for 224. There the two have the same number of windows, and each of them
# is off by one cell.

# %% [markdown] tags=["slide"]
# ## Same size, other windows
#
# `padding=1` starts at −1 at every size. "Same" starts at −1 for 225 and at 0 for 224: there every
# window is off by one cell.

# %% [markdown] tags=["instructor"]
# **4 minutes**, with the parity explorer. Go back to the guesses on the board. Then let everybody
# write down the one line that repairs it in PyTorch, before `sl.port` prints it: pad (0, 1) by
# hand.
#
# - "Why did training not notice?" A network that is *trained* there learns with those windows. It
#   is the carried weights that suffer.

# %% tags=["on-slide"]
for n in (225, 224):
    ours = sl.convention("keras").conv(n, kernel=3, stride=2, padding="same")
    theirs = sl.convention("torch").conv(n, kernel=3, stride=2, padding=1)
    print(f"{n}: {ours.output_size} outputs and {theirs.output_size}; ", end="")
    print(f"first windows {ours.taps(0)} and {theirs.taps(0)}")

# %%
# Check: at 224 the one library keeps the outputs that the other one drops.
torch_224 = sl.conv2d(at_224, kernel, strides=2, padding=1)
assert np.allclose(torch_224, same(at_224, 1)[0::2, 0::2], atol=1e-5)
assert ours.output_size == theirs.output_size == 112
assert (ours.phase, theirs.phase) == (0, -1)

# %% [markdown]
# This prints what to write in PyTorch to get, at 224, what Keras computes:

# %%
print(sl.port("keras", "torch", (224, 224), kernel_size=3, strides=2, padding="same"))

# %% [markdown]
# The other way round: which Keras layer reads what PyTorch's layer reads? Compare the first
# windows.

# %%
sl.practice.show("pad-04")

# %% [markdown]
# Move the size from 8 to 7: hatched cells appear above and on the left, and the window's first
# stop moves out there, with the stride untouched. *Worked derivation*, below the picture, has the
# numbers.

# %%
parity = sl.explore.window(size=8, kernel_size=3, strides=2, padding="same")
parity

# %%
# Check: the same number of outputs, other pads.
parity.reset()  # whatever you did to it
assert parity.scene["input"].pads == ((0, 1), (0, 1))
parity.size = 7
assert parity.scene["input"].pads == ((1, 1), (1, 1))
assert parity.scene["output"].values.shape == (4, 4)
parity.reset()

# %% [markdown]
# ## Never less than nothing
#
# What is the max(…, 0) for? A window of 1 with stride 2 on seventy cells: 35 windows cover 34·2 +
# 1 = 69 of them. One cell is *left over*, and the formula without its max says t = −1. "Same"
# never takes cells away.

# %%
sl.conv_geometry((70, 70), kernel_size=1, strides=2, padding="same").derive()

# %%
# Check: no negative pads anywhere; the cell left over stays unread at the end.
wide = conv_axis(70, kernel=1, stride=2, padding="same")
assert (wide.output_size - 1) * 2 + 1 - 70 == -1
assert (wide.pad_before, wide.pad_after) == (0, 0)
assert wide.unread[-1] == 69
for n, k, s in product(range(1, 30), range(1, 6), range(1, 5)):
    axis = conv_axis(n, k, s, padding="same")
    assert min(axis.pad_before, axis.pad_after) >= 0
    assert axis.output_size == ceil(n / s)

# %% [markdown]
# ## A whole layer
#
# A picture of 32 × 32 with three channels, 32 filters of 3 × 3, stride 2, "same". You can say all
# of it in advance: 16 × 16 × 32 outputs, pads (0, 1) on both axes, and 3·3·3·32 + 32 = 896
# parameters. Strides do not appear in the parameters.

# %%
layer = sl.layers.Conv2D(32, 3, strides=2, padding="same")
colour = photograph(my_photo)[:512, :512]
thumbnail = sl.avg_pool2d(colour, 16)[None]  # one picture of 32 × 32, as a batch
print(thumbnail.shape, "->", layer(thumbnail).shape)

# Check: shape, pads, parameters, and a quarter of the multiplications of stride 1.
assert layer(thumbnail).shape == (1, 16, 16, 32)
assert sl.conv_geometry((32, 32), 3, strides=2, padding="same").pads == ((0, 1), (0, 1))
one = sl.cost((32, 32, 3), filters=32, kernel_size=3, strides=1, padding="same")
two = sl.cost((32, 32, 3), filters=32, kernel_size=3, strides=2, padding="same")
assert one.params == two.params == 896
assert one.macs == 4 * two.macs

# %% [markdown]
# A quarter for a stride of 2 on both axes. And where the axes have different strides?

# %%
sl.practice.show("str-08")

# %% [markdown]
# ## Layer after layer
#
# Now several such layers in a row: a window of 3, stride 2, from 32 cells. Under "same" five of
# them give 16, 8, 4, 2 and 1.
#
# Predict: under "valid", how many layers fit before there is no place left for a window?

# %% tags=["prediction"]
my_layers = None  # a whole number

# %%
predict("03-layers", my_layers)

# %% [markdown] tags=["slide"]
# ## Layer after layer
#
# A window of 3, stride 2, from 32 cells: "same" gives 16, 8, 4, 2, 1. "Valid" gives 15, 7, 3, 1,
# nothing. The factor of two is the stride's, in both.

# %% [markdown] tags=["instructor"]
# **3 minutes.** An article that many have read says that "same" keeps a network from shrinking too
# fast. Let the room judge that: half true.
#
# - What goes wrong: the error text in the output is taken for a failure of the notebook. It is what
#   StrideLab says about the fifth layer, printed.

# %%
chains = {"same": [32], "valid": [32]}
for rule, sizes in chains.items():
    try:
        for _ in range(5):
            sizes.append(conv_axis(sizes[-1], kernel=3, stride=2, padding=rule).output_size)
    except sl.StrideLabError as error:
        print(f"{rule}, layer {len(sizes)}: {error}")
    print(f"{rule:6}", *sizes)

# Check: "same" halves to the end; "valid" has nothing left for the fifth layer.
assert chains["same"] == [32, 16, 8, 4, 2, 1]
assert chains["valid"] == [32, 15, 7, 3, 1]

# %% [markdown]
# "Same" does not soften the stride: the factor of two is there in each layer. What it saves are
# the cells that "valid" loses on top. And since rounding up in steps is rounding up at once,
# ⌈⌈n/a⌉/b⌉ = ⌈n/(a·b)⌉, a stack's size under "same" depends on the input's size and the product of
# its strides alone.

# %%
# Check: strides of 2, 3 and 2, in any order, are one stride of 12.
for n in range(1, 500):
    for strides in ((2, 3, 2), (3, 2, 2), (2, 2, 3)):
        size = n
        for s in strides:
            size = conv_axis(size, kernel=3, stride=s, padding="same").output_size
        assert size == ceil(n / 12)

# %% [markdown]
# Somebody swaps two strided layers. What does the size say to that?

# %%
sl.practice.show("str-12")

# %% [markdown]
# ## On the photograph
#
# Strides 1, 2, 4 and 8, with a mean over 3 × 3 cells. The axes tell how few cells are left; drawn
# at one size they look like one picture getting coarser. So does a stride "zoom out"?

# %% [markdown] tags=["slide"]
# ## A stride picks
#
# It looks like zooming out. But stripes one cell wide turn all black, or all white: detail finer
# than the stride becomes something else. **Aliasing**.

# %% [markdown] tags=["instructor"]
# **3 minutes.** Only a look ahead: lesson 09 is about nothing else. Wheels that turn backwards in a
# film are the same thing in time.
#
# - What goes wrong: all four pictures are drawn at one size, and people see no difference between
#   the first two. The titles and the axes have it.

# %% tags=["on-slide"]
mean = np.full((3, 3, 1, 1), 1 / 9, dtype="float32")
pictures(
    {f"stride {s}": sl.conv2d(photo, mean, strides=s, padding="same") for s in (1, 2, 4, 8)},
    "One portrait at strides 1, 2, 4 and 8: 600, 300, 150 and 75 rows, coarser each time.",
    columns=2,
)

# %% [markdown]
# Not quite: it *picks*. Take stripes one cell wide, black and white, and let a window of 1 go over
# them with stride 2. It meets black, and black, and black. Shift the stripes by one cell, and all
# is white.

# %%
stripes = np.tile(np.float32([0, 1]), 8).reshape(1, 16, 1)
pick = np.ones((1, 1, 1, 1), dtype="float32")

first = sl.conv2d(stripes, pick, strides=(1, 2)).ravel()
shifted = sl.conv2d(1 - stripes, pick, strides=(1, 2)).ravel()
print("stripes", first, "shifted", shifted, sep="\n")

# Check: half black and half white, and yet all black, or all white.
assert stripes.mean() == 0.5
assert first.tolist() == [0] * 8
assert shifted.tolist() == [1] * 8

# %% [markdown]
# Detail finer than the stride does not vanish: it turns into something else. That is called
# **[aliasing](glossary.md#aliasing)**. The mean above hides it a little, because it blurs before it
# picks.
#
# ## Stride 1 against stride 2 and more
#
# | one axis, d = 1 | stride 1 | stride s > 1 |
# |---|---|---|
# | size under same | n | ⌈n/s⌉ |
# | size under valid | n − k + 1 | ⌈(n − k + 1)/s⌉ |
# | pads under same | k − 1 in all, at every n | k − 1 − ((n − 1) mod s), at least 0 |
# | cells unread under same | none | some, if k < s and n > k |
# | multiplications (2-D) | all | about 1/s² |

# %%
# Check: the table, line by line.
for n, k, s in product(range(7, 24), (1, 2, 3, 5), (1, 2, 3)):
    same_axis, valid_axis = conv_axis(n, k, s, padding="same"), conv_axis(n, k, s)
    t = same_axis.pad_before + same_axis.pad_after
    assert same_axis.output_size == (n if s == 1 else ceil(n / s))
    assert valid_axis.output_size == (n - k + 1 if s == 1 else ceil((n - k + 1) / s))
    assert t == (k - 1 if s == 1 else max(0, k - 1 - (n - 1) % s))
    assert bool(same_axis.unread) == (k < s)
    work = [sl.cost((60, 60, 1), 1, k, strides=step, padding="same").macs for step in (1, s)]
    assert work[0] == work[1] * s**2

# %% [markdown]
# ## Practise
#
# Two to finish with. First all of it at once: rows and columns of their own, kernel and stride too.

# %%
sl.practice.show("str-13")

# %% [markdown]
# If you like to mend code: this is the surprise of the lesson as a bug. At which index does the
# first output stand that stride s keeps? Skip it if you are in a hurry.

# %%
sl.practice.show("str-17")

# %% [markdown] tags=["slide"]
# ## Compare the first tap
#
# One row of pixels moves the phase, and with it all windows. Sizes that agree do not say that
# windows agree. Next: five rules behind one word.

# %% [markdown] tags=["recap"]
# ## Recap
#
# - A stride skips places of the window. Pixels go unread only where the window is narrower than the
#   stride, or in a rest at the end that is too short for one more window.
# - Under "same" the size is ⌈n/s⌉: kept at stride 1 only.
# - The pads are t = max((o − 1)·s + e − n, 0), the odd cell after. For a window of 3 and stride 2:
#   (0, 1) at even sizes, (1, 1) at odd ones.
# - So one row of pixels moves the phase of all windows. `padding=1` has it at −1 always: the
#   same size at 224, and every window off by one. That is the answer to the question.
# - Sizes that agree do not say that windows agree. Compare the first tap.
#
# **Next:** [04 · One word, five rules](04_one_word_five_rules.ipynb). "Same" has other meanings
# elsewhere: PyTorch's refuses strides over 1, and ONNX has one that puts the odd cell before.

# %% [markdown] tags=["further"]
# ## Going further
#
# - Vincent Dumoulin and Francesco Visin, "A guide to convolution arithmetic for deep learning"
#   (arXiv:1603.07285, 2016), sections 2.3 and 2.4: strides other than 1, as
#   drawings.
# - TensorFlow's own code, `tensorflow/core/framework/kernel_shape_util.cc`: the pads of "same" in a
#   few lines of C++. You can read them now.
# - Tong He and others, "Bag of tricks for image classification with convolutional neural networks"
#   (CVPR, 2019), section 4: the shortcut that ignores three quarters of its input, and what to put
#   in its place.
# - Bilal Alsallakh and others, "Mind the pad: CNNs can develop blind spots" (ICLR, 2021): what
#   uneven pads do to a detector, and the sizes that avoid them.
# - Richard Zhang, "Making convolutional networks shift-invariant again" (ICML, 2019): aliasing in
#   networks, and a blur against it. Lesson 09 builds it.
