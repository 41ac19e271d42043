# ---
# jupyter:
#   stridelab:
#     title: Making it fast
#     minutes: 35
#     summary: Five ways to do the same multiplications, and why they are thousands of times apart.
#     needs:
#       - "[10 · What it costs](10_what_it_costs.ipynb). In two lines: a layer takes
#         OH·OW·Cout·k²·Cin multiply-adds, and each of them counts as two operations (FLOPs)."
#       - The first time ever, compiling takes a minute. `stridelab warmup` in a terminal does it
#         ahead.
#     does:
#       - Find out what this very machine could reach at best.
#       - Climb from loops in Python to a kernel near that limit, and time each rung.
#       - Predict what a rung takes of memory, registers and loads before you see it.
#     outcomes:
#       - Say what interpreter, cache, vectors, registers and threads each do to a convolution.
#       - Lay windows out as a view and as a matrix, and say what each of them costs.
#       - Judge a time against the machine's peak, and not against another program.
# ---

# %%
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import stridelab as sl
from stridelab.bench.ours import call_of, layer_of
from stridelab.bench.suite import load
from stridelab.figures import named_bars
from stridelab.geometry import conv_axis
from stridelab.ops import machine
from stridelab.practice import predict

# %% [markdown] tags=["instructor"]
# **0–5 min.** Let everyone run the first cells and write their two times on the board: the ratio
# is the lesson's question. Ask for guesses: what does the slow one do all that time? "Python is
# slow" is no answer yet; ask what it does while it is slow. Close other programs: times on a
# shared machine move by half from run to run, and that is worth saying aloud.

# %% [markdown] tags=["question"]
# ## The question
#
# ResNet-50 has this layer three times: 56 × 56 cells, 64 channels in, 64 filters of 3 × 3. Its
# definition is seven loops, one inside the other, and the package has it as plain Python:
# `method="reference"`. That takes long, so we time it on a corner of 6 × 6 cells and reckon the
# rest. Beside it, a quick method that does *all the same multiplications*.

# %%
case = load().layers["res56"]
stream = np.random.default_rng(0)
x = stream.standard_normal(case.input_shape, dtype="float32")
kernel = stream.standard_normal(case.kernel_shape, dtype="float32")


def best(call, times=5):
    """Seconds of the quickest of some calls, after a first one that is not counted."""
    call()
    machine.rest()  # until the threads of whatever ran before sleep
    return min(machine.seconds(call) for _ in range(times))


# %% [markdown] tags=["slide"]
# ## Same multiplications
#
# One layer of ResNet-50, computed twice. No product is left out. What does the slow one do all
# that time?

# %% tags=["on-slide"]
quick = "direct" if machine.vectors_missing() is None else "im2col"
corner = x[:, 20:26, 30:36]
part = machine.seconds(partial(sl.conv2d, corner, kernel, method="reference"))
definition = part * case.macs / sl.cost(corner.shape, 64, 3).macs
fast = best(partial(sl.conv2d, x, kernel, padding="same", method=quick))
print(f"{case.macs:,} multiply-adds")
print(f"reference: about {definition:.0f} s; {quick}: {fast * 1e3:.1f} ms")

# %% [markdown] tags=["question"]
# Seconds against thousandths of a second, for the same products of the same numbers. **What does
# the slow one do all that time, and how much further could the quick one go?**

# %% [markdown]
# ## How fast could it be at all?
#
# Begin at the other end: what can the machine do? A processor's core has a clock. In each cycle it
# can start a few instructions, and one of them is made for us: the multiply-add, *sum + cell ×
# weight*. It does not take single numbers but **[vectors](glossary.md#vector)**: 4, 8 or 16
# numbers side by side, multiplied and added in one go.
#
# Predict: a core with 3 billion cycles a second starts two multiply-adds a cycle, on vectors of
# 8 numbers. How many GFLOP/s (billions of operations a second) is that at most? A multiplication
# and an addition are two operations.

# %% tags=["prediction"]
my_peak = None  # a whole number

# %%
predict("11-peak", my_peak)

# %% [markdown]
# That number is the core's **[peak](glossary.md#peak)**. Nobody needs to look the clock up:
# `machine.fma_peak` runs multiply-adds on numbers that never leave the core, and counts. (Some
# processors, Apple's for example, have a unit for whole matrices beside it. A library that uses it
# can pass this peak.)

# %%
cores = machine.threads()
one_core, all_cores = machine.fma_peak(), machine.fma_peak(cores)
if not one_core:  # without numba a large matrix product, on all cores, stands in for both
    one_core = all_cores = machine.peak_flops()
