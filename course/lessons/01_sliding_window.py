# ---
# jupyter:
#   stridelab:
#     title: The sliding window
#     minutes: 25
#     summary: Nine numbers slide over a photograph and find its edges. How can they?
#     needs:
#       - Python's basics and NumPy's arrays. No calculus, and no machine learning yet.
#       - "[00 · Start here](00_start_here.ipynb), once, to know how these notebooks work."
#     does:
#       - Compute one output by hand, then let the window slide.
#       - Find edges, blur and sharpen on a photograph, yours if you like.
#       - Take apart what a colour picture and several filters change.
#       - Solve problems in between, a few minutes each; one of them in Python, if you like.
#     outcomes:
#       - Say what a convolution computes, as one dot product per place.
#       - Read off a kernel's numbers what it does to flat areas.
#       - Tell kernel, filter, channel and feature map apart, and count a layer's parameters.
# ---

# %%
import numpy as np

import stridelab as sl
from stridelab.figures import grids, pictures
from stridelab.photos import photograph
from stridelab.practice import predict

my_photo = None  # or a file of yours, for example "holiday.jpg"

colour = photograph(my_photo)
photo = photograph(my_photo, grey=True)
face = photo[130:258, 160:352]  # rows, then columns

# %% [markdown] tags=["question"]
# ## The question
#
# The first picture below is a photograph. The other three are made from it, each with nine numbers
# and the same rule; only the numbers differ. One set of nine draws upright edges and drops all that
# is flat. (Its results can be negative; the picture shows how large they are.)
#
# **How can nine numbers find an edge in a picture that they have never seen?**
#
# (You need not understand the code yet. Run it, and look.)

# %% [markdown] tags=["slide"]
# ## How can nine numbers find an edge?
#
# One photograph, one rule, three sets of nine numbers: edges, blur, sharpen. They have never seen
# this picture.

# %% [markdown] tags=["instructor"]
# **3 minutes.** Show the four pictures before anything is explained, and let the room collect
# answers to the bold question. "They were trained" is the usual one: nobody trained these nine.
#
# - What goes wrong: somebody tries to read the code. It is explained line by line further down.
# - `my_photo = "holiday.jpg"` takes a learner's own picture, once the file is uploaded beside the
#   lessons. Let them do it in the break; the lesson holds with any photograph.

