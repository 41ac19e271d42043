# ---
# jupyter:
#   stridelab:
#     title: Fact check
#     minutes: 35
#     summary: Ten sentences of a popular article, each judged by a few lines of code.
#     needs:
#       - '[02 · Padding](02_padding.ipynb) and [03 · Strides](03_strides.ipynb). In two lines:
#         $o = \lfloor (n + p_b + p_a - e)/s \rfloor + 1$; "same" pads as little as it must for
#         ⌈n/s⌉ outputs, half of it before, the rest after.'
#     does:
#       - Judge ten sentences about padding and strides, and then let code judge them.
#       - Find the condition that a half-true sentence leaves out.
#       - Take the test of the first lesson again, with other numbers.
#     outcomes:
#       - Turn a sentence about a layer into an assertion that can fail.
#       - Tell a false sentence from one that lacks a condition, and mend both.
#       - Explain `Conv2D` with "same" and strides to somebody else, correctly.
# ---

# %%
from itertools import product
from math import ceil

import numpy as np

import stridelab as sl
from stridelab.figures import grids, pictures, windows
from stridelab.geometry import conv_axis
from stridelab.photos import photograph
from stridelab.practice import predict

# %%
my_photo = None  # or a file of yours, for example "holiday.jpg"

photo = photograph(my_photo, grey=True)

# %% [markdown] tags=["instructor"]
# **5 minutes to the question.** A lesson to be played: read a claim aloud, everybody shows one to
# four fingers for the verdict, then one person says what code would decide it. Only then run the
# cell. The article is not named on purpose: its sentences stand in many others too, and the point
# is not to blame but to check.

# %% [markdown] tags=["question"]
# ## The question
#
# Whoever looks up what `Conv2D` does with `padding="same"` finds one popular article first. It is
# short and friendly. Its title speaks of *strides 1*, and its text explains strides over 1: a > got
# lost on the way from the question that it answers. Here is what it claims, in our words.
#
# | | claim |
# |---|---|
# | 1 | "Same" gives an output of the input's size. |
# | 2 | With a stride over 1, "same" pads so that the output still has the input's size. |
# | 3 | Under "same" the output has ⌈n/s⌉ cells per axis. |
# | 4 | "Same" keeps strides from shrinking a picture too aggressively. |
# | 5 | "Same" surrounds the input with zeros, as needed. |
# | 6 | Too many zeros add artificial features, which `Conv2D` manages. |
# | 7 | Stride 2 skips every other pixel. |
# | 8 | A larger stride zooms out: coarser outputs of broader features. |
# | 9 | Larger strides enlarge the receptive field. |
# | 10 | 32 filters of 3 × 3 at stride 2 halve both sides of a 32 × 32 × 3 picture. |
#
# **Which of these ten can you trust as they stand, and how can you find out without trusting
# anybody?**

# %% [markdown]
# There are four verdicts:
#
# - **true**: it holds as it stands, for every layer it speaks of.
# - **half true**: it lacks a condition, or one half of it holds.
# - **imprecise**: something true is meant, and the words say another thing.
# - **false**: what it says does not hold, and nothing true is meant.
#
# Before each claim's code you write your verdict, in quotes. At the end you get your score.

# %% [markdown] tags=["slide"]
# ## Ten sentences about `Conv2D`
#
# True, half true, imprecise, or false? A sentence is checked when it is an assertion that could
# have failed.

# %% [markdown]
# ## Claims 1 to 4: the size
#
# **Claim 1.** "Same" gives an output of the input's size.

# %% tags=["prediction"]
my_verdict_1 = None  # "true", "half true", "imprecise" or "false"

# %%
predict("13-keeps", my_verdict_1)

# %%
kept = {s: conv_axis(224, kernel=3, stride=s, padding="same").output_size for s in (1, 2, 3)}
print(kept)

# Check: kept at stride 1, whatever the size and the kernel, and at no other.
assert kept == {1: 224, 2: 112, 3: 75}
for n, k, s in product(range(2, 40), range(1, 8), range(1, 5)):
    assert (conv_axis(n, k, s, padding="same").output_size == n) == (s == 1)