name, features = machine.processor()
print(f"{name}; cores, as counted: {cores}")
if features:
    print(f"{machine.limits().lanes} numbers in a vector ({', '.join(features)})")
print(f"peak: {one_core / 1e9:.0f} GFLOP/s for one core, {all_cores / 1e9:.0f} for all")
print(f"at the peak this layer takes {case.flops / all_cores * 1e3:.1f} ms")

# %%
# Check: the layer's work, from the formula: multiply-adds, and operations, two for each.
assert case.macs == 56 * 56 * 64 * 9 * 64
assert case.flops == 2 * case.macs == 231_211_008

# %% [markdown] tags=["instructor"]
# **5–12 min.** The peak is the frame of the lesson: a time means little, a part of the peak much.
# Question that comes: "why is twice the peak of one core not the peak of two?" Clocks fall when
# more cores work, and two threads may share one core. What goes wrong: `fma_peak` on a busy
# machine is too low, and a rung then seems to pass it. Run the cell again; it keeps the best. On a
# Mac im2col may pass it in earnest: NumPy's BLAS there uses the unit for matrices.

# %% [markdown] tags=["slide"]
# ## The frame: this machine's peak
#
# clock × multiply-adds a cycle × numbers in a vector × 2
#
# 3 GHz × 2 × 8 × 2 = 96 GFLOP/s a core

# %% [markdown]
# ## Rung 1: the interpreter
#
# The innermost line of the definition holds one multiplication and one addition. Ask Python what
# it does for them.

# %%
import dis

inner = "total += cell * kernel[a][b][m][f]"
steps = [step.opname for step in dis.get_instructions(inner)]
print(len(steps), "instructions:", *steps)

each = part / sl.cost(corner.shape, 64, 3).macs
print(f"{each * 1e9:.0f} ns for a product, with the lines that fetch the cell; at one core's peak")
print(f"as many nanoseconds are enough for {each * one_core / 2:,.0f} multiply-adds")

# %% [markdown]
# All of these are instructions of the *interpreter*. For each it has to find out what to do, look
# at the types of what it got, and wrap the result up as a new object. Two of them compute
# something for us. So the first advice is no trick of arithmetic: **take the loop away from the
# interpreter**.

# %%
# Check: two instructions of all these are ours.
assert len(steps) > 10
assert sum(step.argrepr in ("*", "+=") for step in dis.get_instructions(inner)) == 2

# %% [markdown]
# ## Rung 2: one call of NumPy, and nothing copied
#
# NumPy's loops are compiled. To hand it all windows at once, do we have to cut them out? No: a
# window's cells already lie in the picture. An array is an address and one *step* for each axis,
# and we may invent axes.