# %% tags=["on-slide"]
edges = np.float32([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
blur = np.full((3, 3), 1 / 9, dtype="float32")
sharpen = np.float32([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])

made = {"the photograph": face}
for title, numbers in {"edges": edges, "blurred": blur, "sharpened": sharpen}.items():
    made[title] = sl.conv2d(face, numbers[:, :, None, None])
made["edges"] = abs(made["edges"]) / 2  # their size, on the scale of the photograph

pictures(made, "A face; its upright edges, light on black; blurred; sharpened.", columns=2)

# %% [markdown]
# ## One place: nine products, one sum
#
# Start with a picture small enough to compute by hand: six by six **[cells](glossary.md#cell)**,
# as this course calls pixels and all that takes their place. Dark, which is 0, on the left; light,
# which is 1, on the right. It has one edge, between columns 2 and 3. Rows and columns count
# from 0.
#
# (Where a picture is shown as numbers, a stronger colour means a larger number, whatever the
# picture looks like.)
#
# The nine numbers are the **[kernel](glossary.md#kernel)**. The nine cells that they are laid upon
# are the **[window](glossary.md#window)**. Multiply each cell by the number that lies on it, and
# add the nine products: that is the output for this place.

# %% [markdown] tags=["slide"]
# ## One place: nine products, one sum
#
# Lay the kernel on the window, multiply cell by cell, add up: 4. That is a **dot product**, and all
# there is to a convolution.

# %% [markdown] tags=["instructor"]
# **4 minutes.** Compute the first sum aloud with the room, all nine products, the zeros too. Then
# ask what the window one cell further right gives, before the explorer shows it.
#
# - The question that comes: "Why these nine numbers?" Right minus left, and the middle row counts
#   double, so that one odd pixel above or below matters less. Any nine would do for the rule.
# - "Row first or column first?" Rows go down and come first, as in NumPy: (row, column).

# %% tags=["on-slide"]
tiny = np.zeros((6, 6), dtype="float32")
tiny[:, 3:] = 1  # all rows, the columns from 3 on

window = tiny[0:3, 1:4]  # rows 0, 1, 2 and columns 1, 2, 3
products = window * edges
parts = {
    "picture": ("input", tiny),
    "window": ("input", window),
    "kernel": ("kernel", edges),
    "products": ("window", products),
}
grids(parts, window=((0, 1, 2), (1, 2, 3)))

# %% [markdown]
# The sum is 0 + 0 + 1 + 0 + 0 + 2 + 0 + 0 + 1 = 4. Multiplying pair by pair and adding up has a
# name: the **[dot product](glossary.md#dot-product)**; Python writes it `@`. There is no more to a
# convolution than this, done at every place.

# %%
# Check: the sum of the products is the dot product of two lists of nine numbers.
assert products.sum() == 4
assert window.ravel() @ edges.ravel() == 4

# %% [markdown]
# ## Predict
#
# The window now slides over the whole picture and stops at every place where it fits: four places
# down, four across. So the output has four columns. The picture has *one* edge. In how many of the
# output's four columns is the answer not 0?

# %% tags=["prediction"]
my_columns = None  # 0, 1, 2, 3 or 4

# %% [markdown] tags=["slide"]
# ## One edge. How many columns answer?
#
# Predict for the picture of six by six. Then look here: where is the sum positive, where negative,
# and where 0?

# %% [markdown] tags=["instructor"]
# **4 minutes.** Take a vote on 0 to 4 columns first. "One" wins, since there is one edge.
#
# - Drive the explorer yourself once along one row of outputs, and read the products under it.
# - What surprises: the middle of the disc has the largest numbers and the smallest answer. Leave
#   that standing; the next section is its explanation.

# %% [markdown]
# ## Look
#
# Here the same nine numbers slide over another picture: a disc of large numbers on a ground of
# ones. Move over the output and read the products. Where is their sum positive, where negative,
# and where is it 0?

# %% tags=["on-slide"]
e = sl.explore.window(size=8, kernel_size=3, padding="valid", kernel="sobel_x")
e

# %% [markdown]
# Positive on the disc's left side, where numbers grow to the right; negative on its right side;
# near 0 in its middle, although the largest numbers stand there.
#
# Now the picture of the prediction, in Python: two loops, and inside them the line that you know.
# `sl.conv2d` does the same in one call. It wants a kernel with four axes: rows, columns, input
# channels and filters. `[:, :, None, None]` adds the last two, of length 1; what they are for
# comes below.

# %%
output = np.zeros((4, 4), dtype="float32")
for i in range(4):
    for j in range(4):
        output[i, j] = (tiny[i : i + 3, j : j + 3] * edges).sum()

predict("01-columns", my_columns)

# %% [markdown] tags=["slide"]
# ## Two columns answer; light alone does not
#
# A window answers where it holds dark *and* light. Over nine ones the answer is 0.

# %% tags=["on-slide"]
grids({"picture": ("input", tiny), "output": ("output", output)})

# %%
# Check: the output row by row; sl.conv2d computes the same; so does the explorer for its disc.
assert output.tolist() == [[0, 4, 4, 0]] * 4
assert (sl.conv2d(tiny[:, :, None], edges[:, :, None, None])[:, :, 0] == output).all()

e.reset()  # whatever you did to it
disc, found = np.float32(e.scene["input"].values), e.scene["output"].values
assert (sl.conv2d(disc[:, :, None], edges[:, :, None, None])[:, :, 0] == found).all()
assert found[:, 0].max() > 0 > found[:, -1].min()

# %% [markdown]
# Two columns answer. Look at the last one, too: there the window is full of light, nine ones, and
# the answer is 0. Light by itself does not count. Why not?
#
# ## The secret is a sum
#
# Over a flat area all nine cells hold the same value v. Then the output is v·(sum of the kernel):
# nothing but the kernel's *sum* matters there. Add up the three kernels.

# %% [markdown] tags=["slide"]
# ## Over flat ground: v · (sum of the kernel)
#
# Sum 0 answers to differences only. Sum 1 keeps the brightness. Nine numbers find an edge because
# everything flat cancels.

# %% [markdown] tags=["instructor"]
# **4 minutes.** The one formula of this lesson. Write it on the board: nine times the same v,
# taken out of the brackets, leaves the sum of the kernel.
#
# - Ask: "Which sum keeps a photograph as bright as it was?" Then: "What would a sum of 2 do?"
# - The question that comes: "Why is the edge picture black, and the signed one white?" The first
#   shows how large the answers are, the second where they are negative; white is 0 there.

# %%
for name, kernel in {"edges": edges, "blur": blur, "sharpen": sharpen}.items():
    print(f"{name:8} sum {kernel.sum():.3g}")

# Check: light added to every cell changes no edge; the other two keep a flat area as it is.
brighter = sl.conv2d(tiny[:, :, None] + 100, edges[:, :, None, None])[:, :, 0]
assert (brighter == output).all()
assert edges.sum() == 0
assert sharpen.sum() == 1
assert np.isclose(blur.sum(), 1)

# %% [markdown]
# An edge kernel's numbers add up to 0. Whatever is flat cancels itself out, bright or dark, and
# only a *difference* between the left and the right side survives. That answers the question: the
# nine numbers know nothing of the picture. They subtract what lies on the left from what lies on
# the right. (So a level edge gives 0, and takes the same numbers turned by a quarter.)
#
# Blur and sharpen add up to 1: a flat area keeps its value. Blur takes the mean of the nine.
# Sharpen takes five times the middle and takes away its four neighbours, so at an edge it
# overshoots.

# %%
sharp = sl.conv2d(tiny[:, :, None], sharpen[:, :, None, None])[:, :, 0]
soft = sl.conv2d(tiny[:, :, None], blur[:, :, None, None])[:, :, 0]
grids(
    {
        "picture": ("input", tiny),
        "blurred": ("output", soft),
        "sharpened": ("output", sharp),
    }
)

# %%
# Check: sharpening makes a dark cell darker than black and a light one whiter than white.
assert sharp[0].tolist() == [0, -1, 2, 1]
assert np.allclose(soft[0], [0, 1 / 3, 2 / 3, 1])

# %% [markdown]
# That overshoot is why a sharpened photograph has thin dark and bright lines along its edges:
# values below black and above white. Here are the real numbers on the photograph, with their
# signs. Orange is positive: dark on the left and light on the right, or dark above and light below.
# Blue is negative, the other way round.

# %% tags=["on-slide"]
across = sl.conv2d(face, edges[:, :, None, None])
down = sl.conv2d(face, edges.T[:, :, None, None])
pictures(
    {"right minus left": across, "below minus above": down},
    "Two edge maps of the face: upright edges in the first, level ones in the second.",
    signed=True,
)

# %%
# Check: the edges of a brighter photograph are the same edges, up to float32's rounding.
assert np.allclose(sl.conv2d(face + 0.25, edges[:, :, None, None]), across, atol=1e-5)
assert np.allclose(sl.conv2d(np.full_like(face, 0.5), edges[:, :, None, None]), 0)

# %% [markdown]
# ## Which way does it move?
#
# A kernel with a single 1 copies one cell of the window. Put the 1 at the *right* end of a kernel
# of three, and slide it over the cells 1 2 3 4 5, with a zero put on either side so that five
# places fit.
#
# Predict: what comes out? Does the picture move right, with the 1, or left?

# %% [markdown] tags=["slide"]
# ## The 1 stands on the right: which way?
#
# (0, 0, 1) over 1 2 3 4 5 gives 2 3 4 5 0: to the left. `Conv2D` does not turn the kernel.

# %% [markdown] tags=["instructor"]
# **3 minutes.** Do it with a strip of paper that has a hole at its right end: what you see through
# the hole comes from the right.
#
# - "Is it a convolution or not?" By name yes; by mathematics it is a cross-correlation. A network
#   learns either. It matters for a kernel that comes from elsewhere.
# - Those who know signal processing object here. They are right, and the cell below is for them.

# %% tags=["prediction"]
my_row = None  # five numbers, written like (10, 20, 30, 40, 50)

# %%
row = np.float32([1, 2, 3, 4, 5]).reshape(1, 5, 1)
right = np.float32([0, 0, 1]).reshape(1, 3, 1, 1)

moved = sl.conv2d(row, right, padding="same")[0, :, 0]
predict("01-row", my_row)

# %% [markdown]
# The 1 stands on the right and the picture moves *left*: each output fetches the cell on its right.
#
# Keras, a library for neural networks, calls what you see here `Conv2D`. Its proper name is
# **[cross-correlation](glossary.md#cross-correlation)**: the kernel is laid on as it stands. The
# **[convolution](glossary.md#convolution)** of mathematics turns the kernel by half a turn first.
# NumPy has both, so you can see the difference.

# %%
# Check: Conv2D agrees with NumPy's correlate; NumPy's convolve moves the other way.
assert moved.tolist() == [2, 3, 4, 5, 0]
assert np.correlate([1, 2, 3, 4, 5], [0, 0, 1], "same").tolist() == [2, 3, 4, 5, 0]
assert np.convolve([1, 2, 3, 4, 5], [0, 0, 1], "same").tolist() == [0, 1, 2, 3, 4]

# Half a turn: for this edge kernel it changes every sign, for blur nothing at all.
assert (edges[::-1, ::-1] == -edges).all()
assert (blur[::-1, ::-1] == blur).all()

# %% [markdown]
# Where a neural network finds its kernels by itself, the difference does not matter: it finds the
# turned numbers. It matters when you bring a kernel from elsewhere. `scipy.signal.convolve2d`
# turns it, `Conv2D` does not, and your edges change sign.
#
# Now you. The problems speak as Keras does: `padding='valid'` says that the window stays on the
# picture, and a stride of 1 that it moves by one cell at a time, as it did all along. First a
# single 1 once more, in a longer kernel: where does output 0 get its number from?

# %%
sl.practice.show("win-02")

# %% [markdown]
# Next a whole output by hand. The kernel is laid on as it stands.

# %%
sl.practice.show("win-03")

# %% [markdown]
# And one that needs hardly any sum at all. Think of what you found out about flat areas.

# %%
sl.practice.show("win-04")

# %% [markdown]
# ## Colour
#
# A colour photograph holds three numbers in each cell, its **[channels](glossary.md#channel)**:
# red, green, blue. In the order **[channels_last](glossary.md#channels_last)** its array is (rows,
# columns, 3).
#
# Predict: a kernel three by three slides over a colour photograph. How many channels does its
# output have?

# %% [markdown] tags=["slide"]
# ## Three channels in. How many come out?
#
# One: all 27 products go into one sum. This filter is red, minus half of green, minus half of blue.

# %% [markdown] tags=["instructor"]
# **3 minutes.** The vote is split between 3 and 1. Those who say 3 think of filtering a photograph
# in an editor, channel by channel; that exists, and lesson 05 calls it depthwise.
#
# - The question that comes: "Where does the depth go?" It is added up. Show the three outputs and
#   their sum in the check.
# - Kernel or filter? Keep the course's word: a filter is all that makes one output channel.

# %% tags=["prediction"]
my_channels = None  # a whole number

# %% [markdown]
# A window on a colour picture holds 3·3·3 = 27 numbers, so the kernel needs 27 as well: one slice
# of nine for each channel.

# %%
rng = np.random.default_rng(0)
filter_ = rng.standard_normal((3, 3, 3, 1)).astype("float32")
one_output = sl.conv2d(colour, filter_)

by_channel = [sl.conv2d(colour[:, :, [c]], filter_[:, :, [c]]) for c in range(3)]
predict("01-channels", my_channels)

# %%
# Check: the colour output is the sum of the three channels' outputs, and one dot product.
assert np.allclose(one_output, sum(by_channel), atol=1e-4)
window = colour[0:3, 0:3]
assert window.size == 27
assert np.isclose(one_output[0, 0, 0], window.ravel() @ filter_.ravel(), atol=1e-4)

# %% [markdown]
# Three channels go in and *one* comes out: it is still a single dot product. The slices of all
# channels together, with one number to add (the **[bias](glossary.md#bias)**), are a
# **[filter](glossary.md#filter)**. People also say "kernel" for it; in this course a filter is the
# whole thing that makes one output channel.
#
# The trick with the sum works across channels, too. This filter looks at one cell only: red, minus
# half of green, minus half of blue. Its numbers add up to 0, so whatever is grey, black or white
# cancels. What is left?

# %% tags=["on-slide"]
redness = np.float32([1, -0.5, -0.5]).reshape(1, 1, 3, 1)
red = sl.conv2d(colour, redness)
pictures(
    {"the photograph": colour, "its redness, doubled": 2 * np.maximum(red, 0)},
    "The photograph, and its red parts light on black: the flag's stripes, a ribbon, the skin.",
)

# %%
# Check: any grey gives 0 (up to rounding), pure red gives 1.
greys = np.float32([0.0, 0.3, 1.0]).repeat(3).reshape(1, 3, 3)
assert np.allclose(sl.conv2d(greys, redness), 0, atol=1e-6)
assert sl.conv2d(np.float32([1, 0, 0]).reshape(1, 1, 3), redness).item() == 1

# %% [markdown]
# ## Many filters: a layer
#
# One filter makes one output channel, its **[feature map](glossary.md#feature-map)**. A
# **[layer](glossary.md#layer)**, such as Keras' `Conv2D`, has many filters, each with its own 27
# numbers and its own bias, and stacks their feature maps. This one has four. Each adds up to 0, so
# each of them is blind to flat grey and sees something else. The last two subtract colours, much as
# your eye does.

# %%
bank = np.zeros((3, 3, 3, 4), dtype="float32")
bank[:, :, :, 0] = edges[:, :, None] / 12  # the same nine numbers in each channel
bank[:, :, :, 1] = edges.T[:, :, None] / 12
bank[1, 1, :, 2] = [1, -1, 0]
bank[1, 1, :, 3] = [0.5, 0.5, -1]

maps = sl.conv2d(colour, bank)

# %% [markdown] tags=["slide"]
# ## A layer: many filters
#
# 32 filters of 3 × 3 on a colour picture: 3·3·3·32 + 32 = 896 parameters, for a thumbnail and for a
# poster. Only the work grows.

# %% [markdown] tags=["instructor"]
# **4 minutes**, with the parameters. Ask for the count before the cell prints it: 864 is the common
# answer, and the biases are what is missing.
#
# - "Does a larger picture need a larger layer?" No, and that is the point: the same numbers go
#   everywhere. Compare a dense layer, if they know one.

# %% tags=["on-slide"]
names = ["right − left", "below − above", "red − green", "yellow − blue"]
shown = {name: maps[:, :, i] for i, name in enumerate(names)}
alt = "Four feature maps of one photograph: upright and level edges, red − green, yellow − blue."
pictures(shown, alt, signed=True, columns=2)

# %% [markdown]
# The numbers of a layer are its **[parameters](glossary.md#parameter)**. How many are there?
# For a kernel of 3 × 3, 3 input channels and 32 filters: 3·3·3·32 = 864, and a bias for each
# filter: 896. The picture's size does not appear! The same 896 numbers serve a thumbnail and a
# poster: the window takes them along. What grows with the picture is the work.

# %%
thumbnail = sl.cost((32, 32, 3), filters=32, kernel_size=3)
poster = sl.cost((4096, 4096, 3), filters=32, kernel_size=3)
print(f"parameters     {thumbnail.params:,} and {poster.params:,}")
print(f"multiplications {thumbnail.macs:,} and {poster.macs:,}")

# Check: the count of the text, twice, and a layer that holds that many numbers.
layer = sl.layers.Conv2D(32, 3)
layer(np.zeros((1, 32, 32, 3), dtype="float32"))
assert sum(weights.size for weights in layer.get_weights()) == 3 * 3 * 3 * 32 + 32 == 896
assert thumbnail.params == poster.params == 896

# %% [markdown]
# Two problems on that. In the first, do each channel by itself, add, and mind how often the bias is
# added.

# %%
sl.practice.show("win-09")

# %% [markdown]
# In the second the window moves by more than one cell, as in [00](00_start_here.ipynb): count its
# places down and across first, and then what is done at each.

# %%
sl.practice.show("win-07")

# %% [markdown]
# ## What the window cannot do
#
# One thing has gone by quietly: the picture of six cells gave an output of four. The window must
# lie wholly on the picture, and so its middle never reaches the outermost cells.

# %%
print("photograph", colour.shape[:2], "feature maps", maps.shape[:2])

# Check: two rows and two columns are gone; in the explorer, a wider kernel loses more.
assert maps.shape == (colour.shape[0] - 2, colour.shape[1] - 2, 4)
e.reset()
assert e.scene["output"].values.shape == (6, 6)
e.kernel_size = 5
assert e.scene["output"].values.shape == (4, 4)
e.reset()

# %% [markdown]
# The outermost cells lose twice: they are never in the middle of a window, and fewer windows read
# them. How many windows hold a corner of the picture, and how many a cell deep inside?

# %%
sl.practice.show("win-10")

# %% [markdown]
# If you like to write code: the whole lesson as one function. You have seen its two loops above;
# new are the steps down and to the right. Skip it if you are in a hurry.

# %%
sl.practice.show("win-11")

# %% [markdown] tags=["slide"]
# ## So nine numbers find an edge
#
# They subtract left from right; whatever is flat cancels. And the window of three has cost a cell
# on each side. Next: what to put there.

# %% [markdown] tags=["recap"]
# ## Recap
#
# - A convolution is one dot product per place: products of window and kernel, added up.
# - On a flat area only the kernel's sum counts. Sum 0 finds differences, sum 1 keeps brightness. So
#   nine numbers find an edge: what is flat cancels, and the difference from left to right is left.
# - `Conv2D` does not flip the kernel: it is a cross-correlation.
# - A filter has one slice for each input channel and makes one feature map. Its numbers do not
#   depend on the picture's size.
# - A window of three loses one cell on each side.
#
# **Next:** [02 · Padding](02_padding.ipynb) puts the lost cells back, and asks with what.

# %% [markdown] tags=["further"]
# ## Going further
#
# - Ian Goodfellow, Yoshua Bengio and Aaron Courville, *Deep Learning* (MIT Press, 2016), section
#   9.1: convolution and cross-correlation as formulas, and why libraries take the second.
# - Yann LeCun, Léon Bottou, Yoshua Bengio and Patrick Haffner, "Gradient-based learning applied to
#   document recognition" (Proceedings of the IEEE, 1998), section II: why a layer carries the same
#   weights to every place.
# - Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton, "ImageNet classification with deep
#   convolutional neural networks" (NeurIPS, 2012), figure 3: 96 filters that a network found by
#   itself. Look for your edges, and for your red minus green.
# - Vincent Dumoulin and Francesco Visin, "A guide to convolution arithmetic for deep learning"
#   (arXiv:1603.07285, 2016), chapter 1: windows, channels and filters as drawings.
