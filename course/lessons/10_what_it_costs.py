# ---
# jupyter:
#   stridelab:
#     title: What it costs
#     minutes: 35
#     summary: What a layer learns, multiplies and moves, and which of them takes the time.
#     needs:
#       - '[01 · The sliding window](01_sliding_window.ipynb), [02 · Padding](02_padding.ipynb). In
#         two lines: each output is a sum of products, over the cells of a window and all channels;
#         "same" pads zeros, and windows at the border hang over them.'
#     does:
#       - Count parameters, multiply-adds and bytes, with a formula and with ones.
#       - Find where VGG-16 and MobileNetV2 keep their weights and where they do their work.
#       - Draw the limits of this very machine, and put three layers under them.
#     outcomes:
#       - Give the cost of any layer, and say what strides, groups and borders do to it.
#       - Read "FLOPs" in a paper with care.
#       - Say when fewer multiplications will not be faster.
# ---

# %%
from collections import Counter
from functools import partial

import numpy as np

import stridelab as sl
from stridelab.bench.ours import strict_method
from stridelab.bench.suite import Case, load
from stridelab.figures import bars, curves, named_bars
from stridelab.ops import machine
from stridelab.practice import predict

# %%
stream = np.random.default_rng(0)
compiled = machine.vectors_missing() is None

if compiled:
    import numba

    numba.set_num_threads(1)  # one core alone: several would wait for each other now and then


# %%
def milliseconds(case):
    """How long this machine takes for a layer: the best of some calls."""
    x = stream.random(case.input_shape, dtype="float32")
    kernel = stream.random(case.kernel_shape, dtype="float32")
    how = {"strides": case.stride, "groups": case.groups, "padding": "same"}
    method = strict_method(case) if compiled else "auto"
    call = partial(sl.conv2d, x, kernel, method=method, **how)
    taken = [machine.seconds(call), machine.seconds(call)]  # the first one loads the method
    while sum(taken[1:]) < 0.1 and len(taken) < 9:
        taken.append(machine.seconds(call))
    return 1000 * min(taken)


# %% [markdown] tags=["question"]
# ## The question
#
# Networks for phones do without most of their multiplications. Here is how: a **dense** layer, the
# ordinary one, in which each filter reads all 32 channels; and a
# **[depthwise](glossary.md#depthwise)** one, in which each filter reads a single channel. Both take
# four pictures of 112 × 112 cells with 32 channels to as many cells and channels, with a kernel of
# 3 × 3.

# %%
dense = Case(112, channels=32, filters=32, kernel=3, batch=4)
depthwise = Case(112, channels=32, filters=32, kernel=3, groups=32, batch=4)
took = {"dense": milliseconds(dense), "depthwise": milliseconds(depthwise)}
fewer = dense.macs / depthwise.macs
print(f"multiplications: {dense.macs:,} and {depthwise.macs:,}, {fewer:g} to 1")
print(f"time here: {took['dense']:.2f} ms and {took['depthwise']:.2f} ms: ", end="")
print(f"{took['dense'] / took['depthwise']:.1f} to 1")

# %% [markdown] tags=["question"]
# The first line is the same everywhere, the second is your machine's, at this moment. On the one
# that this was written on it was far from 32 to 1. **If 31 of 32 multiplications are gone, what
# does the time go to, and what should you count instead?**

# %% [markdown] tags=["slide"]
# ## 32 times fewer multiplications
#
# A dense 3 × 3 layer and a depthwise one, on the same cells and channels.
#
# Multiplications: 32 to 1. The time does not follow. What does it go to?

# %% [markdown] tags=["instructor"]
# **4 minutes.** Run the cell two or three times in front of the room: the first line stays, the
# second moves. Nobody has to be right about the reason yet; collect guesses on the board ("the
# memory", "Python", "the groups are badly written") and come back to them at the roof. Without
# numba (`stridelab doctor`) the times are NumPy's: the ratio is another one, the question stays.