# %% [markdown]
# The condition is missing. *Right would be:* at stride 1, "same" keeps the size. That is where the
# name comes from.
#
# **Claim 2.** With a stride over 1, "same" pads so that the output still has the input's size.

# %% tags=["prediction"]
my_verdict_2 = None  # "true", "half true", "imprecise" or "false"

# %%
predict("13-pads", my_verdict_2)

# %% [markdown]
# What would it take? To have 224 outputs at stride 2, the windows must cover 223·2 + 3 = 449 cells.
# There are 224.

# %%
needed = 223 * 2 + 3 - 224
wide = conv_axis(224, kernel=3, stride=2, padding=(112, 113))
blank = [i for i in range(224) if max(wide.taps(i)) < 0 or min(wide.taps(i)) > 223]
print(f"{needed} cells of padding; {len(blank)} of {wide.output_size} windows see zeros alone")

# Check: more zeros than pixels, and half of the windows see no pixel; "same" is always smaller.
assert wide.output_size == 224
assert needed == wide.pad_before + wide.pad_after == 225 > 224
assert len(blank) == 111
for n, k, s in product(range(2, 40), range(1, 8), range(2, 5)):
    assert conv_axis(n, k, s, padding="same").output_size < n

# %% [markdown]
# 225 zeros for 224 pixels on each axis, and 111 of the 224 windows would see nothing but zeros. No
# framework does that. *Right would be:* with a stride over 1, the output has ⌈n/s⌉ cells, which
# is fewer, unless there is only one.
#
# **Claim 3.** Under "same" the output has ⌈n/s⌉ cells per axis. (The same article says so.)

# %% tags=["prediction"]
my_verdict_3 = None  # "true", "half true", "imprecise" or "false"

# %%
predict("13-ceil", my_verdict_3)

# %%
# Check: for every size, kernel, stride and dilation tried, on both axes.
for n, k, s, d in product(range(1, 30), range(1, 6), range(1, 5), (1, 2, 3)):
    assert conv_axis(n, k, s, padding="same", dilation=d).output_size == ceil(n / s)
uneven = sl.conv_geometry((224, 150), kernel_size=(3, 4), strides=(2, 4), padding="same")
assert uneven.output_shape == (ceil(224 / 2), ceil(150 / 4)) == (112, 38)

# %% [markdown]
# Kernel and dilation do not even appear. And look what happened: claims 2 and 3 cannot both be
# right, and they stand in one article. Put a number into each and you see it: for 224 cells at
# stride 2 the one says 224 and the other 112.
#
# **Claim 4.** "Same" keeps strides from shrinking a picture too aggressively.

# %% tags=["prediction"]
my_verdict_4 = None  # "true", "half true", "imprecise" or "false"

# %%
predict("13-aggressive", my_verdict_4)

# %% [markdown]
# Here are five layers at stride 2 on 32 × 32 cells, with nothing padded. Try the size 63, the
# smallest that lives through all five. Then go back to 32, change the padding to "same", one layer
# after the other, and watch the shapes.

# %% [markdown] tags=["slide"]
# ## Does "same" soften a stride?
#
# Five layers, stride 2, no padding. Where does it end, and what does "same" change?

# %% tags=["on-slide"]
layer = {"layer": "conv", "filters": 8, "kernel_size": 3, "strides": 2, "padding": "valid"}
e = sl.explore.stack(size=32, channels=3, layers=[layer] * 5)
e

# %%
# Check: "valid" finds no room for the fifth layer; "same" halves to the end, at the same factor.
e.reset()  # whatever you did to it
assert "Layer 4, Conv2D(8, 3, strides=2), cannot take the 1 × 1 × 8 that reach it." in e.text
assert [row[1] for row in e.scene["shapes"].rows[1:5]] == [f"{n} × {n} × 8" for n in (15, 7, 3, 1)]
e.layers = [layer | {"padding": "same"}] * 5
assert [row[1] for row in e.scene["shapes"].rows[1:]] == [
    f"{n} × {n} × 8" for n in (16, 8, 4, 2, 1)
]
e.reset()

