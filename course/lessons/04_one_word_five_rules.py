# ---
# jupyter:
#   stridelab:
#     title: One word, five rules
#     minutes: 35
#     summary: What "same" means in Keras, PyTorch, JAX, ONNX and Caffe, and how to port a layer.
#     needs:
#       - '[03 · Strides](03_strides.ipynb). In two lines: "same" makes ⌈n/s⌉ outputs and pads
#         $t = \max((o - 1)\,s + e - n,\, 0)$ cells, the odd one after; where the first window
#         starts is the phase.'
#     does:
#       - Compare what five frameworks really computed from the same numbers.
#       - Find five rules behind one word, and who refuses what.
#       - Port a layer by hand, pads and weights, until every number agrees.
#     outcomes:
#       - Say which pads a framework's "same" puts where, and which calls it refuses.
#       - Port a convolution between two frameworks, and prove that the port is right.
#       - Say for which sizes `padding=k//2` is harmless, and how far off a network is at others.
# ---

# %%
from itertools import product

import numpy as np

import stridelab as sl
from stridelab.figures import grids, pictures, windows
from stridelab.geometry import conv_axis
from stridelab.photos import photograph
from stridelab.practice import predict
from stridelab.recorded import all_recorded, recorded

# %%
my_photo = None  # or a file of yours, for example "holiday.jpg"

photo = photograph(my_photo, grey=True)

# %% [markdown] tags=["instructor"]
# **4 minutes to the question.** Ask who has ever ported a network, and how they knew that the port
# was right. Most compared a shape. Say where the numbers below come from: a script asked the real
# frameworks once, and their answers travel with the course. Nobody needs to install them.

# %% [markdown] tags=["question"]
# ## The question
#
# Keras, PyTorch and ONNX Runtime were handed the same input, 8 × 11 cells with two channels, and
# the same kernel, 3 × 3 with three filters, at stride 2. What they answered is recorded. Each of
# them pads in the way that people call "same" there.

# %%
keras = recorded("keras", (3, 3), (2, 2), "same")
torch = recorded("torch", (3, 3), (2, 2), (1, 1))
lower = recorded("onnx", (3, 3), (2, 2), "SAME_LOWER")
for each in (keras, torch, lower):
    print(each)

# %% [markdown] tags=["slide"]
# ## Same input, same kernel, stride 2
#
# Three real frameworks, three times "same". Which numbers agree?

# %% tags=["on-slide"]
panels = {
    "Keras": ("output", keras.output[:, :, 0]),
    "PyTorch": ("disagree", torch.output[0]),
    "ONNX lower": ("disagree", lower.output[0]),
}
grids(panels)

# %% [markdown] tags=["question"]
# All three made 4 × 6 outputs, and not one of Keras' numbers stands where it stands in the others,
# which agree with each other. No framework raised anything. **What does each of them mean by
# "same", and what do you have to write so that all of them give the same numbers?**

# %%
# Check: the sizes agree; against Keras, no value of any filter does.
assert keras.output.shape == (4, 6, 3)
assert torch.output.shape == lower.output.shape == (3, 4, 6)
assert not (torch.output.transpose(1, 2, 0) == keras.output).any()
assert not (lower.output.transpose(1, 2, 0) == keras.output).any()

# %% [markdown]
# ## First suspicion: the weights
#
# Shapes first, as in any port. They differ already: Keras says (4, 6, 3), the others (3, 4, 6).
# Keras puts [channels last](glossary.md#channels_last), PyTorch and ONNX put them first. Their
# kernels lie differently too.

# %%
for name in ("keras", "tensorflow", "jax", "torch", "onnx", "caffe"):
    rule = sl.convention(name)
    print(f"{rule.title:10}  images {rule.input_layout}   kernels {rule.kernel_layout}")
print(keras.kernel.shape, torch.kernel.shape)

# %% [markdown]
# Read the letters: N pictures, H rows, W columns, C channels; a kernel has I input channels and O
# filters. So HWIO is rows, columns, input channels, filters. Such an order is called a
# **[layout](glossary.md#layout)**. The numbers are the same, their axes are not.
#
# NumPy moves axes with `transpose`: its new axis i is the old axis that you name in place i.
#
# Predict: `torch.kernel` is OIHW. Which four numbers make `torch.kernel.transpose(…)` HWIO?

# %% tags=["prediction"]
my_axes = None  # four numbers, for example (0, 1, 2, 3)