# %% [markdown]
# ## Count the multiplications
#
# An output is a dot product: for each of the k·k cells under the window, and for each of the
# $C_{in}$ channels, one product, added to the sum. One product with its addition is a
# **[multiply-add](glossary.md#multiply-add)**, MAC for short. There are as many outputs as places
# of the window times filters, $C_{out}$. Together, for one image:
#
# $$ \text{MACs} = o_{rows} \cdot o_{cols} \cdot C_{out} \cdot k \cdot k \cdot C_{in} $$
#
# The last three factors, times $C_{out}$, are the kernel's weights. So each weight is used once at
# each place of the window, and the **[parameters](glossary.md#parameter)** are the weights and one
# bias a filter. `sl.cost` counts it all. Uneven numbers, so that no two can be mixed up:

# %%
counted = sl.cost((30, 41, 6), filters=8, kernel_size=(3, 5), strides=(2, 1))
print(counted)

# Check: the formula. Nothing is padded, so the window has 14 × 37 places.
assert counted.output_shape == (14, 37, 8)
assert counted.macs == 14 * 37 * 8 * 3 * 5 * 6
assert counted.params == 3 * 5 * 6 * 8 + 8

# %% [markdown]
# You need not believe a formula. Fill the input with ones and the kernel with ones: then every
# product is 1, and an output is the *number* of its products. The sum of all outputs is the number
# of MACs.

# %%
ones = np.ones((30, 41, 6), dtype="float64")
kernel = np.ones((3, 5, 6, 8), dtype="float64")

# Check: as many ones as the formula says.
assert sl.conv2d(ones, kernel, strides=(2, 1)).sum() == counted.macs

# %% [markdown]
# ## FLOPs, and what papers call so
#
# A **[flop](glossary.md#flop)** is one operation, a multiplication or an addition. A MAC is both,
# so FLOPs = 2·MACs. Now read with care. The ResNet paper gives 3.6 billion FLOPs for its network of
# 34 layers, and adds in brackets what it counts: multiply-adds (He et al., section 3.3). Much that
# is written since says FLOPs and counts MACs. When two numbers differ by a factor of two, that is
# why.

# %%
suite = load()  # the convolutions of some networks, layer by layer
for network in suite.networks.values():
    giga, millions = network.macs / 1e9, network.weights / 1e6
    print(f"{network.title:16} {giga:6.2f} billion MACs {millions:6.2f} million weights")

# Check: FLOPs are twice the MACs, and what the MobileNetV2 paper says: 300 million multiply-adds.
assert counted.flops == 2 * counted.macs
assert round(suite.networks["mobilenetv2"].macs, -7) == 300_000_000

# %%
sl.practice.show("cost-01")

# %%
sl.practice.show("cost-02")

# %% [markdown]
# ## Multiplied by nothing
#
# The formula counts k·k cells for each window. With `padding="same"` some of them are padding, and
# a product with a zero adds nothing. On a whole photograph that hardly matters. Late in a network,
# maps are 7 × 7.
#
# Predict: a kernel of 3 × 3, "same", on 7 × 7 cells. Which share of the MACs falls on real cells?

# %% tags=["prediction"]
my_real = None  # between 0 and 1, two decimals

# %%
predict("10-real", my_real)

# %% [markdown]
# One axis at a time: seven windows of three are 21 taps. The first and the last window hang over by
# one, so 19 taps are real. Rows and columns multiply: (19/21)² = 0.82. Nearly a fifth of the work
# is done on cells that nobody photographed.

# %%
late = sl.cost((7, 7, 512), filters=512, kernel_size=3, padding="same")
early = sl.cost((224, 224, 3), filters=64, kernel_size=3, padding="same")
print(f"real: {late.real_macs / late.macs:.1%} at 7 × 7, {early.real_macs / early.macs:.1%} at 224")