# %% [markdown]
# The stride's factor of two is there in every layer of both. What "same" saves are the cells that
# "valid" loses on top, at most ⌈(e − 1)/s⌉ a layer. They add up, and in the end they decide
# whether a fifth layer fits. *Right would be:* "same" loses no cells at the border; the stride
# shrinks as much as ever.

# %%
# Check: what "valid" loses on top, for every size at which a window fits.
for k, s, d in product(range(1, 6), range(1, 5), (1, 2)):
    e_span = d * (k - 1) + 1
    for n in range(e_span, 40):
        fewer = conv_axis(n, k, s, dilation=d).output_size
        assert 0 <= ceil(n / s) - fewer <= ceil((e_span - 1) / s)

for n, end in ((62, 0), (63, 1)):  # 0: no window fits
    for _ in range(5):
        n = conv_axis(n, kernel=3, stride=2).output_size if n >= 3 else 0
    assert n == end

# %% [markdown]
# The kind of stack that you saw dies in practice too. Find the layer:

# %%
sl.practice.show("bug-06")

# %% [markdown] tags=["instructor"]
# **10 minutes.** Claim 2 is the one that people defend: "it is called same!" Let them do the sum of
# 225 zeros before the cell runs. On claim 4 expect a quarrel between true and half true; ask each
# side which *part* of the sentence it means. That is what the verdict half true is for.

# %% [markdown]
# ## Claims 5 and 6: the zeros
#
# **Claim 5.** "Same" surrounds the input with zeros, as needed.

# %% tags=["prediction"]
my_verdict_5 = None  # "true", "half true", "imprecise" or "false"

# %%
predict("13-surrounds", my_verdict_5)

# %% [markdown] tags=["slide"]
# ## "Surrounds with zeros"
#
# Three layers, all "same". Where are the zeros?

# %% tags=["on-slide"]
three = [conv_axis(n, kernel=k, stride=2, padding="same") for n, k in ((7, 3), (8, 3), (8, 2))]
windows(*three)

# %% [markdown]
# On both sides, on one side, on none. "As needed" is right; "surrounds" paints a frame that is
# often not there. *Right would be:* "same" pads t = max((o − 1)·s + e − n, 0) cells per axis: half
# of them, rounded down, before, and the rest after. The odd cell goes to the bottom and to the
# right.

# %%
# Check: as needed, yes (one cell fewer would cost an output); evenly, no.
assert [(axis.pad_before, axis.pad_after) for axis in three] == [(1, 1), (0, 1), (0, 0)]
for n, k, s in product(range(1, 30), range(1, 6), range(1, 4)):
    axis = conv_axis(n, k, s, padding="same")
    total = axis.pad_before + axis.pad_after
    assert axis.pad_after - axis.pad_before == total % 2
    assert total == 0 or (n + total - 1 - k) // s + 1 < axis.output_size

# %% [markdown]
# **Claim 6.** Too many zeros add artificial features, which `Conv2D` manages.

# %% tags=["prediction"]
my_verdict_6 = None  # "true", "half true", "imprecise" or "false"

# %%
predict("13-artificial", my_verdict_6)

# %% [markdown]
# Take a wall: a picture whose cells are all 1, with nothing on it. A kernel that looks for vertical
# edges should find none.

# %% [markdown] tags=["slide"]
# ## An empty wall, and two edges
#
# The kernel looks for vertical edges. Who put them there?

# %% tags=["on-slide"]
wall = np.ones((4, 6, 1), dtype="float32")
edge = np.array([[1, 0, -1]] * 3, dtype="float32")[:, :, None, None]
found = sl.conv2d(wall, edge, padding="same")
grids({"a wall": ("input", wall[:, :, 0]), "its vertical edges": ("output", found[:, :, 0])})

# %% [markdown]
# It finds two, at the left and at the right, where the picture ends. So the zeros do add features.
# And `Conv2D` manages them? The layer is the padding followed by the windows, and there is nothing
# else in it.

# %%
padded = np.pad(photo, ((1, 1), (1, 1), (0, 0)))
by_hand = sl.conv2d(padded, edge)