# %%
predict("04-axes", my_axes)

# %% [markdown]
# `reshape` would make the right *shape* as well. The right array, too? Below, a row of four pixels
# with three channels is moved to channels first. Move over y and follow its numbers into memory. In
# how many of the twelve cells will y hold another number after `reshape`? Then choose it.

# %% [markdown] tags=["slide"]
# ## Transpose, or reshape
#
# Four pixels of three channels, moved to channels first. How many cells of y change their number
# when you write `reshape` instead?

# %% tags=["on-slide"]
memory = sl.explore.layout(shape=(1, 4, 3), position=(0, 1))
memory

# %%
# Check: transposing keeps each channel's numbers together; reshape has other ones in 10 cells.
memory.reset()  # whatever you did to it
assert memory.scene["y"].values.tolist() == [[0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]]
memory.how = "reshape"
assert memory.scene["y"].marks.sum() == 10
assert "Channel 0 of y holds numbers of channels 0, 1, 2" in memory.text
memory.reset()

# %% [markdown]
# Ten. `reshape` deals the numbers out anew, in the order in which they lie in memory: its channel 0
# has numbers of all three channels. With a kernel of PyTorch it is no better.

# %%
moved = torch.kernel.transpose(2, 3, 1, 0)
dealt = torch.kernel.reshape(3, 3, 2, 3)

# Check: the right shape proves nothing; moved axes give Keras' kernel, dealt numbers do not.
assert moved.shape == dealt.shape == keras.kernel.shape
assert (moved == keras.kernel).all()
assert (dealt == keras.kernel).mean() < 0.5
assert sl.port("torch", "keras", 8, kernel_size=3).kernel_axes == (2, 3, 1, 0)

# %% [markdown]
# So the weights are the same, and so is the input. Two problems to make it stick; in the first,
# write the letters above the numbers.

# %%
sl.practice.show("port-01")

# %%
sl.practice.show("port-02")

# %% [markdown] tags=["instructor"]
# **6 minutes.** Let them say the letters aloud: "the new O is the old axis 3". Who lists where each
# axis *goes* instead of where it *comes from* gets the inverse; it is the usual slip, and the
# check names it. `reshape` is the bug that hides best: no error, right shape, noise. Let them write
# down a count before you choose it on the slide; only the first and the last number stay.

# %% [markdown]
# ## Where does the odd cell go?
#
# Second suspicion: the pads. Take the rows alone, eight of them. Four windows of 3 at stride 2
# cover nine cells, so t = 1: one cell must be added. Keras puts it *after*; TensorFlow and JAX do
# too, and ONNX calls this rule SAME_UPPER. ONNX has a second word, and JAX knows it too:
# [SAME_LOWER](glossary.md#same_lower).
#
# Predict: SAME_LOWER, a kernel of 4 at stride 1 on six cells. It pads t = 3 cells in all, as "same"
# did in lesson 02. How many before, and how many after?

# %% tags=["prediction"]
my_lower = None  # (before, after)

# %%
predict("04-lower", my_lower)

# %% [markdown]
# Half of t on each side, and the odd cell *before*: at the lower indices, hence the name. Now the
# eight rows, first as Keras pads them, then by SAME_LOWER, then with PyTorch's `padding=1`.

# %% [markdown] tags=["slide"]
# ## The odd cell
#
# t = 1 cell is missing. Keras puts it after, SAME_LOWER before, `padding=1` pads two and needs one.
# Compare the first window.

# %% tags=["on-slide"]
rows = [
    sl.convention("keras").conv(8, kernel=3, stride=2, padding="same"),
    sl.convention("onnx").conv(8, kernel=3, stride=2, padding="SAME_LOWER"),
    sl.convention("torch").conv(8, kernel=3, stride=2, padding=1),
]
windows(*rows)

# %% [markdown]
# The second and the third read the same cells. Of the two cells that `padding=1` adds, the last is
# read by no window: at this size PyTorch's usual port is not "same" but SAME_LOWER. And the
# eleven columns? There t = 2, everybody pads (1, 1), and all windows agree. The rows alone spoil
# every number.