# Check: the count against ones. A product with a padded zero is 0 and adds nothing to the sum.
ones = np.ones((7, 7, 4), dtype="float64")
real = sl.conv2d(ones, np.ones((3, 3, 4, 5)), padding="same").sum()
assert real == sl.cost((7, 7, 4), 5, 3, padding="same").real_macs == 19 * 19 * 4 * 5
assert late.real_macs * 21**2 == late.macs * 19**2
assert early.real_macs / early.macs > 0.99

# %% [markdown]
# A library may skip them, at the price of more tests at the border. The formula counts them, and so
# do papers.
#
# ## What makes it more, and what less
#
# | change | parameters | MACs |
# |---|---|---|
# | twice as many rows and columns | stay | 4 times |
# | stride s on both axes | stay | 1/s² |
# | twice as many channels, in and out | 4 times | 4 times |
# | kernel of 5 for a kernel of 3 | 25/9 | 25/9 |
# | dilation | stay | stay |
# | g [groups](glossary.md#group) | 1/g | 1/g |
#
# (Under "same", sizes that the stride divides, biases left out.)

# %%
small = partial(sl.cost, padding="same", use_bias=False)
base = small((48, 60, 16), 16, 3)
for params, macs, other in (
    (1, 4, small((96, 120, 16), 16, 3)),
    (1, 1 / 9, small((48, 60, 16), 16, 3, strides=3)),
    (4, 4, small((48, 60, 32), 32, 3)),
    (25 / 9, 25 / 9, small((48, 60, 16), 16, 5)),
    (1, 1, small((48, 60, 16), 16, 3, dilation_rate=2)),
    (1 / 4, 1 / 4, small((48, 60, 16), 16, 3, groups=4)),
):  # Check: the table, line by line.
    assert (other.params, other.macs) == (params * base.params, macs * base.macs)

# %%
sl.practice.show("cost-04")

# %%
sl.practice.show("cost-05")

# %% [markdown]
# Networks play these against each other. ResNet-50 has a 3 × 3 layer from 64 channels to 64 on 56 ×
# 56 cells. Whenever it halves rows and columns, it doubles the channels, and so its last one is
# from 512 to 512 on 7 × 7.
#
# Predict: how many times as many weights has the last one, and how many times as many MACs?

# %% tags=["prediction"]
my_ratios = None  # (times the weights, times the MACs)

# %%
predict("10-ratios", my_ratios)

# %%
first, last = suite.layers["res56"], suite.layers["res7"]
for case in (first, last):
    print(f"{case.text:20} {case.weights:>9,} weights {case.macs:>11,} MACs")

# Check: 64 times the weights, and the very same work.
assert (last.weights, last.macs) == (64 * first.weights, first.macs)

# %% [markdown]
# Half the rows, half the columns: a quarter of the places. Twice the channels in, twice the
# filters: four times the weights. Each such layer costs the same, and weights gather at the end.
# Here is VGG-16, whose 13 convolutions form five blocks, from 224 × 224 cells down to 14 × 14.

# %% [markdown] tags=["slide"]
# ## Where are the MACs, where the weights?
#
# VGG-16, five blocks from 224 × 224 to 14 × 14.
#
# Halve the size, double the channels: the same work, four times the weights.

# %% tags=["on-slide"]
vgg = suite.networks["vgg16"]
macs, weights = Counter(), Counter()
for case, count in vgg.parts:
    macs[case.size] += 100 * count * case.macs / vgg.macs
    weights[case.size] += 100 * count * case.weights / vgg.weights
shares = {"MACs": list(macs.values()), "weights": list(weights.values())}
bars(shares, x="block (224, 112, 56, 28, 14 cells)", y="share of the network (%)")

