# ---
# jupyter:
#   stridelab:
#     title: Padding
#     minutes: 30
#     summary: What padding adds, who computes with it, and whether it makes all cells equal.
#     needs:
#       - "[01 · The sliding window](01_sliding_window.ipynb). In two lines: a window slides over
#         the input, and each output is the dot product of the window's cells and the kernel."
#     does:
#       - Count windows until the formula for the output size falls out.
#       - Find which outputs are computed from cells that nobody photographed.
#       - Fill the border in four ways on a photograph, and look.
#       - Solve problems in between, a few minutes each; one of them in Python, if you like.
#     outcomes:
#       - Derive the output size for any pads, instead of remembering it.
#       - Say how many cells `padding="same"` adds before and after, for even kernels too.
#       - Say what zeros at the border do to your values, and what else there is.
# ---

# %%
from itertools import product

import numpy as np

import stridelab as sl
from stridelab.figures import bars, grids, pictures, windows
from stridelab.geometry import MODES, border_cell, conv_axis
from stridelab.photos import photograph
from stridelab.practice import predict

# %%
my_photo = None  # or a file of yours, for example "holiday.jpg"

small = sl.avg_pool2d(photograph(my_photo, grey=True), 4)  # means of 4 × 4 cells
photo = small[:96] ** 0.5  # the upper part; the square root brightens it

# %% [markdown] tags=["question"]
# ## The question
#
# A mean over 15 × 15 cells blurs this photograph. It keeps its size, because the call says
# `padding="same"`, as many networks do ([same](glossary.md#same) is explained below). Now look at
# the edges of the blurred one.

# %% [markdown] tags=["slide"]
# ## Where does the dark frame come from?
#
# A mean over 15 × 15 cells, with `padding="same"`. Nobody photographed a frame.

# %% [markdown] tags=["instructor"]
# **3 minutes.** Let the room look until somebody sees the frame: darkest in the corners. Ask who
# has used `padding="same"`, and who has ever looked at the edges of what came out.
#
# - Write the three parts of the bold question on the board, and cross them off as they are
#   answered.
# - What goes wrong: on a dark photograph of one's own the frame hardly shows. Take a bright one.

# %% tags=["on-slide"]
blur = np.full((15, 15, 1, 1), 1 / 225, dtype="float32")
pictures(
    {"the photograph": photo, "blurred": sl.conv2d(photo, blur, padding="same")},
    "A portrait, and the same portrait blurred; the blurred one fades to black at its edges.",
)

# %% [markdown] tags=["question"]
# Nobody photographed a dark frame. **Where does it come from, which outputs are touched by it, and
# does every cell of the photograph count equally, now that the size is kept?**

# %% [markdown]
# ## What is lost without padding
#
# Take one axis alone: six cells and a window of three. Where a window can stand on the rows has
# nothing to do with the columns, so one axis says it all. `conv_axis` is that axis; two of them
# make the `sl.conv_geometry` of a picture. Each line below the cells is one place of the window,
# and n, k and s above them are the letters of this lesson: n cells, a kernel of k, moved by s at a
# time.

# %% [markdown] tags=["slide"]
# ## Without padding every layer loses cells
#
# Six cells, a window of three: four places. From 32 cells fifteen layers get 30, 28, … 2, and the
# sixteenth finds no place.

# %% [markdown] tags=["instructor"]
# **3 minutes.** One axis at a time: say it now, since the whole course does it so. "Two dimensions
# are two of these."
#
# - The question that comes: "Why does anybody use valid?" Because every output is honest: it was
#   computed from real cells alone.

# %% tags=["on-slide"]
valid = conv_axis(6, kernel=3)
windows(valid)

# %% [markdown]
# Four places, so four outputs. This rule, where each window lies wholly on the input, is called
# **[valid](glossary.md#valid)**. It costs two cells at a kernel of three, and the next layer pays
# again.