# Check: edges where nobody drew any; "same" is np.pad and "valid" (up to rounding), nothing more.
assert not found[:, 1:-1].any()
assert (found[:, 0] != 0).all()
assert (found[:, -1] != 0).all()
assert np.allclose(sl.conv2d(photo, edge, padding="same"), by_hand, atol=1e-5)
assert not sl.conv2d(wall, edge, padding="same", padding_mode="replicate").any()

# %% [markdown]
# *Right would be:* zeros at the border look like features, and `Conv2D` does nothing about it. You
# can: pad with `reflect` or `replicate` before a "valid" layer, or keep an eye on the border, as
# [08 · What borders do](08_what_borders_do.ipynb) does.
#
# A colleague finds differences in a thin frame only. You know this frame by now:

# %%
sl.practice.show("bug-08")

# %% [markdown] tags=["instructor"]
# **8 minutes.** Somebody will say that the network *learns* to manage the zeros. Fair: weights can
# adapt, and do (positions are learned from the border). That is training, not the layer. Ask for
# the line of code in which `Conv2D` does it.

# %% [markdown]
# ## Claims 7 to 9: the stride
#
# **Claim 7.** Stride 2 skips every other pixel.

# %% tags=["prediction"]
my_verdict_7 = None  # "true", "half true", "imprecise" or "false"

# %%
predict("13-skips", my_verdict_7)

# %%
row = conv_axis(7, kernel=3, stride=2)
print([row.taps(i) for i in range(row.output_size)])

# Check: every other *place* is skipped; pixels by a kernel of 1, by dilation, or at the very end.
assert [row.taps(i)[0] for i in range(3)] == [0, 2, 4]
assert row.unread == ()
assert conv_axis(7, kernel=1, stride=2).unread == (1, 3, 5)
assert conv_axis(7, kernel=3, stride=2, dilation=2).unread == (1, 3, 5)
for n, k in product(range(7, 40), range(2, 8)):
    assert all(cell >= n - 1 for cell in conv_axis(n, k, 2).unread)

# %% [markdown]
# Skipped are places of the *window*. Its three taps reach over the gap, and no pixel of the seven
# goes unread. *Right would be:* stride 2 puts the window on every other place; pixels go unread
# where the kernel is smaller than the stride, where dilation pulls its taps apart, and maybe the
# last one.
#
# (With a kernel of 1 the words hold as well. What is *meant* holds for every kernel, hence
# imprecise.) Now four layers, of which one reads every cell: look for gaps, and for a rest at the
# end.

# %%
sl.practice.show("str-09")

# %% [markdown]
# **Claim 8.** A larger stride zooms out: coarser outputs of broader features.

# %% tags=["prediction"]
my_verdict_8 = None  # "true", "half true", "imprecise" or "false"

# %%
predict("13-zooms", my_verdict_8)

# %% [markdown]
# Zooming out means that each new pixel stands for *all* the pixels that it replaces: their mean,
# say. Put that beside what a stride of 8 does on its own.

# %% [markdown] tags=["slide"]
# ## Zooming out, and picking
#
# Left: each cell is the mean of 8 × 8. Right: stride 8 takes one of 64.

# %% tags=["on-slide"]
pick = np.ones((1, 1, 1, 1), dtype="float32")
picked = sl.conv2d(photo, pick, strides=8)
zoomed = sl.avg_pool2d(photo, 8)
pictures(
    {"zoomed out: means": zoomed, "picked: stride 8": picked},
    "The photograph at an eighth of its size: the means are smooth, the picked one is jagged.",
)

# %%
stripes = np.tile(np.float32([0, 1]), 8).reshape(1, 16, 1)
picked_stripes = sl.conv2d(stripes, pick, strides=(1, 2))

# Check: a stride picks; half black, half white comes out black. Its own window is no broader.
assert (picked == photo[::8, ::8]).all()
assert stripes.mean() == 0.5
assert picked_stripes.max() == 0
assert sl.avg_pool2d(stripes, (1, 2)).min() == sl.avg_pool2d(stripes, (1, 2)).max() == 0.5
assert {conv_axis(64, kernel=3, stride=s).span for s in (1, 2, 4, 8)} == {3}