# %%
# Check: the last block has nearly half of the weights and a tenth of the MACs.
assert 45 < weights[14] < 50
assert 8 < macs[14] < 10
assert weights[224] < 0.3 < 10 < macs[224]
behind = 25_088 * 4096 + 4096 * 4096 + 4096 * 1000  # the three fully connected layers
assert behind > 8 * vgg.weights
assert behind < vgg.macs / 100

# %% [markdown]
# Nearly half of the weights sit in a block that does a tenth of the work. (Behind the convolutions
# VGG-16 has three fully connected layers, left out here: more than eight times as many weights as
# all its convolutions, and under one percent of the MACs.) So a small network, in parameters, need
# not be a cheap one.
#
# Try it on a stack of your own: *Input size* moves the MACs and leaves the parameters alone. Among
# the surprises, *MobileNet* puts a depthwise layer and a 1 × 1 layer next to a dense one.

# %%
e = sl.explore.stack(size=32, channels=3)
e

# %%
# Check: twice the size: the same parameters, and four times the MACs where "same" is padded.
e.reset()  # whatever you did to it
before = e.scene["params"].values, e.scene["macs"].values
e.size = 64
assert e.scene["params"].values == before[0]
assert e.scene["macs"].values[0] == 4 * before[1][0]
e.reset()

# %% [markdown] tags=["instructor"]
# **12 minutes** up to here. Let them do the 64-to-1 question in pairs, on paper, with "halve and
# double" only. The question that comes: "then why are parameters quoted at all?" They are what is
# stored and sent, and what can overfit. What goes wrong: MACs divided by s and not s²; biases
# counted as multiplications; 512 filters "8 times as much" instead of 64.

# %% [markdown]
# ## Fewer, still fewer
#
# MobileNets replace dense 3 × 3 layers by pairs: a depthwise 3 × 3, which looks at neighbours but
# mixes no channels, and a **[pointwise](glossary.md#pointwise)** one, 1 × 1, which mixes channels
# but looks at no neighbour. MobileNetV2 has a second pointwise one, before the depthwise.
#
# Predict: which kind takes most of the MACs of MobileNetV2: "dense", "depthwise" or "pointwise"?

# %% tags=["prediction"]
my_kind = None  # one of the three words, in quotes

# %%
predict("10-kind", my_kind)


# %%
def kind(case):
    return "depthwise" if case.depthwise else "pointwise" if case.kernel == 1 else "dense"


# %%
mobile = suite.networks["mobilenetv2"]
counts = {name: Counter() for name in ("dense", "depthwise", "pointwise")}
for case, count in mobile.parts:
    sums = {"weights": case.weights, "MACs": case.macs, "bytes": case.bytes}
    counts[kind(case)].update({what: count * each for what, each in sums.items()})

for name, sums in counts.items():
    parts = {what: each / sum(c[what] for c in counts.values()) for what, each in sums.items()}
    print(f"{name:10}", *(f"{part:6.1%} of the {what}  " for what, part in parts.items()))

# %%
# Check: 1 × 1 has nine tenths of the MACs; depthwise a fourteenth of them, and two fifths of bytes.
assert counts["pointwise"]["MACs"] > 0.89 * mobile.macs
assert 0.06 < counts["depthwise"]["MACs"] / mobile.macs < 0.08
moved = sum(each["bytes"] for each in counts.values())
assert 0.38 < counts["depthwise"]["bytes"] / moved < 0.41

# %% [markdown]
# The depthwise layers are nearly free, counted in MACs: 7 %. They *move* 39 % of the bytes. That is
# the trace to follow.

# %%
sl.practice.show("cost-06")

# %%
sl.practice.show("cost-08")

# %% [markdown]
# ## What must be moved
#
# Numbers do not come to the processor by themselves. At the least a layer reads its input once,
# reads its weights once and writes its output once, four bytes each in float32. Divide what it
# computes by what it moves, and you have its **[intensity](glossary.md#intensity)**, in flops a
# byte. A high one says: much arithmetic for each number fetched.
#
# Predict: the depthwise layer of the question, 3 × 3 at stride 1 with "same". How many flops a
# byte? Leave its few weights out; per output it is one number read, one written, 9 MACs.