# %%
sizes = [32]
while sizes[-1] >= 3:
    sizes.append(conv_axis(sizes[-1], kernel=3).output_size)
print(*sizes)

try:
    conv_axis(sizes[-1], kernel=3)
except sl.StrideLabError as error:
    print(f"Layer {len(sizes)}: {error}")

# %%
# Check: fifteen layers of three use up 32 cells, and the sixteenth does not fit.
assert valid.output_size == 4
assert len(sizes) - 1 == 15
assert sizes[-1] == 2

# %% [markdown]
# Now you, with another kernel. Where does the last window start?

# %%
sl.practice.show("pad-01")

# %% [markdown]
# ## What padding adds
#
# **[Padding](glossary.md#padding)** puts cells around the input before the window slides. Two
# numbers per axis say how many: **[before](glossary.md#before)** (top or left) and
# **[after](glossary.md#after)** (bottom or right). Hatched cells are padding and hold zeros.

# %%
same = conv_axis(6, kernel=3, padding="same")
windows(same)

# %% [markdown]
# Move the window to a corner of the output and read the products there. Then switch the padding
# and watch the output grow and shrink.

# %% [markdown] tags=["slide"]
# ## Padding: cells before and after
#
# Before is top and left, after is bottom and right. Hatched cells hold zeros. Go to a corner of the
# output and read the products.

# %% tags=["on-slide"]
e = sl.explore.window(size=6, kernel_size=3, padding="same")
e

# %%
# Check: the explorer agrees, and "same" has as many outputs as there are cells.
assert same.output_size == 6
assert (same.pad_before, same.pad_after) == (1, 1)
e.reset()  # whatever you did to it
assert e.scene["input"].pads == ((1, 1), (1, 1))
assert e.scene["output"].values.shape == (6, 6)
e.padding = "valid"
assert e.scene["output"].values.shape == (4, 4)
e.reset()

# %% [markdown]
# ## The formula, by counting
#
# How many places are there on any axis, with any pads? You need no formula for that: you can count.
# Number the cells from 0 and go on counting into the padding, so that the first padded cell before
# the input is −1. With $p_b$ cells before and $p_a$ after, the axis runs from $-p_b$ to $n - 1 +
# p_a$.
#
# - Window number $i$ starts at cell $i \cdot s - p_b$. The letter $s$ is the
#   **[stride](glossary.md#stride)**, the cells from one place to the next. Here it is 1; the next
#   lesson is about it.
# - Each cell that a window reads is a **[tap](glossary.md#tap)**. From its first tap to its last
#   it has the **[span](glossary.md#span)** $e$, here the kernel's size. So its last tap is at $i
#   \cdot s - p_b + e - 1$.
# - The window fits as long as that is on the axis: $i \cdot s - p_b + e - 1 \le n - 1 + p_a$.
#
# Solve for $i$: it is at most $(n + p_b + p_a - e)/s$, rounded down. It starts at 0, so there are
#
# $$ o = \left\lfloor \frac{n + p_b + p_a - e}{s} \right\rfloor + 1 $$
#
# outputs. The half brackets round down: a place that only half fits is no place.

# %% [markdown] tags=["slide"]
# ## Count the places
#
# $$ o = \left\lfloor \frac{n + p_b + p_a - e}{s} \right\rfloor + 1 $$

# %% [markdown] tags=["instructor"]
# **6 minutes**, with the explorer before it. Derive it at the board from "the last window still
# fits"; do not show the formula first. Let them find the + 1 by counting fence posts.
#
# - "Must the division come out even?" No; some courses say so. It is rounded down, and what is left
#   over at the end is not read.
# - What goes wrong: the letters. Keep n = 6, k = 3 on the board beside them. e is k here; lesson 05
#   needs it.


# %%
def count(n, e, s, before, after):
    """Tries every start and counts the windows that fit."""
    starts = range(-before, n + after, s)
    return sum(start + e - 1 <= n - 1 + after for start in starts)