# %%
padded = np.pad(x[0], ((1, 1), (1, 1), (0, 0)))
view = sliding_window_view(padded, (3, 3), axis=(0, 1)).transpose(0, 1, 3, 4, 2)
print("output row, output column, tap row, tap column, channel")
print("sizes", view.shape)
print("steps", tuple(step // 4 for step in view.strides), "numbers")

# %% [markdown]
# Read the steps. The next window down starts 58·64 numbers further on, one row of padded cells. The
# next *tap* down lies 58·64 numbers further on, too: at stride 1 it is the same step. So one number
# of the picture stands at up to nine places of this array, and in memory it stands once. Such an
# array is called a **[view](glossary.md#view)**. `method="windows"` computes with it, and
# `np.einsum` does the sums.

# %%
summed = np.einsum("ijabm,abmf->ijf", view, kernel)

# Check: nine times as many numbers, no memory of its own, and the layer's results.
assert view.size == 9 * x.size
assert np.shares_memory(view, padded)
assert view.strides[0] == view.strides[2] == 58 * 64 * 4
assert np.allclose(summed, sl.conv2d(x, kernel, padding="same")[0], atol=1e-3)

# %% [markdown]
# ## Rung 3: the same loops, compiled
#
# `np.einsum` knows nothing about convolutions. `method="loops"` is the definition again, the same
# loops in Python's words, translated by a compiler (numba) into the processor's own instructions.
# One thing was changed: the loop over the *filters* stands innermost.
#
# ```text
# for each output (i, j), each tap (a, b), each channel m:
#     for each filter f:
#         y[i, j, f] += x[i + a, j + b, m] * kernel[a, b, m, f]
# ```
#
# Why that one? Look for f: in `y` and in `kernel` it is the last index, so the numbers for
# neighbouring filters are neighbours in memory. Eight of them make a vector, read at once. And the
# one cell of `x` serves them all.
#
# ## Rung 4: copy every window
#
# There is an operation that people have made fast for decades: the product of two matrices.
# NumPy hands it to a library (BLAS). A convolution becomes one, if every window is *copied* into a
# row of a matrix. That is called **[im2col](glossary.md#im2col)**.
#
# At stride 1 the matrix holds as many numbers as the view lists. Predict: let the stride be 2, the
# rest as before (56 × 56 cells, "same", a kernel of 3 × 3, 64 channels and 64 filters). How many
# times as many numbers as the picture does that matrix hold?

# %% tags=["prediction"]
my_copies = None  # a number, such as 1.5

# %%
predict("11-copies", my_copies)

# %%
matrix = view.reshape(56 * 56, 9 * 64)  # the copy: rows cannot be laid out by steps alone
product = matrix @ kernel.reshape(9 * 64, 64)
print(f"picture {x.nbytes / 1e6:.1f} MB, matrix {matrix.nbytes / 1e6:.1f} MB")

# Check: a copy this time, nine numbers for one, and with a stride of 2 nine quarters.
assert not np.shares_memory(matrix, padded)
assert matrix.size == 9 * x.size
assert np.allclose(product.reshape(56, 56, 64), summed, atol=1e-3)
o = conv_axis(56, kernel=3, stride=2, padding="same").output_size
assert (o * 3) ** 2 / 56**2 == 9 / 4

# %% [markdown] tags=["slide"]
# ## A view, or nine copies?
#
# - **windows**: one view of the picture, nothing copied.
# - **im2col**: each cell copied up to k² times, then one matrix product.
#
# Which is faster?

# %% [markdown]
# Now guess, before you run the next cell: the view that copies nothing, or the matrix that copies
# everything first. Which is faster, and by how much?

# %% tags=["on-slide"]
flat = kernel.reshape(9 * 64, 64)
viewed = best(lambda: np.einsum("ijabm,abmf->ijf", view, kernel))
copied = best(lambda: view.reshape(56 * 56, 9 * 64) @ flat)
print(f"view, einsum: {viewed * 1e3:.1f} ms; copy, product: {copied * 1e3:.1f} ms")

# %% [markdown]
# Where this was written the copy won by far. It is the surprise of this lesson: *more* memory
# moved, *more* work done, and less time. A part of that is cores: BLAS takes all of them, einsum
# one. The other part lies in where numbers are when they are needed. Beside each core are
# **[caches](glossary.md#cache)**, small and quick. Main memory is large and far away. Here a
# million numbers are added, three times:

# %%
far = np.ones(1 << 24, "float32")  # 67 MB: more than most caches hold
near = far[: 1 << 16]  # 0.3 MB
million = 1 << 20
times = {
    "neighbours": best(far[:million].sum),
    "every 16th of a small array": best(lambda: [near[::16].sum() for _ in range(256)]),
    "every 16th of a large array": best(far[::16].sum),
}
for what, seconds in times.items():
    print(f"{seconds / million * 1e9:6.2f} ns a number: {what}")

# %% [markdown]
# The same additions each time. Neighbours go through as vectors. Single numbers are slower, even
# from a cache (a part of it is the 256 calls). And where each one has to be fetched from far away,
# with 15 neighbours that nobody asked for, the core waits. (Memory hands out lines, on most
# processors of 64 bytes: 16 numbers.)
#
# BLAS is built around this. It cuts both matrices into blocks that fit a cache, so that a number
# that was fetched once meets many partners before it goes. Copying brings windows into the order
# in which they are read, and is paid once for all 64 filters.
#
# ## What does each rung take of memory?
#
# The whole matrix of a larger layer would be huge: 116 MB for 224 × 224 × 64. So the package
# makes it in blocks of at most 4 · 2²⁰ bytes.

# %%
call = call_of(case, x, kernel)
ladder = ("reference", "windows", "loops", "im2col", "direct")
rungs = [name for name in ladder if sl.METHODS[name].serves(call) is None]
for name in sorted(set(ladder) - set(rungs)):
    print(f"{name} is left out here. {sl.METHODS[name].summary} {sl.METHODS[name].serves(call)}.")
taken = {name: sl.METHODS[name].work(call) / 1e6 for name in rungs}
sizes = ", ".join(f"{name} {size:.1f}" for name, size in taken.items())

# %%
named_bars(
    {"(the picture)": x.nbytes / 1e6, "(whole matrix)": matrix.nbytes / 1e6, **taken},
    f"Bars: memory beside input and output, in MB: {sizes}; the picture {x.nbytes / 1e6:.1f}, its "
    f"whole matrix {matrix.nbytes / 1e6:.1f}.",
    title="What each rung takes of memory, 56 × 56 × 64",
    x="memory beside input, weights and output (MB)",
)

# %% [markdown]
# These are the package's own counts, the most that a method may take. The reference holds every
# number as an object of Python, some 32 bytes for 4. Even `windows` needs room, since it lays out
# the padding first. The last rung lists where cells lie, and copies its weights.

# %%
# Check: nine pictures for the whole matrix, and blocks that stay small.
wide = load().layers["vgg1_2"]
large = np.empty(wide.input_shape, "float32"), np.empty(wide.kernel_shape, "float32")
assert round(9 * large[0].nbytes / 1e6) == 116
for each in (call, call_of(wide, *large)):
    assert sl.METHODS["im2col"].work(each) <= 4 * 2**20
assert taken.get("loops", 0) == 0 < taken["im2col"] < matrix.nbytes / 1e6

# %% [markdown] tags=["instructor"]
# **12–25 min.** Rungs 2 to 4. Have the steps of the view read aloud before anybody runs einsum:
# two pairs of equal steps are the whole idea. Take a show of hands on "view or copy" before the
# timing cell; most vote for the view. Question that comes: "does einsum not use BLAS?" Not by
# itself; with `optimize=True` it does, after the same copy. What goes wrong: with other programs
# running the gap shrinks, since BLAS uses all cores and einsum one.

# %% [markdown]
# ## Rung 5: the register tile
#
# Count what the compiled loops do for one vector of multiply-adds: they load weights, load the sum
# from `y`, and store it back. Three trips for one multiply-add, and a core makes two or three
# a cycle. The loads are the bottleneck now, not the multiplications.
#
# A core computes in its **[registers](glossary.md#register)**, a few vectors that cost no trip at
# all. So keep the *sums* there, many of them, until they are finished. Take P neighbouring outputs
# and V vectors of filters, a **[tile](glossary.md#tile)** of P·V sums. For each input channel of
# each tap, load V vectors of weights, and P cells, each spread over one register in its turn. Those
# P + V loads serve P·V multiply-adds.
#
# Predict: a core has 16 vector registers. Your tile is V = 3 vectors wide. The weights need 3
# registers, the cell that is spread at the moment needs one, the sums take the rest. How many
# outputs P fit?

# %% tags=["prediction"]
my_pixels = None  # a whole number

# %%
predict("11-tile", my_pixels)

# %%
loads = {}
print("vectors  outputs  sums  loads for a multiply-add")
for v in range(1, 6):
    p = (16 - 1 - v) // v
    loads[p, v] = (p + v) / (p * v)
    print(f"{v:7}  {p:7}  {p * v:4}  {loads[p, v]:.2f}")

# %%
# Check: 4 × 3 takes the fewest loads; no other tile that fits takes fewer.
assert min(loads, key=loads.get) == (4, 3)
fitting = [(p, v) for p in range(1, 16) for v in range(1, 16) if p * v + v + 1 <= 16]
assert min((p + v) / (p * v) for p, v in fitting) == loads[4, 3] == 7 / 12

# %% [markdown]
# Twelve sums have another merit. A multiply-add takes some four cycles until its sum can be used.
# With two started a cycle, at least 2·4 = 8 must be under way at once, and each needs a sum of its
# own. One sum alone would leave the core idle for seven eighths of the time.
#
# The tile in `method="direct"` is this one, 4 × 3 where there are 16 registers of 8 numbers. It
# copies no window either: since channels come last, the cells under one row of the kernel are
# 3·64 neighbours in memory, and it reads them where they are.
#
# ## Rung 6: more cores
#
# Blocks of output rows have nothing to do with one another, so each core takes its own. That is
# the easy part, and it comes last: *first* make one core busy.


# %%
if "direct" in rungs:
    import numba

    for threads in sorted({1, cores}):  # all of them at the end, as before
        numba.set_num_threads(threads)
        rate = case.flops / best(partial(layer_of(case, kernel, "direct"), x))
        print(f"direct, threads: {threads}, {rate / 1e9:.0f} GFLOP/s")
else:
    print("With numba this cell shows the register tile with one thread and with all of them.")

# %% [markdown]
# Matrix products and the tile gain from more cores; so does everything that waits for arithmetic.
# What waits for memory gains less: cores share it.
#
# ## The whole ladder
#
# All rungs, one layer, and the peak. Each number is the best of a few moments, so where other
# programs run at the same time, run these cells again. The scale counts in powers of ten; on an
# even one you would not see the first bar.

# %%
gigaflops = {"reference": case.flops / definition / 1e9}
for name in rungs[1:]:
    gigaflops[name] = case.flops / best(partial(layer_of(case, kernel, name), x)) / 1e9
all_cores = max(all_cores, one_core, machine.fma_peak(cores))
for name, rate in gigaflops.items():
    print(f"{name:10} {1e9 * rate / all_cores:8.3%} of the peak")
told = ", ".join(f"{name} {rate:.3g}" for name, rate in gigaflops.items())

# %% [markdown] tags=["slide"]
# ## The ladder
#
# interpreter → NumPy → compiled loops → matrix product → register tile

# %% tags=["on-slide"]
named_bars(
    gigaflops,
    f"Bars: GFLOP/s of each method on one layer: {told}; the peak is {all_cores / 1e9:.3g}.",
    title="One layer of ResNet-50 (56 × 56, 64 → 64, 3 × 3)",
    x="speed (GFLOP/s)",
    limits={"peak of one core": one_core / 1e9, "peak of all cores": all_cores / 1e9},
    log=True,
)

# %% [markdown]
# ## Do they all compute the same?
#
# With whole numbers, yes, to the last bit: sums below 2²⁴ are exact in float32, in whatever order
# they are made. With other numbers each step rounds, and the order decides how. How far off may a
# result be? K products meet at most K + 1 roundings, each off by 2⁻²⁴ of what it rounds at most. So
# the error is at most (K + 2)·2⁻²⁴ times the sum of all |cell|·|weight|, one rounding to spare.
# That is what the package promises for every rung. (The reference adds in float64, and gets less.)

# %%
exact = sl.conv2d(x.astype("float64"), kernel.astype("float64"), padding="same", method="im2col")
sizes = sl.conv2d(abs(x), abs(kernel), padding="same", method="im2col").astype("float64")
promised = (9 * 64 + 2) * 2.0**-24 * sizes

# Check: all are within the bound, which is the documented one.
for name in rungs[1:]:
    error = abs(layer_of(case, kernel, name)(x) - exact)
    assert (error <= promised).all()
    assert sl.METHODS[name].bound(call) == 9 * 64 + 2
    print(f"{name:8} largest error {error.max():.1e}, {(error / promised).max():.2%} of its bound")

# %%
# Check: with whole numbers all rungs agree to the last bit, the reference included.
whole, weights = np.rint(8 * corner), np.rint(8 * kernel)
results = [sl.conv2d(whole, weights, method=name) for name in rungs]
assert all((result == results[0]).all() for result in results)
assert abs(results[0]).max() < 2**24

# %% [markdown]
# ## One call, or many
#
# The tile wants its weights in its own order: for each vector of filters, all that belongs to it
# side by side. Laying them out so is called packing. `sl.conv2d` does it in each call. A layer
# knows its weights beforehand, so `sl.layers.Conv2D` packs once and keeps them. That matters most
# where weights are many and cells are few, as at the end of ResNet-50: 7 × 7 cells, 512 channels.

# %%
late = load().layers["res7"]
cells = stream.standard_normal(late.input_shape, dtype="float32")
heavy = stream.standard_normal(late.kernel_shape, dtype="float32")
last = layer_of(late, heavy, rungs[-1])  # im2col, in the tile's place without numba, packs nothing
once = best(lambda: sl.conv2d(cells, heavy, padding="same", method=rungs[-1]), times=3)
kept = best(lambda: last(cells), times=3)
print(f"{heavy.nbytes / 1e6:.1f} MB of weights; a call of sl.conv2d {once * 1e3:.1f} ms")
print(f"a later call of the layer {kept * 1e3:.1f} ms")

# %%
# Check: the layer and the function give the same; weights outweigh the picture ninety times.
by_function = sl.conv2d(cells, heavy, padding="same", method=rungs[-1])
assert np.allclose(last(cells), by_function, atol=1e-3)
assert heavy.nbytes / cells.nbytes > 90

# %% [markdown] tags=["instructor"]
# **25–35 min.** Draw the tile on the board: four rows, three columns of boxes, weights above,
# cells on the left. Let them count registers before the table. Then one thread against all, and
# the ladder's figure: which step was the largest on your machine? Question that comes: "why write
# the tile by hand?" Compilers do not keep such a tile in registers by themselves. The race
# explorer takes about eight seconds a press; let groups try layers of their own.

# %% [markdown]
# ## Who chooses?
#
# `method="auto"`, the default, reckons what each method would take: multiply-adds at the peak,
# bytes at the memory's speed, and the start of a call. Ask it for its reasons.

# %%
print(sl.explain_choice(case.input_shape, case.kernel_shape, padding="same"))

# %% [markdown]
# With numba it usually names a method that was not on our ladder, and reckons it quicker than the
# peak allows for 231 million operations. It cannot do them all; how it gets away with that is the
# next lesson.
#
# Race them yourself: choose a layer, think which method wins, and press *Measure* (it takes some
# seconds). Try the presets: a 1 × 1 kernel, three channels, few channels.

# %%
e = sl.explore.race(size=56, channels=64, filters=64, kernel_size=3)
e

# %%
# Check: the explorer's layer is ours; a kernel of 1 × 1 takes a ninth of the work.
e.reset()  # whatever you did to it
assert e.scene["layer"].rows[1] == ("MACs", "115,605,504")
e.kernel_size = 1
assert e.scene["layer"].rows[1] == ("MACs", "12,845,056")
assert case.macs == 9 * 12_845_056
e.reset()

# %% [markdown]
# ## Practise
#
# The matrix first: its shape, then its memory, now with a stride.

# %%
sl.practice.show("fast-01")

# %%
sl.practice.show("fast-05")

# %% [markdown]
# Where do numbers lie? Think of the steps of the view.

# %%
sl.practice.show("fast-03")

# %% [markdown]
# What does a tile load? And what is lost where the filters do not fill their vectors?

# %%
sl.practice.show("fast-04")

# %%
sl.practice.show("fast-02")

# %% [markdown]
# Which loop goes inside? And when is a call too small to be worth its start?

# %%
sl.practice.show("fast-06")

# %%
sl.practice.show("fast-10")

# %% [markdown]
# Two for the curious: arithmetic against memory, and the best tile for any number of registers.

# %%
sl.practice.show("fast-15")

# %%
sl.practice.show("fast-17")

# %% [markdown] tags=["slide"]
# ## What each rung took away
#
# 1. the interpreter: a dozen instructions a product
# 2. single numbers: vectors of 8
# 3. waiting for memory: caches
# 4. loads and stores: sums in registers
# 5. idle cores: threads

# %% [markdown] tags=["recap"]
# ## Recap
#
# - The slow one did no more *arithmetic*. It spent its time around it: an interpreter's dozen
#   instructions for each product, single numbers instead of vectors, waiting for memory.
# - The peak says how far one can go: clock × multiply-adds a cycle × numbers in a vector × 2, for
#   each core. Judge a time by its part of that.
# - All windows are one view of the picture, at stride 1 with one step for outputs and taps. Copying
#   them into a matrix takes k² times the memory there, and can win all the same: the order of
#   memory matters more than its amount.
# - A register tile of 4 × 3 takes 7 loads for 12 multiply-adds, and fills 16 registers exactly.
# - Sums in another order round in another way. The error stays within (K + 2)·2⁻²⁴ of the sum of
#   all |cell|·|weight|, for every rung.
#
# On a quiet machine the last rung stands close to the peak: with multiply-adds on vectors nobody
# does *these* multiplications much faster.
# **Next:** [12 · Fewer multiplications](12_fewer_multiplications.ipynb) does not do them.

# %% [markdown] tags=["slide"]
# ## The answer
#
# The slow one hardly computed. The quick one is near the peak.
#
# To be faster still: *fewer* multiplications.

# %% [markdown] tags=["further"]
# ## Going further
#
# - Chellapilla, Puri & Simard, "High performance convolutional neural networks for document
#   processing" (2006), section 3: where a convolution was first unrolled into a matrix product.
# - Goto & van de Geijn, "Anatomy of high-performance matrix multiplication" (2008): which block
#   goes into which cache, and why; what BLAS does inside.
# - Georganas et al., "Anatomy of high-performance deep learning convolutions on SIMD
#   architectures" (arXiv:1808.05567, 2018): register tiles for convolutions.
# - Williams, Waterman & Patterson, "Roofline: an insightful visual performance model for multicore
#   architectures" (2009): when arithmetic is the limit, and when memory is.
# - The module `stridelab.ops.jit.tile`: the tile itself, some thirty lines.