# %% tags=["prediction"]
my_intensity = None  # flops a byte, two decimals

# %%
predict("10-intensity", my_intensity)

# %%
pointwise = Case(112, channels=32, filters=32, kernel=1, batch=4)
three = {"dense": dense, "pointwise": pointwise, "depthwise": depthwise}
for name, case in three.items():
    print(f"{name:10} {case.flops:>11,} flops / {case.bytes:,} bytes = ", end="")
    print(f"{case.flops / case.bytes:5.2f} flops a byte")

# Check: the same input and output, so the same bytes but for the weights.
images = 4 * (4 * 112 * 112 * 32 + 4 * 112 * 112 * 32)  # in and out
assert all(case.bytes == images + 4 * case.weights for case in three.values())
assert depthwise.flops / images == 2 * 9 / 8 == 2.25
assert dense.flops / images == 32 * 2.25
assert pointwise.flops / images == 2 * 32 / 8

# %% [markdown]
# The three layers have the same input and the same output. They move the same 12.8 million bytes,
# and do 72, 8 or 2.25 flops with each. Fewer multiplications, the same traffic.
#
# ## The roof of this machine
#
# A machine has two limits: how many flops a second it computes, and how many bytes a second it
# moves. A layer of intensity I needs 1 byte for every I flops. So in a second it cannot do more
# flops than
#
# $$ \min(\text{peak},\; I \cdot \text{bandwidth}) $$
#
# This is the **[roofline](glossary.md#roofline)** (Williams, Waterman & Patterson 2009): a slope,
# where the memory is the limit, then a level roof, where the arithmetic is. Here both are measured,
# for one core: the peak by multiply-adds on numbers that are already there, the bandwidth by
# copying 34 million bytes, more than most **[caches](glossary.md#cache)** hold, the small quick
# memories beside a core. A GFLOP/s is a billion flops a second, a GB/s a billion bytes a second.

# %%
source = np.ones(1 << 23, dtype="float32")
target = np.empty_like(source)
copies = [machine.seconds(partial(np.copyto, target, source)) for _ in range(12)]
bandwidth = 2 * source.nbytes / min(copies)  # each byte is read, and written
peak = machine.fma_peak() or machine.peak_flops()  # without numba: that of NumPy's products
ridge = peak / bandwidth
print(f"peak {peak / 1e9:.0f} GFLOP/s, bandwidth {bandwidth / 1e9:.0f} GB/s")
print(f"they meet at {ridge:.1f} flops a byte")

times = {name: milliseconds(case) for name, case in three.items()}

# %%
lowest, highest = min(1.0, ridge / 2), max(200.0, 2 * ridge)
edge = [(i, min(peak, i * bandwidth) / 1e9) for i in (lowest, ridge, highest)]
lines = {"the roof": tuple(zip(*edge, strict=True))}
for name, case in three.items():
    rate = case.flops / times[name] / 1e6  # ms and GFLOP/s
    lines[f"{name}: {times[name]:.1f} ms"] = ([case.flops / case.bytes], [rate])

# %% [markdown] tags=["slide"]
# ## The roof of this machine
#
# Up the slope the memory is the limit, under the level roof the arithmetic.
#
# Where does the depthwise layer stand?

# %% tags=["on-slide"]
curves(
    lines,
    f"The roof rises to {peak / 1e9:.0f} GFLOP/s at {ridge:.1f} flops a byte, then it is level. "
    f"Three layers as marks: {', '.join(list(lines)[1:])}.",
    title="Three layers on the same cells, under the measured roof",
    x="intensity (flops a byte)",
    y="speed (GFLOP/s)",
    log="xy",
)