# %%
# Check: the formula against counting, 648 times.
cases = list(product(range(6, 14), (1, 2, 4), (1, 2, 3), (0, 1, 3), (0, 1, 3)))
for n, k, s, before, after in cases:
    o = (n + before + after - k) // s + 1
    assert o == count(n, k, s, before, after)
    assert o == conv_axis(n, k, s, padding=(before, after)).output_size
assert len(cases) == 648

# %% [markdown]
# Use it for rows and for columns, each with its own numbers. (A stride of (2, 3) moves the window
# by two rows, or by three columns.)

# %%
sl.practice.show("pad-07")

# %% [markdown]
# ## How much "same" adds
#
# At stride 1, **[same](glossary.md#same)** wants o = n. Put that into the formula: n = n + t − e +
# 1, where t is the padding in all, so t = e − 1. A kernel of 3 needs two cells, one on each side.
# A kernel of 5 needs four, two on each side.
#
# Predict: a kernel of *4*, on six cells, at stride 1. How many cells are put before and how many
# after?

# %% tags=["prediction"]
my_pads = None  # (before, after)

# %%
even = sl.conv_geometry((6, 6), kernel_size=4, padding="same")
predict("02-pads", my_pads)

# %%
even.derive()

# %% [markdown] tags=["slide"]
# ## An even kernel: the odd cell goes after
#
# A kernel of 4 on six cells needs three more: (1, 2). So the picture drifts: ten layers of 2 carry
# it five cells left.

# %% [markdown] tags=["instructor"]
# **6 minutes**, with the drift. Let them commit to the pads; (2, 2) and (2, 1) both have followers,
# and the verdict says which rule each of them comes from.
#
# - "Why after?" A convention, no law: ONNX has both, and lesson 04 has all of them.
# - "Does the drift matter in practice?" The size never tells, which is why it goes unnoticed; an
#   upsampled mask is off by cells. Odd kernels do not drift at stride 1.

# %% tags=["on-slide"]
windows(even.rows)

# %% [markdown]
# Three cells cannot be split evenly. The odd one goes *after*: below and to the right. That is so
# in Keras, TensorFlow, JAX and PyTorch; some others put it [before](glossary.md#same_lower).
# Keras' own documentation says that "same" pads evenly: for an even kernel it cannot.
#
# It matters more than it looks. A kernel of 2 pads (0, 1), so each output reads its own cell and
# the next one: half a cell to the right of where it stands. Now put ten such layers in a row, and
# send a single 1 through them that stands at cell 10 of 21.
#
# Predict: at which cell is its centre when it comes out? (The layers take means, so it comes out
# as a small heap; its centre is what counts.)

# %% tags=["prediction"]
my_centre = None  # a cell, from 0 to 20

# %%
signal = np.zeros((1, 21, 1), dtype="float32")
signal[0, 10] = 1
pair = np.full((1, 2, 1, 1), 0.5, dtype="float32")

for _ in range(10):
    signal = sl.conv2d(signal, pair, padding="same")
centre = float(signal.ravel() @ np.arange(21))
predict("02-drift", my_centre)

# %% [markdown]
# Reading on the right moves the picture to the *left*, as in [01](01_sliding_window.ipynb): half a
# cell a layer, unnoticed, since the size stays what it was.

# %%
# Check: five cells of drift, and the odd cell after in the numbers above.
assert centre == 5
assert even.pads == ((1, 2), (1, 2))
assert conv_axis(21, kernel=2, padding="same").pad_before == 0

# %% [markdown]
# Here is the rule held against a search that knows no formula: it adds cells one by one until there
# are enough windows.