# %%
# Check: PyTorch and SAME_LOWER agree to the last number; columns agree with Keras, rows do not.
assert (torch.output == lower.output).all()
assert [(axis.pad_before, axis.pad_after) for axis in rows] == [(0, 1), (1, 0), (1, 1)]
assert [axis.phase for axis in rows] == [0, -1, -1]
assert rows[1].taps(3) == rows[2].taps(3) == (5, 6, 7)
for name, word in (("keras", "same"), ("onnx", "SAME_LOWER"), ("torch", 1)):
    column = sl.convention(name).conv(11, kernel=3, stride=2, padding=word)
    assert (column.pad_before, column.pad_after) == (1, 1)
upper = recorded("onnx", (3, 3), (2, 2), "SAME_UPPER").output
assert (upper.transpose(1, 2, 0) == keras.output).all()

# %% [markdown]
# In the next one the size, kernel and stride are drawn for you; first find t.

# %%
sl.practice.show("port-03")

# %% [markdown]
# ## PyTorch's own "same", and what others refuse
#
# PyTorch has the word, too. It keeps it for what it says: an output as large as the input, so no
# stride over 1. Others refuse other calls. The table asks each for seven cells and a kernel of 3,
# at a stride s and a [dilation](glossary.md#dilation) d: the step between taps, which is lesson
# 05's.

# %%
words = {"keras": "same", "tensorflow": "SAME", "jax": "SAME", "torch": "same"}
words["onnx"] = "SAME_UPPER"
calls = [(1, 1), (2, 1), (1, 2), (2, 2)]
answers = {}
for (name, word), (s, d) in product(words.items(), calls):
    try:
        axis = sl.convention(name).conv(7, 3, s, d, padding=word)
        answers[name, s, d] = f"{axis.output_size} outputs"
    except sl.StrideLabError:
        answers[name, s, d] = "refuses"

# %%
print("s d  " + "  ".join(f"{name:10}" for name in words))
for s, d in calls:
    print(f"{s} {d}  " + "  ".join(f"{answers[name, s, d]:10}" for name in words))

# Check: PyTorch refuses strides, ONNX Runtime dilations, Keras both at once; the rest agree.
two = ("keras", "torch", "onnx")
refused = {call for call in answers if answers[call] == "refuses"}
assert refused == {("torch", 2, 1), ("onnx", 1, 2)} | {(name, 2, 2) for name in two}
taken = {(s, answers[name, s, d]) for name, s, d in set(answers) - refused}
assert taken == {(1, "7 outputs"), (2, "4 outputs")}

# %%
try:
    sl.convention("torch").conv(8, kernel=3, stride=2, padding="same")
except sl.StrideLabError as error:
    refusal = str(error)
print(refusal)

# %% [markdown]
# (ONNX Runtime is meant: the standard allows a dilation there.) Where PyTorch's "same" answers, it
# answers as Keras does, even for an even kernel. At stride 1 the one to watch is SAME_LOWER.

# %%
# Check: recorded at stride 1, a kernel of 4 × 2: PyTorch is Keras, SAME_LOWER is not.
call = ((4, 2), (1, 1))
same = recorded("keras", *call, "same").output
assert (recorded("torch", *call, "same").output.transpose(1, 2, 0) == same).all()
assert (recorded("jax", *call, "SAME").output == same).all()
assert (recorded("jax", *call, "SAME_LOWER").output == same).mean() < 0.1
assert refusal.startswith("padding must be a number where the stride is over 1")
for n, k, d in product(range(1, 20), range(1, 6), (1, 2, 3)):
    theirs = sl.convention("torch").conv(n, k, 1, d, padding="same")
    assert theirs.phase == sl.convention("keras").conv(n, k, 1, d, padding="same").phase

# %% [markdown]
# Here are the rules side by side. Move over the outputs: each row marks the window that it reads.
# Then try the size 7, and a kernel of 2 at stride 1. The two poolings at the end come later.

# %% [markdown] tags=["slide"]
# ## One word, side by side
#
# Which rows give the size of row 1, whatever you set? Set the size to 7: who moves?

# %% tags=["on-slide"]
e = sl.explore.same(size=8, kernel_size=3, strides=2)
e

# %%
# Check: at eight cells the windows differ, at seven none does; the explorer says so itself.
e.reset()  # whatever you did to it
assert "The sizes agree (4 outputs each), the windows do not" in e.text
assert e.scene["output_lower"].values.tolist() == e.scene["output_half"].values.tolist()
e.size = 7
assert "The convolutions agree: 4 outputs each" in e.text
e.reset()