# %% [markdown]
# With numba the picture is this on most machines. The dense layer stands far to the right, where
# the roof is level: arithmetic is its limit, and it comes closest to its limit. The depthwise layer
# stands on the left, under the slope, and far lower. (On some laptops a single core moves bytes so
# fast that the slope ends further left; then all three stand under the level roof.)
#
# In time instead of speed: a layer takes at least flops/peak, and at least bytes/bandwidth.

# %%
for name, case in three.items():
    compute, move = 1e3 * case.flops / peak, 1e3 * case.bytes / bandwidth
    limit = "arithmetic" if compute > move else "memory"
    print(f"{name:10} arithmetic {compute:6.3f} ms, memory {move:6.3f} ms ({limit})", end="")
    print(f"   measured {times[name]:6.3f} ms")

least = {name: max(case.flops / peak, case.bytes / bandwidth) for name, case in three.items()}
print(f"dense to depthwise at the roof: {least['dense'] / least['depthwise']:.0f} to 1, ", end="")
print(f"measured: {times['dense'] / times['depthwise']:.1f} to 1")

# %%
if not compiled:
    print("NumPy alone computes here, its products on all cores, so marks stand low. With numba")
    print("they would stand higher: `stridelab doctor` says how to have it.")

# %% [markdown]
# The memory's column is nearly the same for all three. The arithmetic's column falls from line to
# line, and once it is below the memory's, *it does not matter any more how few MACs there are*. The
# more cores a machine has, the sooner: they multiply the peak, and share the memory. That is the
# first part of the answer.
#
# The second: the roof counts each number once, on its way from memory. Inside the processor a
# number is fetched again and again, from a cache into the core. In the dense layer a fetched cell
# serves many filters at once; in the depthwise layer it serves one. So much fetching, for each
# multiplication, is one reason why its mark stands below the roof. What each call has to do besides
# its sums is another. The roof is a limit, no promise.
#
# (A mark above the roof is no error of the drawing: what is still in a cache comes faster than from
# memory, and another program may have slowed the machine while its limits were measured.)


# %%
# Check: halving the intensity halves the roof on the slope, and changes nothing on the level part.
def roof_of(intensity):
    return min(peak, intensity * bandwidth)


assert np.allclose([roof_of(ridge), roof_of(2 * ridge), roof_of(4 * ridge)], peak)
assert np.allclose([roof_of(ridge / 2), roof_of(ridge / 4)], [peak / 2, peak / 4])
assert dense.bytes / depthwise.bytes < 1.02 < 32 == dense.macs / depthwise.macs

# %% [markdown] tags=["instructor"]
# **9 minutes** from "What must be moved", and **10** for the network after it. Draw the roof by
# hand first, with the two numbers that the cell prints. The question that comes: "so are depthwise
# layers a bad idea?" No: they save weights, multiplications and, as a rule, time, only less time
# than multiplications. What goes wrong on Binder and on shared machines: marks far below the roof,
# because somebody else computes too. Run the cells again. The other way round, a laptop on which
# one core moves bytes very fast puts the depthwise layer under the level roof: read the printed
# table with the room.

# %% [markdown]
# ## A whole network, in four currencies
#
# The same for MobileNetV2: what share of it are its depthwise layers? In weights, in MACs, in
# bytes, and in time, each of its layers timed on your machine.

# %%
spent = Counter()
for case, count in mobile.parts:
    spent[kind(case)] += count * milliseconds(case)
part = {
    what: 100 * counts["depthwise"][what] / sum(each[what] for each in counts.values())
    for what in ("weights", "MACs", "bytes")
}
part["time here"] = 100 * spent["depthwise"] / sum(spent.values())

# %% [markdown] tags=["slide"]
# ## MobileNetV2: its depthwise layers
#
# 7 % of the MACs, 39 % of the bytes. And of the time?