# %%
# Check: "same" is the fewest cells that give one window for each of the cells 0, s, 2s, …
for n, k, s in product(range(1, 15), range(1, 7), (1, 2, 3)):
    t, wanted = 0, len(range(0, n, s))
    while count(n, k, s, 0, t) < wanted:
        t += 1
    axis = conv_axis(n, k, s, padding="same")
    assert axis.output_size == wanted
    assert (axis.pad_before, axis.pad_after) == (t // 2, t - t // 2)  # the odd one goes after

# %% [markdown]
# Now with values. Write the padded row down first, then slide.

# %%
sl.practice.show("pad-03")

# %% [markdown]
# ## Who sees the border
#
# Take a picture that is white all over: every cell is 1. Take the mean of 3 × 3 cells with
# `padding="same"`. The mean of ones is 1.
#
# Predict: what comes out in the *corner*? Two decimals are enough.

# %% tags=["prediction"]
my_corner = None  # for example 0.75

# %%
white = np.ones((5, 5, 1), dtype="float32")
mean = np.full((3, 3, 1, 1), 1 / 9, dtype="float32")
grey = sl.conv2d(white, mean, padding="same")[:, :, 0]

# %%
predict("02-corner", my_corner)

# %% [markdown] tags=["slide"]
# ## White goes in, grey comes out
#
# The layer divides by nine wherever it stands. In the corner only four of the nine are real.

# %% [markdown] tags=["instructor"]
# **4 minutes.** This is the first answer to the question: go back to the portrait and point at the
# corners.
#
# - Let them guess the share of touched outputs at 7 × 7 before the list is printed. Hardly anybody
#   says a half.
# - "Why does Keras not divide by four there?" A convolution does not know that it is a mean.
#   Average *pooling* does know it, and does divide by four: lesson 06.

# %% tags=["on-slide"]
grids({"white": ("input", white[:, :, 0]), "its mean": ("output", grey)})

# %% [markdown]
# Less than 1 is darker than white: that is the dark frame. The layer divides by nine wherever it
# stands, and at the border some of the nine are zeros that nobody photographed. How many outputs
# are touched by them? One ring of cells, for a kernel of 3. That sounds like little.


# %%
def touched(n):
    """The share of an n × n output that was computed with padding, for a kernel of 3."""
    axis = conv_axis(n, kernel=3, padding="same")
    clean = sum(min(axis.taps(i)) >= 0 and max(axis.taps(i)) < n for i in range(n))
    return 1 - clean**2 / n**2


for n in (224, 32, 14, 7, 4, 2):
    print(f"{n:3} × {n:<3}  {touched(n):4.0%} of the outputs use padding")

# %%
# Check: a few in a hundred at the start of a network, nearly half at 7 × 7, all at 2 × 2.
assert round(touched(224), 2) == 0.02
assert touched(7) == 1 - 25 / 49 > 0.48
assert touched(2) == 1
assert np.allclose([grey[0, 0], grey[0, 2], grey[2, 2]], [4 / 9, 6 / 9, 1])

# %% [markdown]
# Deep in a network, where pictures are 7 × 7, nearly half of all outputs are computed with made-up
# cells.
#
# ## Does every cell count equally?
#
# It is often said that padding makes all cells count equally, those at the border too. Count the
# windows that read each cell: its **[coverage](glossary.md#coverage)**. Without padding, the first
# of six cells is read by one window of three, the cells in the middle by three.
#
# Predict: with `padding="same"`, how many windows read cell 0?

# %% tags=["prediction"]
my_reads = None  # a whole number

# %%
full = conv_axis(6, kernel=3, padding="full")
predict("02-reads", my_reads)

# %% [markdown] tags=["slide"]
# ## Does every cell count equally?
#
# No: with zeros around, only "full" reads each cell equally often, at stride 1, and its output is
# larger than its input.

# %% [markdown] tags=["instructor"]
# **4 minutes.** Nearly every text says that padding makes all cells count equally. Ask for the
# three numbers at the left end before you show the bars.
#
# - "Two or three, who cares?" In two dimensions a corner is read 4 times for 9, and a large kernel
#   makes it worse: at 15 × 15 it is 64 for 225.

# %% tags=["on-slide"]
bars(
    {f"{a.rule}: {a.output_size} outputs": a.coverage() for a in (valid, same, full)},
    x="input cell",
    y="reads (windows)",
)

# %% [markdown]
# "Same" makes it better, not equal. In two dimensions the reads multiply: a corner is read 2·2 = 4
# times, a cell inside 3·3 = 9 times. With zeros around, to be fair to all cells takes
# **[full](glossary.md#full)** padding, e − 1 cells on each side, and an output that is *larger*
# than the input.
#
# Coverage is no bookkeeping: it says in how many outputs a cell has a say. With a kernel of ones
# it is the cell's weight in the sum of all outputs.

# %%
# Check: with a kernel of ones, the sum of all outputs is the sum of cell × coverage.
ones = np.ones((3, 3, 1, 1), dtype="float64")
exact = photo.astype("float64")
plane = sl.conv_geometry(photo.shape[:2], kernel_size=3, padding="same")
weight = np.outer(plane.rows.coverage(), plane.cols.coverage())
assert np.isclose(sl.conv2d(exact, ones, padding="same").sum(), (exact[:, :, 0] * weight).sum())
assert (weight[0, 0], weight[0, 1], weight[1, 1]) == (4, 6, 9)
assert valid.coverage() == (1, 2, 3, 3, 2, 1)
assert same.coverage() == (2, 3, 3, 3, 3, 2)
assert full.coverage() == (3, 3, 3, 3, 3, 3)
assert full.output_size == 8

# %% [markdown]
# "Full" by hand, once. The kernel comes in from outside, first with its last number alone.

# %%
sl.practice.show("pad-08")

# %% [markdown]
# ## With what else can the border be filled?
#
# Zeros are not the only choice; PyTorch's layers offer four. Here is what each puts around the
# cells 1 2 3 4, two on each side.

# %%
for mode in MODES:
    cells = [border_cell(position, 4, mode) for position in range(-2, 6)]
    text = [str(cell + 1) if cell is not None else "0" for cell in cells]
    print(f"{mode:10} {' '.join(text[:2])} | {' '.join(text[2:6])} | {' '.join(text[6:])}")

# %% [markdown]
# **[Reflect](glossary.md#reflect)** mirrors the picture at its edge cell,
# **[replicate](glossary.md#replicate)** repeats the edge cell,
# **[circular](glossary.md#circular)** goes on at the other side. Look for the frame in each of
# them. In the circular one, where does the dark at the right edge come from?

# %% [markdown] tags=["slide"]
# ## What else can the border hold?
#
# Reflect and replicate show no frame. Circular has no border at all, and lets the other side leak
# in.

# %% [markdown] tags=["instructor"]
# **4 minutes**, with what follows. Let them find the flag in the circular one.
#
# - "So why does everybody take zeros?" They are cheap and never wrong in size, and a network learns
#   to live with them; some even use them to know where they are. Lesson 08 measures it.
# - Keras' `Conv2D` has no argument for it; PyTorch has. In Keras one pads first, with
#   `keras.ops.pad`.

# %% tags=["on-slide"]
blurred = {mode: sl.conv2d(photo, blur, padding="same", padding_mode=mode) for mode in MODES}
pictures(
    blurred,
    "The blurred portrait four times: its border filled with zeros, reflect, replicate, circular.",
    columns=2,
)

# %% [markdown]
# Zeros darken the frame; reflect and replicate do not. Circular lets the dark flag at the left
# edge leak in at the right one, as if the photograph were rolled up. It has a merit, too: on a
# roll there is no border, and every cell is read equally often.

# %%
# Check: zeros darken every edge; the other three keep white white; circular is fair.
for mode in MODES:
    out = sl.conv2d(white, mean, padding="same", padding_mode=mode)
    assert np.allclose(out, 1) == (mode != "zeros")
for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
    assert blurred["zeros"][edge].mean() <= blurred["replicate"][edge].mean()
rolled = sl.conv2d(exact, ones, padding="same", padding_mode="circular")
assert np.isclose(rolled.sum(), 9 * exact.sum())

# %% [markdown]
# A mirror, by hand. Which cells stand in it once, and which twice?

# %%
sl.practice.show("pad-09")

# %% [markdown]
# `Conv2D` in Keras offers zeros alone, and does nothing to undo what they do. Often a network
# lives well with them; it even uses them. Since only the border has zeros, the values there tell
# it *where it is* in the picture (Islam, Jia & Bruce, "How much position information do
# convolutional neural networks encode?", ICLR 2020).
#
# ## Pads of your own
#
# "same" is a name for two pairs of numbers, and you can write those yourself. For the kernel of 4:

# %%
kernel = np.random.default_rng(0).standard_normal((4, 4, 1, 1)).astype("float32")
by_name = sl.conv2d(photo, kernel, padding="same")
by_hand = sl.conv2d(photo, kernel, padding=((1, 2), (1, 2)))
other_way = sl.conv2d(photo, kernel, padding="same_lower")

# Check: the name is the pair; the other rule gives the same values, one cell further on.
assert (by_name == by_hand).all()
assert by_name.shape == other_way.shape == photo.shape
assert my_photo is not None or not np.allclose(by_name, other_way)
assert np.allclose(by_name[:-1, :-1], other_way[1:, 1:], atol=1e-5)

# %% [markdown]
# ## Practise
#
# First one that takes a moment's thought and no long sums: count the outputs of one axis, before
# and after.

# %%
sl.practice.show("pad-15")

# %% [markdown]
# If you like to write code: three ways to fill the border, as one function. Write down what the
# places −2, −1, n and n + 1 show before you start. Skip it if you are in a hurry.

# %%
sl.practice.show("pad-14")

# %% [markdown]
# And the drift once more: remember what ten layers of 2 did to a single 1.

# %%
sl.practice.show("pad-16")

# %% [markdown] tags=["slide"]
# ## The frame is made of zeros
#
# A ring of outputs is computed with them: 2 % at 224 × 224, nearly half at 7 × 7. And cells at the
# border still count less.

# %% [markdown] tags=["recap"]
# ## Recap
#
# - The dark frame is made of zeros: at the border part of the window lies on padding, and the
#   layer does not know.
# - $o = \lfloor (n + p_b + p_a - e)/s \rfloor + 1$: count the places, the last one still fits.
# - At stride 1, "same" adds e − 1 cells. For an even kernel the odd one goes after, and the picture
#   drifts to the left by half a cell a layer.
# - "Same" does *not* make all cells count equally: [2, 3, 3, 3, 3, 2]. With zeros, only "full"
#   does, at stride 1.
# - At 7 × 7, nearly half of a layer's outputs (kernel 3) are computed with padding. Reflect and
#   replicate avoid the frame.
#
# So far the size was kept. **Next:** [03 · Strides](03_strides.ipynb) moves the window by two
# cells, and "same" no longer means what it says.

# %% [markdown] tags=["further"]
# ## Going further
#
# - Vincent Dumoulin and Francesco Visin, "A guide to convolution arithmetic for deep learning"
#   (arXiv:1603.07285, 2016), chapter 2: every case of this lesson as a drawing, with its formula.
# - Md Amirul Islam, Sen Jia and Neil Bruce, "How much position information do convolutional neural
#   networks encode?" (ICLR, 2020): a network asked where a pixel is, with and without padding.
# - Osman Semih Kayhan and Jan van Gemert, "On translation invariance in CNNs: convolutional layers
#   can exploit absolute spatial location" (CVPR, 2020): what "full" padding changes.
# - Shuang Wu, Guanrui Wang, Pei Tang, Feng Chen and Luping Shi, "Convolution with even-sized
#   kernels and symmetric padding" (NeurIPS, 2019): the drift of even kernels, and a way to stop it.
# - Guilin Liu and others, "Partial convolution based padding" (arXiv:1811.11718, 2018): a layer
#   that scales its sum up where a part of the window is padding.