# %% [markdown] tags=["instructor"]
# **8 minutes with the explorer.** The slide's question: row 2 by definition, and row 4 where it
# answers at all; row 3 not for an even kernel. At size 7 row 1 moves, rows 2 and 3 stay: here it is
# Keras whose phase depends on the size. Somebody will say that PyTorch "does it wrong"; `padding=1`
# does what it says. The mistake is to call it "same".

# %% [markdown]
# ## `padding=k//2`, the port that everybody writes
#
# Most PyTorch code pads `k // 2` (k/2, rounded down) on both sides. Does that at least give the
# size of "same"?
#
# Predict: PyTorch, eight cells, a kernel of *4*, stride 2, `padding=2`. How many outputs?

# %% tags=["prediction"]
my_even = None  # a whole number

# %%
predict("04-even", my_even)

# %% [markdown]
# For an odd kernel the size is always right; for an even one there is one output too many wherever
# the stride divides the size. And the windows? For an odd kernel of 3 or more they agree exactly
# where s divides n − 1: sizes of 1, 3, 5 … at stride 2. Half of all sizes, and not the round
# ones.

# %%
# Check: sizes and windows of padding=k//2 against "same", for every n to 40.
for n, k, s in product(range(1, 41), range(1, 8), range(1, 5)):
    ours = sl.convention("keras").conv(n, k, s, padding="same")
    half = sl.convention("torch").conv(n, k, s, padding=k // 2)
    extra = k % 2 == 0 and n % s == 0
    assert half.output_size == ours.output_size + extra
    if k % 2 and k > 1:
        assert (half.phase == ours.phase) == ((n - 1) % s == 0)
assert recorded("torch", (4, 2), (2, 2), (2, 1)).output.shape == (3, 5, 6)
assert recorded("keras", (4, 2), (2, 2), "same").output.shape == (4, 6, 3)

# %% [markdown]
# Before you compute in this one, write down the cells of both first windows.

# %%
sl.practice.show("port-06")

# %% [markdown]
# ## One pixel more
#
# One cell of shift is little. But networks stack layers: five of them, a kernel of 3 and stride 2
# each, take 224 cells to 7. Compare Keras' "same" with PyTorch's `padding=1`: follow output 0 of
# the last layer back to the first pixel that it is computed from. If that is padding, it counts as
# a pixel before 0.
#
# Predict: at 224 cells, how many *pixels* apart do the two start to read?

# %% tags=["prediction"]
my_apart = None  # pixels

# %%
predict("04-apart", my_apart)

# %%
starts = {}
for n in (224, 225):
    for padding in ("same", 1):
        layers = [{"kernel_size": 3, "strides": 2, "padding": padding}] * 5
        fields = sl.receptive_field(layers, n)
        starts[n, padding] = [field.rows.start for field in fields]
        print(f"{n}, padding {padding!s:4}: first pixel of output 0", *starts[n, padding])

# %% [markdown]
# Each layer is off by one cell *of its own input*, and behind two strides of 2 one such cell is
# four pixels: 1 + 2 + 4 + 8 + 16 = 31, of the 32 from one output to the next. So the port puts
# everything nearly one whole output further on. At 225 pixels the sizes on the way are 225, 113,
# 57, 29 and 15, all odd, and the same two networks agree in every number. One pixel decides.

# %%
mean = np.full((3, 3, 1, 1), 1 / 9, dtype="float32")


def network(x, padding, layers=3):
    for _ in range(layers):
        x = sl.conv2d(x, mean, strides=2, padding=padding)
    return x


# %%
gaps = {}
for n in (224, 225):
    cut = photo[:n, :n]
    gaps[f"{n} pixels"] = network(cut, padding=1) - network(cut, padding="same")

# %% [markdown] tags=["slide"]
# ## PyTorch's port minus Keras, three layers
#
# 224 pixels: 7 pixels of shift. 225 pixels: no difference in any value.

# %% tags=["on-slide"]
pictures(
    gaps,
    "The difference between the two networks: at 224 pixels edges show all over; at 225 nothing.",
    signed=True,
)

# %%
# Check: 31 pixels at 224, none at 225; no difference at all there, on whatever photograph.
assert [b - a for a, b in zip(starts[224, 1], starts[224, "same"], strict=True)] == [
    2**layers - 1 for layers in range(1, 6)
]
assert starts[225, 1] == starts[225, "same"]
assert not gaps["225 pixels"].any()
if my_photo is None:
    assert (np.abs(gaps["224 pixels"]) > 0.001).mean() > 0.8

# %% [markdown] tags=["instructor"]
# **6 minutes.** The room expects 5 (one per layer) or 32. Write 1, 2, 4, 8, 16 on the board, each
# under the size of a cell at that depth. This is the moment for war stories: detectors whose boxes
# sat half a stride off, a segmentation mask that hung over to one side. Both had the right shape.

# %% [markdown]
# ## The lab: port it by hand
#
# **Ticket 1: Keras to PyTorch.** The layer of the opening: 8 × 11 cells, 3 × 3, stride 2,
# "same". PyTorch's `conv2d` takes no uneven pads, so the input is padded before the call, by
# `torch.nn.functional.pad(x, (left, right, top, bottom))`: the last axis first.
#
# Predict: which four numbers? Work out the rows (8 cells) and the columns (11 cells) one by one.

# %% tags=["prediction"]
my_pads = None  # (left, right, top, bottom)

# %%
predict("04-pads", my_pads)

# %% [markdown] tags=["slide"]
# ## The answer is four numbers and a transpose
#
# $$ t = \max\bigl((o - 1)\,s + e - n,\; 0\bigr) \quad\text{per axis, at this size} $$

# %% tags=["on-slide"]
ticket1 = sl.port("keras", "torch", (8, 11), kernel_size=3, strides=2, padding="same")
print(ticket1)

# %% [markdown]
# Is that so? When the recording was made, PyTorch was also asked with these pads and this kernel.
# That is the proof a port needs: the same numbers, all of them.

# %%
asked = recorded("torch", (3, 3), (2, 2), ticket1.pads)
mine = sl.conv2d(keras.x, keras.kernel, strides=2, padding=ticket1.pads)

# Check: real Keras = real PyTorch with your pads = the same pads here.
assert ticket1.pads == ((0, 1), (1, 1))
assert "(1, 1, 0, 1)" in ticket1.code
assert (asked.kernel == keras.kernel.transpose(ticket1.kernel_axes)).all()
assert (asked.output == keras.output.transpose(2, 0, 1)).all()
assert (mine == keras.output).all()

# %% [markdown]
# **Ticket 2: PyTorch to Keras.** A kernel of 4 × 2, strides of 2 and 3, `padding=(2, 1)`. It made
# 5 × 4 outputs; Keras' "same" would make 4 × 4. So the word cannot say it. Pads can: pad by hand,
# then "valid".

# %%
old = recorded("torch", (4, 2), (2, 3), (2, 1))
ticket2 = sl.port("torch", "keras", (8, 11), kernel_size=(4, 2), strides=(2, 3), padding=(2, 1))
print(ticket2)

x = old.x.transpose(1, 2, 0)
new = sl.conv2d(x, old.kernel.transpose(2, 3, 1, 0), strides=(2, 3), padding=ticket2.pads)

# Check: channels last, weights moved, pads written out: PyTorch's numbers.
assert ticket2.pads == ((2, 2), (1, 1))
assert new.shape == (5, 4, 3)
assert (new == old.output.transpose(1, 2, 0)).all()

# %% [markdown]
# **Ticket 3: all of them.** Fifty calls were recorded. Turn each into explicit pads with `sl.port`,
# run those, and compare every number.

# %%
# Check: every framework, kernel, stride and padding of the recording, down to the last number.
for case in all_recorded():
    pads, last = case.padding, case.x.shape == (8, 11, 2)
    if np.ndim(pads) < 2:  # a word, or PyTorch's numbers for rows and columns
        call = {"kernel_size": case.kernel_size, "strides": case.strides, "padding": pads}
        pads = sl.port(case.framework, "keras", (8, 11), **call).pads
    x = case.x if last else case.x.transpose(1, 2, 0)
    kernel = case.kernel if last else case.kernel.transpose(2, 3, 1, 0)
    output = case.output if last else case.output.transpose(1, 2, 0)
    assert (sl.conv2d(x, kernel, strides=case.strides, padding=pads) == output).all(), case
assert len(all_recorded()) == 50

# %% [markdown]
# One warning. The pads of a port belong to *one* size. Keep those of 224 for a picture of 225, and
# even the size is wrong.

# %%
# Check: the pads of 224 give 112 outputs at 225, where "same" gives 113.
fixed = sl.port("keras", "torch", 224, kernel_size=3, strides=2, padding="same").pads[0]
assert conv_axis(225, kernel=3, stride=2, padding=fixed).output_size == 112
assert conv_axis(225, kernel=3, stride=2, padding="same").output_size == 113

# %% [markdown] tags=["instructor"]
# **11 minutes.** Let them work ticket 1 on paper before anybody runs `sl.port`. The usual slip is
# rows before columns. Ticket 3 is to be read, not typed: it is what a test of a port looks like.
# Question that comes: "why not pad inside the layer?" A PyTorch layer takes one number an axis.

# %% [markdown]
# Uneven axes again: find the pads of both before you look at the order.

# %%
sl.practice.show("port-07")

# %% [markdown]
# ## No word at all
#
# Caffe, whose networks are still found, has no "same". Its `pad` is a number for both sides, so
# uneven pads cannot be said there. Its convolution rounds the number of windows down like all
# others; its *pooling*, which takes a window's largest cell or mean, rounds **up**. GoogLeNet's
# first pooling, 3 × 3 at stride 2, makes 56 of 112 cells. In PyTorch it makes 55, until you say
# `ceil_mode=True`.

# %%
print(sl.convention("caffe").pool(112, pool=3, stride=2).output_size)
print(sl.convention("torch").pool(112, pool=3, stride=2).output_size)
print(sl.convention("torch").pool(112, pool=3, stride=2, ceil_mode=True).output_size)

# Check: 56, 55, 56; Caffe's convolution rounds down, and takes one pad for both sides.
assert sl.convention("caffe").pool(112, 3, 2).output_size == 56
assert sl.convention("torch").pool(112, 3, 2).output_size == 55
assert sl.convention("torch").pool(112, 3, 2, ceil_mode=True).output_size == 56
assert sl.convention("caffe").conv(112, 3, 2).output_size == 55
assert not sl.convention("caffe").takes_pairs

# %% [markdown]
# ## Practise
#
# An old network first, then the drift of a whole backbone, and last a port to mend.

# %%
sl.practice.show("port-10")

# %%
sl.practice.show("port-17")

# %%
sl.practice.show("port-19")

# %% [markdown] tags=["recap"]
# ## Recap
#
# | rule | written as | cells in all | the odd cell |
# |---|---|---|---|
# | 1 | Keras, TensorFlow, JAX "same"; ONNX SAME_UPPER | max((o − 1)·s + e − n, 0) | after |
# | 2 | SAME_LOWER in ONNX and JAX | the same number | before |
# | 3 | PyTorch `padding=k//2` | 2·⌊k/2⌋, at any size | there is none |
# | 4 | PyTorch `padding='same'` | e − 1; refuses s > 1 | after |
# | 5 | Caffe `pad` | 2·pad; pooling rounds up | there is none |
#
# That is the answer to the question. To make two of them equal, write the pads themselves, move the
# axes of the kernel with `transpose`, and compare *numbers*: `sl.port` gives the first two, and the
# third is yours. Compare at an even and at an odd size, or a shift can hide.
#
# - With an odd kernel of 3 or more, `padding=k//2` reads the windows of "same" where s divides
#   n − 1, and nowhere else.
# - Five layers at stride 2 turn one cell of shift into 31 pixels, or into none at 225.
#
# **Next:** [05 · Dilation and groups](05_dilation_and_groups.ipynb) pulls the window's taps apart.

# %% [markdown] tags=["slide"]
# ## One word, five rules
#
# Same size is not same windows. Write the pads, move the kernel's axes, compare numbers, at an even
# *and* an odd size.

# %% [markdown] tags=["further"]
# ## Going further
#
# - ONNX, *Operators: Conv*, on `auto_pad`: the few lines that define SAME_UPPER and SAME_LOWER.
# - TensorFlow, `tensorflow/core/framework/kernel_shape_util.cc`: rule 1 as its authors wrote it, in
#   a dozen lines of C++.
# - V. Dumoulin and F. Visin, *A guide to convolution arithmetic for deep learning* (2016,
#   arXiv:1603.07285), chapter 2: all cases of pads and strides, drawn. It has no uneven pads: now
#   you know what is missing.
# - Y. Jia et al., *Caffe: Convolutional Architecture for Fast Feature Embedding* (2014,
#   arXiv:1408.5093): the framework that many old weights come from.