# %% [markdown]
# The output is coarser, that much is meant and true. But a stride does not gather, it *picks*, and
# fine detail turns into something else: [aliasing](glossary.md#aliasing), the subject of
# [09 · What strides do](09_what_strides_do.ipynb). Nor are the features of this layer broader; its
# window has the size that it had. *Right would be:* a stride keeps one output of s per axis; blur
# first if you want to zoom out.
#
# **Claim 9.** Larger strides enlarge the receptive field: the input cells, from the first to the
# last, that an output is computed from, as in [07 · Receptive fields](07_receptive_fields.ipynb).

# %% tags=["prediction"]
my_verdict_9 = None  # "true", "half true", "imprecise" or "false"

# %%
predict("13-field", my_verdict_9)

# %%
for strides in ((1, 1), (1, 2), (2, 1)):
    stack = [{"kernel_size": 3, "strides": s} for s in strides]
    sizes = [field.rows.size for field in sl.receptive_field(stack)]
    print(f"strides {strides}: {sizes[0]} cells after the first layer, {sizes[1]} after the second")
    assert sizes == ([3, 7] if strides[0] == 2 else [3, 5])

# %%
# Check: the field after a layer does not know that layer's stride, whatever came before.
for k, s, own in product((2, 3, 5), (1, 2, 3), (1, 2, 3)):
    stack = [{"kernel_size": k, "strides": s}, {"kernel_size": 3, "strides": own}]
    fields = [field.rows.size for field in sl.receptive_field(stack)]
    assert fields == [k, k + 2 * s]

# %% [markdown]
# The first layer's stride widens what the *second* sees. The second layer's stride does nothing to
# the fields of its own outputs. *Right would be:* a stride enlarges the receptive fields of the
# layers behind it.

# %% [markdown] tags=["instructor"]
# **7 minutes.** Claim 8 divides the room: "half true" is defended with "the output *is* coarser".
# Point to the definitions. Claim 9: draw two windows at stride 1 and at stride 2 on the board, and
# measure one window each time. Then put a second layer on top.

# %% [markdown]
# ## Claim 10: the layer
#
# **Claim 10.** 32 filters of 3 × 3 at stride 2 with "same" halve both sides of a 32 × 32 × 3
# picture.

# %% tags=["prediction"]
my_verdict_10 = None  # "true", "half true", "imprecise" or "false"

# %%
predict("13-layer", my_verdict_10)

# %%
thumbnail = sl.avg_pool2d(photograph(my_photo)[:512, :512], 16)[None]
conv = sl.layers.Conv2D(32, 3, strides=2, padding="same")
print(thumbnail.shape, "->", conv(thumbnail).shape, conv.count_params(), "parameters")

# Check: the shape, the parameters, and the pads that the article does not show.
assert conv(thumbnail).shape == (1, 16, 16, 32)
assert conv.count_params() == 3 * 3 * 3 * 32 + 32 == 896
assert sl.conv_geometry((32, 32), 3, strides=2, padding="same").pads == ((0, 1), (0, 1))

# %% [markdown]
# True, to the last number. The example is right where the explanation around it is not: whoever ran
# the code got the right shape, and whoever read the text learned the wrong reason.
#
# Two more of that kind. In the first a formula is right for many numbers; in the second,
# PyTorch refuses a word and somebody has to write pads.

# %%
sl.practice.show("bug-13")

# %%
sl.practice.show("bug-10")

# %% [markdown]
# ## Your score

# %%
mine = {
    "13-keeps": my_verdict_1,
    "13-pads": my_verdict_2,
    "13-ceil": my_verdict_3,
    "13-aggressive": my_verdict_4,
    "13-surrounds": my_verdict_5,
    "13-artificial": my_verdict_6,
    "13-skips": my_verdict_7,
    "13-zooms": my_verdict_8,
    "13-field": my_verdict_9,
    "13-layer": my_verdict_10,
}

# %%
score = [predict(name, verdict).correct for name, verdict in mine.items()]
print(f"{score.count(True)} of {len(score)} right, {score.count(None)} not answered yet")

# Check: the table below is the one that the questions know.
table = ["half true", "false", "true", "half true", "imprecise"]
table += ["half true", "imprecise", "imprecise", "half true", "true"]
assert all(predict(name, word).correct for name, word in zip(mine, table, strict=True))
assert table.count("true") == 2