# %% tags=["on-slide"]
named_bars(
    part,
    "The depthwise layers' share of MobileNetV2: "
    + ", ".join(f"{each:.0f} percent of the {what}" for what, each in part.items()),
    title="The depthwise layers of MobileNetV2",
    x="share of the network's convolutions (%)",
)

# %% [markdown]
# On the machine that this was written on they took nearly a fifth of the time, for a fourteenth of
# the MACs. Shares differ from machine to machine, and between two runs as well. What does not
# differ: MACs alone do not say how long a layer takes. Ma et al. (2018) measured it on whole
# networks and made a rule of it: measure the speed, do not count FLOPs.

# %%
if compiled:
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)  # all cores again

# %% [markdown]
# Measure it yourself, layer by layer: *Measure* times every method that this package has, and draws
# the roof. Then take the surprise *Few channels*.

# %%
race = sl.explore.race(size=56, channels=64, filters=64, kernel_size=3)
race

# %%
# Check: a 1 × 1 kernel does a ninth of the work and moves nearly as much.
race.reset()  # whatever you did to it
dense_rows = dict(race.scene["layer"].rows)
race.kernel_size = 1
single_rows = dict(race.scene["layer"].rows)
macs = [int(rows["MACs"].replace(",", "")) for rows in (dense_rows, single_rows)]
moved = [int(rows["bytes in float32"].replace(",", "")) for rows in (dense_rows, single_rows)]
assert macs[0] == 9 * macs[1]
assert moved[1] > 0.9 * moved[0]
race.reset()

# %% [markdown]
# ## Practise
#
# First mend a counter for a whole network. Then find out why servers like batches.

# %%
sl.practice.show("cost-13")

# %%
sl.practice.show("cost-14")

# %% [markdown] tags=["slide"]
# ## The answer
#
# - MACs count arithmetic. Time is also spent on moving numbers.
# - Depthwise: 32 times fewer MACs, the same bytes.
# - Count both, divide, and look at the roof. Then measure.

# %% [markdown] tags=["recap"]
# ## Recap
#
# - MACs = places × filters × k·k × channels; each weight is used once at each place. FLOPs are
#   twice the MACs, though many papers say FLOPs for MACs.
# - A stride s leaves 1/s² of the MACs and all parameters; g groups leave 1/g of both. Under "same"
#   a part of the MACs falls on zeros: 18 % at 7 × 7.
# - Halve the size and double the channels: the same work, four times the weights. Networks multiply
#   early and remember late.
# - Intensity is flops a byte. Where the roofline slopes the memory is the limit, where it is level
#   the arithmetic.
# - A depthwise layer of 3 × 3 has 2.25 flops a byte, a dense one with 32 channels 32 times that, on
#   the same bytes. 31 of 32 multiplications go, and all of the moving stays: that is what the time
#   goes to. So count both, and measure.
#
# That a layer comes anywhere near the roof is no matter of course. **Next:**
# [11 · Making it fast](11_making_it_fast.ipynb) starts from plain loops, far below it.

# %% [markdown] tags=["further"]
# ## Going further
#
# - Williams, Waterman & Patterson, "Roofline: an insightful visual performance model for multicore
#   architectures" (CACM 2009): the picture of this lesson, with more ceilings under the roof.
# - He, Zhang, Ren & Sun, "Deep residual learning for image recognition" (2016), section 3.3 and
#   table 1: halve and double, and FLOPs that are multiply-adds.
# - Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision
#   applications" (2017), section 3: depthwise and pointwise layers, counted. Sandler et al.,
#   "MobileNetV2: inverted residuals and linear bottlenecks" (2018), table 2: the layers used here.
# - Ma, Zhang, Zheng & Sun, "ShuffleNet V2: practical guidelines for efficient CNN architecture
#   design" (2018): where FLOPs and speed part, and four rules that follow.
# - Sze, Chen, Yang & Emer, "Efficient processing of deep neural networks: a tutorial and survey"
#   (2017): what moving a number costs in energy, next to multiplying it.