# %% [markdown]
# | | claim, in short | verdict | what would have been right |
# |---|---|---|---|
# | 1 | "same" keeps the size | half true | at stride 1 |
# | 2 | at strides over 1 too | false | ⌈n/s⌉, which is fewer |
# | 3 | ⌈n/s⌉ outputs | true | |
# | 4 | it softens the stride | half true | it saves border cells; the factor stays |
# | 5 | it surrounds with zeros | imprecise | t cells, the odd one after; at times none |
# | 6 | `Conv2D` manages artificial features | half true | they are there; it does nothing |
# | 7 | stride 2 skips pixels | imprecise | it skips places of the window |
# | 8 | a stride zooms out | imprecise | it picks one output of s per axis |
# | 9 | a stride enlarges the field | half true | the fields of later layers |
# | 10 | (16, 16, 32) | true | |
#
# Two of ten stand as they are. Yet there is a bit of truth behind most of the others: claim 1 holds
# at stride 1, claim 5 at odd sizes (a kernel of 3, stride 2), claim 9 for the next layer. A
# sentence goes wrong where it loses the condition under which it is true. The article's own title
# lost a single character, the >.

# %% [markdown] tags=["slide"]
# ## Two of ten
#
# Most of the rest lost a condition. To check a sentence: put numbers into it, uneven ones; find a
# case in which it could fail; run it.

# %% [markdown]
# ## Practise
#
# Two ports that went wrong quietly. Write down the pads at the size that is given before you trust
# any word for them.

# %%
sl.practice.show("bug-18")

# %%
sl.practice.show("bug-19")

# %% [markdown] tags=["instructor"]
# **5 minutes, and 20 to 30 for the post-test.** Let two people explain claim 4 to each other in two
# sentences, without the word "same". Then the test, alone and in silence, on the machine that holds
# the pre-test. `stridelab class` reads what `stridelab progress export FILE` writes, and shows
# the room before and after.

# %% [markdown] tags=["recap"]
# ## Recap
#
# - As they stand, you can trust two of the ten: the formula ⌈n/s⌉ and the worked example.
# - You found out by making a sentence an assertion: say for *which* layers it speaks, choose uneven
#   sizes, strides over 1, an even kernel, and look for a case in which it fails.
# - A shape that comes out right proves no explanation. Compare windows, and compare values.
# - Most wrong sentences are true ones that lost a condition.
#
# **Where to go from here.** This was the last lesson. Take the next network that you use and say
# its sizes, pads and fields before you run it; `sl.conv_geometry`, `sl.receptive_field` and
# `sl.port` check you. `sl.practice.session()` brings back what you are about to forget. Then
# fact-check something: a blog, a docstring, an answer of a chatbot, and this course. Write to those
# whose sentence fails, with the case in which it does.

# %% [markdown] tags=["further"]
# ## Going further
#
# - TensorFlow's issue tracker, no. 48137: a reader reports that the documentation says of "same"
#   what claim 2 says.
# - A. Araujo, W. Norris and J. Sim, *Computing Receptive Fields of Convolutional Neural Networks*
#   (Distill, 2019): claim 9 done properly, with the fields of well-known networks.
# - R. Zhang, *Making Convolutional Networks Shift-Invariant Again* (ICML 2019, arXiv:1904.11486):
#   claim 8 at work in trained networks, and the blur that helps.
# - M. Islam, S. Jia and N. Bruce, *How Much Position Information Do Convolutional Neural Networks
#   Encode?* (ICLR 2020, arXiv:2001.08248): what networks do with the zeros of claim 6.

# %% [markdown]
# ## The post-test
#
# If you took the test in [00 · Start here](00_start_here.ipynb), here are its twelve problems
# again, with other numbers: 20 to 30 minutes, no hints, each answer kept at once. Afterwards
# `sl.progress()` puts both results side by side. If you did not take it, take this one all the
# same, as a check; there is then nothing to compare it with. Once all twelve are answered, the cell
# says that the test is done.

# %%
sl.practice.posttest()
