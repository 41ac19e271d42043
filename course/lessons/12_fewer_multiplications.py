# ---
# jupyter:
#   stridelab:
#     title: Fewer multiplications
#     minutes: 35
#     summary: How a layer can leave out three of four products, and what it pays for that.
#     needs:
#       - "[11 · Making it fast](11_making_it_fast.ipynb). In two lines: a 3 × 3 layer takes 9·Cin
#         multiplications for each output, and the best kernels do them nearly as fast as the
#         processor can."
#     does:
#       - Find cells for which one multiplication serves all outputs.
#       - Build Winograd's transforms from that, and prove them with exact fractions.
#       - Convolve by Fourier transforms, and repair what they get wrong at the border.
#       - Weigh speed against error for every method on one layer.
#     outcomes:
#       - Derive Winograd's F(2, 3), and nest it for two dimensions.
#       - Say what is paid in transforms, memory and rounding, and when it does not pay.
#       - Say why a product of spectra is a circular convolution, and how to make it a linear one.
# ---

# %%
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import product
from math import log2, prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

# %%
import stridelab as sl
from stridelab.bench.ours import call_of, layer_of
from stridelab.bench.suite import load
from stridelab.figures import curves, pictures
from stridelab.geometry import conv_axis
from stridelab.ops import machine
from stridelab.ops.winograd import TRANSFORMS
from stridelab.photos import photograph
from stridelab.practice import predict

# %%
my_photo = None  # or a file of yours, for example "holiday.jpg"

photo = sl.avg_pool2d(photograph(my_photo, grey=True), 2)  # means of 2 × 2 cells
case = load().layers["res56"]  # a layer of ResNet-50
stream = np.random.default_rng(0)
x = stream.standard_normal(case.input_shape, dtype="float32")
kernel = stream.standard_normal(case.kernel_shape, dtype="float32")

# %% [markdown] tags=["instructor"]
# **0–5 min.** Run the question's cell and leave both lines on the screen. Ask: could it be skipping
# zeros? (There are none; the numbers are random.) Could it be guessing? (The digits agree.) Who
# needs it: write (a + b)·(c + d) on the board and ask how many products it is as it stands, and
# multiplied out. One against four: that is all the magic there will be.

# %% [markdown] tags=["question"]
# ## The question
#
# The same layer as in the last lesson: 56 × 56 cells, 64 channels, 64 filters of 3 × 3. By the
# definition, each output takes nine multiplications for each channel. `method="winograd4"` takes
# two and a quarter. (It needs numba. Without, you build it yourself in this lesson, from NumPy.)

# %%
exact = sl.conv2d(x.astype("float64"), kernel.astype("float64"), padding="same", method="im2col")
print(f"definition: {case.macs:,} multiplications")
print(f"winograd4:  {14 * 14 * 36 * 64 * 64:,}")
if machine.vectors_missing() is None:
    y = sl.conv2d(x, kernel, padding="same", method="winograd4")
    print("exact     ", *np.round(exact[0, 20, 20, :5], 4))
    print("winograd4 ", *np.round(y[0, 20, 20, :5].astype(float), 4))

# %%
# Check: a quarter of the definition's multiplications.
assert 4 * 14 * 14 * 36 * 64 * 64 == case.macs == 115_605_504

# %% [markdown] tags=["question"]
# Three of four multiplications are missing and the result is there. **Where did they go, and what
# is paid for it?**

# %% [markdown] tags=["slide"]
# ## Three of four are missing
#
# A layer with 116 million products, computed with 29 million. The digits agree.
#
# Where did they go?

# %% [markdown]
# ## Cells for which one product is enough
#
# Take one axis, three weights, and rather special cells: 1, 2, 4, 8, 16. Each is twice the one
# before. The weights are 5, 3, 1, and the first output is 1·5 + 2·3 + 4·1 = 15.
#
# Predict: what is the third output? Try to find it without three more products.

# %% tags=["prediction"]
my_third = None  # a whole number

# %%
predict("12-third", my_third)


# %%
def correlate(cells, weights):
    """One row, by the definition, exact for fractions too."""
    places = range(len(cells) - len(weights) + 1)
    return [sum(cells[i + a] * w for a, w in enumerate(weights)) for i in places]


for t in (2, 3, -1, 0):
    print(f"t = {t:2}:", correlate([t**j for j in range(5)], [5, 3, 1]))

# %% [markdown]
# If the cells are 1, t, t², t³ …, the next window holds the same cells times t, so its output is
# the one before, times t. The first output is g₀ + g₁·t + g₂·t²; call it g(t). All the others are
# g(t)·t, g(t)·t² and so on. Such a row is worth **one** number, g(t), whatever its length.
#
# (For t = 0 the row is 1, 0, 0, 0, 0. There is one more of this kind: 0, 0, 0, 0, 1. It touches
# the last output only, and there it meets the last weight, g₂. Call it t = ∞.)

# %%
# Check: the definition and the library agree that each output is t times the one before.
for t, weights in product((0, 1, -1, 2, Fraction(1, 2)), ([5, 3, 1], [2, -1, 4])):
    outputs = correlate([t**j for j in range(6)], weights)
    assert outputs[0] == sum(w * t**a for a, w in enumerate(weights))
    assert outputs == [outputs[0] * t**i for i in range(4)]
row, taps = np.array([1.0, 2, 4, 8, 16]).reshape(1, 5, 1), np.array([5.0, 3, 1]).reshape(1, 3, 1, 1)
assert sl.conv2d(row, taps, method="windows").ravel().tolist() == [15, 30, 60]

# %% [markdown] tags=["instructor"]
# **5–17 min.** Everything hangs on this section: a geometric row is worth one number. Let them
# find the third output aloud. Then the mix of four rows: have the class solve for the four shares
# on the board (d₁ and d₂ first: a sum and a difference). Question that comes: "but the shares
# times g(t) are still products?" Yes, four; count them. What goes wrong: t = ∞ is taken for a
# number. It is a name for the row 0, 0, 0, 1.

# %% [markdown]
# ## Any cells are a mix of such rows
#
# Your cells are not that special. But take *four* of them, d₀ to d₃, which give two outputs. By the
# definition those take six products, of a number made of cells and a number made of weights.
#
# Predict: with how few can it be done?

# %% tags=["prediction"]
my_products = None  # a whole number

# %%
predict("12-products", my_products)

# %% [markdown]
# Mix four special rows, with t = 0, 1, −1 and ∞, until the cells come out. How much is needed of
# each? Call the shares c:
#
# | | t = 0 | t = 1 | t = −1 | t = ∞ | |
# |---|---|---|---|---|---|
# | d₀ | c₀ | + c₁ | + c₋₁ | | so c₀ = d₀ − d₂ |
# | d₁ | | c₁ | − c₋₁ | | |
# | d₂ | | c₁ | + c₋₁ | | so c₁ = (d₁ + d₂)/2, c₋₁ = (d₂ − d₁)/2 |
# | d₃ | | c₁ | − c₋₁ | + c∞ | so c∞ = d₃ − d₁ |
#
# Each share is multiplied by its row's one number: g(0) = g₀, g(1) = g₀ + g₁ + g₂,
# g(−1) = g₀ − g₁ + g₂, and g₂ for ∞. Those are four products, m₀, m₁, m₋₁ and m∞, and the outputs
# are their sums:
#
# $$ y_0 = m_0 + m_1 + m_{-1} \qquad y_1 = m_1 - m_{-1} + m_\infty $$
#
# The halves can go to the weights, which are known long before the cells. This is Winograd's
# **F(2, 3)**: two outputs of three weights.


# %%
def four_products(d, g):
    """Two outputs of four cells and three weights."""
    m0 = (d[0] - d[2]) * g[0]
    m1 = (d[1] + d[2]) * ((g[0] + g[1] + g[2]) / 2)
    n1 = (d[2] - d[1]) * ((g[0] - g[1] + g[2]) / 2)
    infinite = (d[3] - d[1]) * g[2]
    return [m0 + m1 + n1, m1 - n1 + infinite]


# %%
# Check: exact for twelve pairs of unit rows. All else are sums of these, so it is exact for all.
units = [[Fraction(i == j) for j in range(4)] for i in range(4)]
for d, g in product(units, [unit[:3] for unit in units[:3]]):
    assert four_products(d, g) == correlate(d, g)
assert four_products([3, 1, 4, 1], [2, 7, 1]) == correlate([3, 1, 4, 1], [2, 7, 1]) == [17, 31]

# %% [markdown] tags=["slide"]
# ## A row worth one number
#
# Cells 1, t, t², t³ …: each output is t times the one before. One product, g(t), serves them all.
#
# Four cells are a mix of four such rows: t = 0, 1, −1, ∞.

# %% [markdown] tags=["slide"]
# ## F(2, 3): four products for six
#
# y₀ = m₀ + m₁ + m₋₁
#
# y₁ = m₁ − m₋₁ + m∞
#
# Each m: a mix of cells times a mix of weights.

# %% [markdown]
# The same products by hand, with other cells and weights. (There the last one is turned round: it
# is made of d₁ − d₃, and taken off instead of added.)

# %%
sl.practice.show("fast-11")

# %% [markdown]
# ## Larger tiles
#
# Four outputs of three weights read six cells, so they take six special rows, and six products
# for twelve. We need their shares without solving by hand. There is a trick. In a row 1, t, t² …
# take each cell's right neighbour minus t times the cell: nothing is left of it. That *kills* the
# row. So to get at the share of one t, kill all the others. What is left is the share, times a
# number that again goes to the weights.


# %%
def kill(others):
    """What to multiply cells by, from the first on, so that these rows leave nothing."""
    found = [Fraction(1)]
    for q in others:  # the right neighbour minus q times the cell
        found = [right - q * here for right, here in zip([0, *found], [*found, 0], strict=True)]
    return found


print("kill 1:", *kill([1]), "   kill 1 and −1:", *kill([1, -1]))


# %%
def transforms(m, points):
    """Bᵀ (to the cells), G (to the weights), Aᵀ (to the products) of F(m, 3), in fractions."""
    ts = [Fraction(t) for t in points[: m + 1]]
    to_cells, to_weights = [], []
    for t in ts:
        others = [q for q in ts if q != t]
        to_cells.append([*kill(others), 0])
        to_weights.append([t**a / prod(t - q for q in others) for a in range(3)])
    to_cells, to_weights = [*to_cells, kill(ts)], [*to_weights, [0, 0, 1]]  # and t = ∞
    to_products = [[*(t**i for t in ts), int(i == m - 1)] for i in range(m)]
    return [np.array(each, dtype=object) for each in (to_cells, to_weights, to_products)]


# %% [markdown]
# Is that right for *every* row of cells and every three weights? Both can be split into unit rows,
# as above. So it is enough to ask, for each weight a, whether output i gets cell i + a and nothing
# else. In fractions nothing is rounded: this is a proof.

# %%
points = [0, 1, -1, 2, -2, Fraction(1, 2), Fraction(-1, 2), 4, Fraction(-1, 4)]
rules = {m: transforms(m, points) for m in (2, 4, 6, 8)}

# Check: output i reads cell i + a with weight a, exactly, for tiles of 2, 4, 6 and 8 outputs.
for m, (bt, g, at) in rules.items():
    for a in range(3):
        assert (at @ (g[:, a, None] * bt) == np.eye(m, m + 2, a)).all()

# %%
# Check: the package's own matrices, for 2 and 4, do the same; but for signs they are these.
for m in (2, 4):
    bt, g, at = TRANSFORMS[m]
    for a in range(3):
        assert np.allclose(at @ (g[:, a, None] * bt), np.eye(m, m + 2, a))
    for ours, theirs in zip(rules[m], TRANSFORMS[m], strict=True):
        assert np.allclose(abs(ours.astype(float)), abs(theirs), rtol=1e-15)

# %% [markdown] tags=["instructor"]
# **17–24 min.** Run the proof and say why unit rows are enough: both sides are sums of products of
# a cell and a weight. Then nest. Draw a tile of 6 × 6 cells, apply Bᵀ to its columns and then to
# its rows. The prediction's 24 is the answer of those who save along one axis; ask them to go on.
# Question that comes: "why not F(8)?" Answer: soon, with the figure of errors.

# %% [markdown]
# ## In two dimensions
#
# A picture has two axes, and the idea is used twice: rows of tiles, and in each place the columns.
# With d the cells of a tile and g the kernel,
#
# $$ y = A^T \bigl[ (G\,g\,G^T) \odot (B^T d\,B) \bigr] A $$
#
# where ⊙ multiplies number by number. Those are all the products there are.
#
# Predict: a tile of 2 × 2 outputs and a kernel of 3 × 3, one channel. The definition takes 4·9 = 36
# multiplications. How many does F(2×2, 3×3) take?

# %% tags=["prediction"]
my_nested = None  # a whole number

# %%
predict("12-nested", my_nested)


# %%
def nested(d, w, m):
    """F(m×m, 3×3) of a tile's cells and a kernel: all products, and the outputs."""
    bt, g, at = rules[m]
    products = (g @ w @ g.T) * (bt @ d @ bt.T)
    return products, at @ products @ at.T


def drawn(size):
    lines = stream.integers(-9, 10, (size, size)).tolist()
    return np.array([[Fraction(value) for value in line] for line in lines])


# %%
# Check: 16 for 36 and 36 for 144, and the definition's outputs, without any rounding.
w = drawn(3)
for m, count in ((2, 16), (4, 36)):
    d = drawn(m + 2)
    products, y = nested(d, w, m)
    assert products.size == count
    assert (y == (sliding_window_view(d, (3, 3)) * w).sum(axis=(2, 3))).all()
    cells, weights = d[..., None].astype(float), w[..., None, None].astype(float)
    assert (y == sl.conv2d(cells, weights, method="windows")[:, :, 0]).all()

# Check: a 7 × 7 output takes two tiles of 4 along each axis, and a third of the multiplications.
assert 0.32 < (-(-7 // 4)) ** 2 * 36 / (7 * 7 * 9) < 0.34

# %% [markdown]
# A tile of 4 × 4 outputs takes 6·6 = 36 multiplications for 144: the quarter of the question.
#
# The saving is real only where tiles fit. The last layers of ResNet-50 put out 7 × 7 cells: two by
# two tiles of 4 × 4 cover them, one row and one column too many. They take 4·36 = 144
# multiplications where the definition takes 49·9 = 441: a third, not a quarter.

# %%
sl.practice.show("fast-08")

# %% [markdown]
# ## A whole layer
#
# Here is all of it in NumPy. Along the channels nothing changes: in each of the 36 places there is
# a sum over channels, so 36 small matrix products. Look at what is transformed how often: weights
# once and for all, each tile of cells once for *all 64 filters*, each tile of results once for all
# 64 channels. That is why transforms pay. (Tiles of cells overlap by two, so a cell is in several.)


# %%
def by_tiles(x, kernel, m, matrices):
    """F(m×m, 3×3) of an image (H, W, C) with zeros around; m divides H and W."""
    bt, g, at = (each.astype(x.dtype) for each in matrices)
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
    tiles = sliding_window_view(padded, (m + 2, m + 2), axis=(0, 1))[::m, ::m]
    weights = np.einsum("ua,abcf,vb->uvcf", g, kernel, g, optimize=True)
    cells = np.einsum("ui,rscij,vj->uvrsc", bt, tiles, bt, optimize=True)
    n, _, down, across, channels = cells.shape
    sums = cells.reshape(n, n, down * across, channels) @ weights
    sums = sums.reshape(n, n, down, across, -1)
    return np.einsum("iu,uvrsf,jv->risjf", at, sums, at, optimize=True).reshape(*x.shape[:2], -1)


# %% [markdown]
# ## The first price: memory
#
# A 3 × 3 kernel becomes 6 × 6 numbers: four times the weights to keep and to fetch. Where weights
# outweigh the picture, as at 7 × 7 cells with 512 channels, fetching them may take longer than
# what the saved products would have. `method="auto"` reckons with both.

# %%
# Check: 16 numbers for 9, and 36 for 9.
for m, numbers in ((2, 16), (4, 36)):
    transformed = rules[m][1] @ w @ rules[m][1].T
    assert transformed.size == numbers

# %% [markdown]
# ## The second price: rounding
#
# In fractions all of this is exact. A layer computes in float32, where every result is
# **[rounded](glossary.md#rounding)** to 24 binary digits. Does it matter in which order and with
# which numbers one gets there? Hold four tile sizes against float64, and the definition in float32
# (one multiplication after the other, nine a cell) beside them.

# %%
image, few = x[0, :24, :24, :32], kernel[:, :, :32, :32]
truth = sl.conv2d(image.astype(float), few.astype(float), padding="same", method="im2col")
errors = {9.0: abs(sl.conv2d(image, few, padding="same", method="windows") - truth).max()}
for m, matrices in rules.items():
    errors[(m + 2) ** 2 / m**2] = abs(by_tiles(image, few, m, matrices) - truth).max()
for count, error in errors.items():
    print(f"{count:5.2f} multiplications an output: largest error {error:.1e}")

# %% [markdown] tags=["slide"]
# ## Why not larger tiles?
#
# 4, 2.25, 1.78, 1.56 multiplications an output …

# %% tags=["on-slide"]
curves(
    {"definition, then tiles of 2, 4, 6, 8": (list(errors), list(errors.values()))},
    f"A line: from 9 to 4 multiplications the error does not grow, then it grows, from "
    f"{min(errors.values()):.0e} to {max(errors.values()):.0e} at 1.56.",
    title="Fewer multiplications, larger errors (results are about 16 in size)",
    x="multiplications for each output, channel and filter",
    y="largest error",
    log="y",
)

# %% [markdown]
# Read it from the right. Tiles of 2 × 2 lose nothing: each place sums a ninth of the products, so
# fewer roundings pile up. From 4 × 4 on the errors grow, and from 6 to 8 they explode while hardly
# a multiplication is saved. Look at the numbers in the matrices: rows such as 1, 2, 4, 8 and their
# inverses. Large terms of both signs are made, and cancel. What was rounded off them stays.

# %%
# Check: the error grows with the tile; the matrices' numbers do, too.
assert errors[4.0] < errors[9.0]
assert errors[4.0] < errors[2.25]
assert errors[100 / 64] > 10 * errors[2.25]
assert 15.5 < truth.std() < 17.5  # a root of 9·32 products, fewer at the border
spread = {m: abs(bt).max() * abs(at).max() for m, (bt, _, at) in rules.items()}
assert spread[2] < spread[4] < spread[6] < spread[8]

# %% [markdown]
# Even whole numbers are not safe. A tile of 2 × 2 divides by 2 and by 4, which float32 does
# exactly. A tile of 4 × 4 divides by 6 and by 24, and a third has no end in binary digits.

# %%
whole, weights = np.rint(4 * image), np.rint(4 * few)
wanted = sl.conv2d(whole, weights, padding="same", method="windows")

# Check: exact by the definition and by tiles of 2; not by tiles of 4.
assert (wanted == np.rint(wanted)).all()
assert (by_tiles(whole, weights, 2, rules[2]) == wanted).all()
assert (by_tiles(whole, weights, 4, rules[4]) != wanted).any()

# %% [markdown]
# So the sentence to keep is: **fast methods are exact in real arithmetic, and not in float32.**
# (Nor is the definition, where its sums have to be rounded; but it keeps whole numbers whole.) For
# most networks four or five right digits are plenty. Where they are not, write `method="direct"`,
# or `"im2col"` where there is no numba. How far off a method may be is documented, and tested:
# `tolerance` gives the largest error for each output.

# %%
small = call_of(case, image[None], few)

# Check: our own tiles, too, stay within the package's bounds, c times 2⁻²⁴ times a scale.
for m in (2, 4):
    error = abs(by_tiles(image, few, m, TRANSFORMS[m]) - truth)
    allowed = sl.METHODS[f"winograd{m}"].tolerance(small, image[None])[0]
    assert (error <= allowed).all()
    assert sl.METHODS[f"winograd{m}"].bound(small) == 32 + 20
    print(f"{m} × {m}: largest error {error.max():.1e}, largest allowed {allowed.max():.1e}")

# %% [markdown] tags=["instructor"]
# **24–29 min.** The figure of errors is the turning point: savings flatten, errors explode. Ask
# where they would stop (most libraries stop at 4 or 6). Question that comes: "are the results
# wrong, then?" They differ from the exact ones by less than a documented bound, as all results in
# float32 do; the bound is larger. What goes wrong: an error of 3·10⁻⁴ looks large until it is
# held against results of about 16.

# %% [markdown]
# ## The same idea, with points on a circle
#
# Winograd's points 2, −2, 4 make trouble because their powers grow. Are there numbers t whose
# powers do not? Among complex numbers, yes: those on the unit circle. Multiplying by one of them
# *turns* by an angle. Take the n angles that come back to the start after n steps. Then rows 1, t,
# t² … are waves, and every row of n cells is a mix of n waves. That is the
# **[Fourier transform](glossary.md#fourier-transform)**, and `np.fft.fft` finds all the shares in
# about n·log₂ n steps. The shares together are the row's **spectrum**, one for each *frequency*.
#
# So the recipe stays: shares of the cells, times g(t) for each t, mixed again. In NumPy's words,
# g(t) at all points at once is, for real weights, the complex conjugate of their transform.

# %%
n, k = 32, 7
cells, weights = stream.standard_normal(n), stream.standard_normal(k)
shares, worth = np.fft.fft(cells), np.conj(np.fft.fft(weights, n))
by_waves = np.fft.ifft(shares * worth).real
by_hand = np.array(correlate(cells, weights))
print("by waves:", *np.round(by_waves[:4], 3), "…")
print("by hand: ", *np.round(by_hand[:4], 3), "…")

# %% [markdown]
# n products (of complex numbers) for n outputs, whatever the kernel's size! But are all n outputs
# right? "Valid" has fewer. A wave that goes round comes back to its start: cell 32 is cell 0 again.
# A window that starts too far right goes on at the left.
#
# Predict: of a block of 32 cells, with a kernel of 7, how many outputs are right?

# %% tags=["prediction"]
my_block = None  # a whole number

# %%
right = np.isclose(by_waves[: len(by_hand)], by_hand).sum()
predict("12-block", my_block)


# %%
def to_row(values):
    return np.asarray(values, dtype=float).reshape(1, -1, 1)


# Check: the product of spectra is a *circular* convolution; the valid outputs among it are right.
taps = weights.reshape(1, k, 1, 1)
ring = sl.conv2d(to_row(cells), taps, padding=((0, 0), (0, k - 1)), padding_mode="circular")
assert np.allclose(by_waves, ring.ravel())
assert len(by_hand) == conv_axis(n, kernel=k).output_size == n - k + 1
assert right == n - k + 1
assert not np.isclose(by_waves[n - k + 1 :], 0, atol=1e-9).any()  # numbers, but wrong ones

# %% [markdown]
# On a photograph you can see it. A mean over 61 × 61 cells, as a product of spectra: at the right
# and at the bottom, windows run over the edge and blur in what stands at the other side.

# %%
size = 61
box = np.zeros(photo.shape[:2])
box[:size, :size] = 1 / size**2
spectrum = np.fft.rfft2(photo[:, :, 0]) * np.conj(np.fft.rfft2(box))
round_about = np.fft.irfft2(spectrum, photo.shape[:2])
mean = np.full((size, size, 1, 1), 1 / size**2, dtype="float32")
linear = sl.conv2d(photo, mean, padding=((0, size - 1), (0, size - 1)), method="fft")[:, :, 0]

# %% [markdown] tags=["slide"]
# ## A product of spectra goes round
#
# At the right and at the bottom, windows run over the edge and read the other side.

# %% tags=["on-slide"]
pictures(
    {"photograph": photo, "product of spectra": round_about, "zeros put after": linear},
    "The photograph; its blur by a product of spectra, whose right and lower edges mix in the "
    "opposite ones; the blur with zeros put after the cells, whose edges go dark.",
)

# %%
# Check: right where windows are valid; with zeros after, each cell as the definition has it.
valid = sl.conv2d(photo, mean, method="fft")[:, :, 0]
down, across = valid.shape
assert np.allclose(round_about[:down, :across], valid, atol=1e-5)
assert np.allclose(linear[:down, :across], valid, atol=1e-5)
spot = photo[-9:, -9:].sum() / size**2  # the last window but 8: nine by nine cells, and zeros
assert np.isclose(linear[-9, -9], spot, atol=1e-5)
assert my_photo is not None or abs(round_about[-9, -9] - spot) > 0.01

# %% [markdown]
# There are two ways out. Put k − 1 zeros after the cells, and nothing comes round but zeros. Or cut
# a long row into blocks that *overlap* by k − 1 cells, and drop from each the k − 1 outputs that
# went round: **[overlap-save](glossary.md#overlap-save)**. `method="fft"` does the second, so that
# blocks stay small and fit the cache.


# %%
def overlap_save(cells, weights, block):
    """'Valid' outputs of a row, by blocks of so many cells."""
    step, worth = block - len(weights) + 1, np.conj(np.fft.fft(weights, block))
    wanted, found = len(cells) - len(weights) + 1, []
    for first in range(0, wanted, step):
        part = np.fft.fft(cells[first : first + block], block)  # fills up with zeros
        found.extend(np.fft.ifft(part * worth).real[:step])
    return np.array(found[:wanted])


# %%
# Check: a long row in blocks of 16, 32 and 64; and the package's own blocks, for a stride as well.
long = stream.standard_normal(301)
for block in (16, 32, 64):
    assert np.allclose(overlap_save(long, weights, block), correlate(long, weights))
for step in (1, 2, 3):
    strided = sl.conv2d(to_row(long), taps, strides=step, method="fft").ravel()
    assert np.allclose(strided, np.array(correlate(long, weights))[::step])

# %% [markdown]
# ## From which kernel on?
#
# Count for one channel and one filter. The definition takes k² multiplications an output. A block
# of L × L cells takes about L²·log₂ L complex multiplications there, as many back, and L² for the
# product; each complex one is four real ones; and (L − k + 1)² outputs come of it. L is ours to
# choose. (Transforms that know that cells are real, as `np.fft.rfft2`, take about half of this.)


# %%
def by_fourier(k):
    """Multiplications an output, for the best block."""
    lengths = [n for n in (16, 32, 64, 128, 256, 512) if n > k]
    return min(4 * n * n * (2 * log2(n) + 1) / (n - k + 1) ** 2 for n in lengths)


widths = (3, 5, 7, 9, 11, 15, 23, 31)
counts = {
    "definition": (widths, [k * k for k in widths]),
    "Fourier": (widths, [by_fourier(k) for k in widths]),
}

# %%
curves(
    counts,
    "Two lines: the definition's grows as the square, from 9 to 961; Fourier's stays between 47 "
    "and 86; they cross between 7 and 9.",
    title="One channel, one filter: what an output takes",
    x="kernel size k (cells)",
    y="multiplications an output",
    log="y",
)

# %% [markdown]
# Now the clock, on the photograph. Fourier's method here takes one thread, so with numba the
# definition gets one, too. Which line bends, and where do they cross on your machine?

# %%
strict = "im2col"
if machine.vectors_missing() is None:
    import numba

    strict = "depthwise"  # the quickest here that does all of the definition's multiplications


# %%
def timed(call):
    """Milliseconds of the best of four calls, with one thread for numba's kernels."""
    threads = machine.threads()
    if strict == "depthwise":
        numba.set_num_threads(1)
    try:
        return 1e3 * min(machine.seconds(call) for _ in range(4))
    finally:
        if strict == "depthwise":
            numba.set_num_threads(threads)  # as before


# %%
ks, taken = (3, 7, 11, 19, 31), {strict: [], "fft": []}
for k, name in product(ks, taken):
    blur = np.full((k, k, 1, 1), 1 / k**2, dtype="float32")
    taken[name].append(timed(partial(sl.conv2d, photo, blur, method=name)))
ends = [f"{name} from {times[0]:.1f} to {times[-1]:.1f} ms" for name, times in taken.items()]

# %%
curves(
    {name: (ks, times) for name, times in taken.items()},
    f"Two lines, the times for kernels from 3 to 31: {' and '.join(ends)}.",
    title=f"A blur of the photograph, {photo.shape[0]} × {photo.shape[1]} cells",
    x="kernel size k (cells)",
    y="time (ms)",
    log="y",
)

# %%
# Check: counted, Fourier is ahead from 9 × 9 on, by half the count from 7 × 7; the blurs agree.
ahead = [k for k in widths if by_fourier(k) < k * k]
assert ahead == [9, 11, 15, 23, 31]
assert [k for k in widths if by_fourier(k) / 2 < k * k] == [7, *ahead]
by_sums, by_spectra = (sl.conv2d(photo, blur, method=name) for name in taken)
assert np.allclose(by_sums, by_spectra, atol=1e-5)

# %% [markdown]
# The clock need not agree with the count: multiplications do not all take the same time. Those of
# compiled vectors run nearer to the peak than those of a transform, so the lines may well cross
# later than at 9. Count first, then measure.
#
# With many channels it is harder. Each pair of channel and filter takes a complex product for every
# frequency, and transformed kernels are as large as blocks. For 3 × 3 with 64 channels nobody would
# take Fourier; the next figure shows it.
#
# ## Error against speed
#
# All of it on the layer of the beginning. Down is exact, left is fast. Before you look: `im2col`
# and `direct` do all of the definition's multiplications. Have they the smallest errors?


# %%
call = call_of(case, x, kernel)
methods = ("im2col", "direct", "winograd2", "winograd4", "fft")
able = [name for name in methods if sl.METHODS[name].serves(call) is None]

# %%
marks = {}
for name in able:
    layer = layer_of(case, kernel, name)
    error = abs(layer(x) - exact)
    assert (error <= sl.METHODS[name].tolerance(call, x)).all()  # within what is documented
    machine.rest()
    times = [machine.seconds(partial(layer, x)) for _ in range(3)]
    marks[name] = ([1e3 * min(times)], [error.max()])
told = "; ".join(f"{name} {t[0]:.1f} ms, {error[0]:.1e}" for name, (t, error) in marks.items())
print("left out here:", *sorted(set(methods) - set(able)) or ["none"])

# %% [markdown] tags=["slide"]
# ## Error against speed
#
# Down is exact, left is fast. Who is where?

# %% tags=["on-slide"]
curves(
    marks,
    f"Points, one a method, time and largest error: {told}.",
    title="One layer of ResNet-50 (56 × 56, 64 → 64, 3 × 3)",
    x="time (ms)",
    y="largest error against float64",
    log="xy",
)

# %% [markdown]
# They need not. `direct` (with numba) adds up 576 products one after the other, tiles of 2 × 2 only
# 64 in each place. A Fourier transform adds up in pairs, and pairs of pairs, as a tree grows. Fewer
# roundings pile up. A bound is another matter: it has to hold for *every* input, also for those
# whose large terms cancel, and there the tiles' bound is the larger one. The figure shows one
# input, the bound all of them.

# %%
# Check: here tiles of 2 are nearer than the strict kernel, and Fourier than sums in order.
found = {name: error[0] for name, (_, error) in marks.items()}
allowed = [sl.METHODS[name].tolerance(call, x).max() for name in ("im2col", *methods[2:4])]
assert allowed[0] < allowed[1] < allowed[2] / 10
assert "direct" not in found or found["winograd2"] < found["direct"] < found["winograd4"]
in_order = sl.conv2d(x, kernel, padding="same", method="windows")
assert found["fft"] < abs(in_order - exact).max()

# %% [markdown] tags=["instructor"]
# **29–35 min.** Let them read the last figure: which method would they take for a photo app, which
# to compare two runs digit by digit? The race explorer needs eight seconds a press. Question that
# comes: "does stride 2 work?" Not with these tiles: outputs of a tile are neighbours. What goes
# wrong: on a busy machine the times jump; the errors never do.

# %% [markdown]
# Winograd's tiles need stride 1 and a kernel of 3 × 3. Choose a layer and press *Measure*: which
# method wins with 8 channels, which with 7 × 7 cells, which at stride 2?

# %%
e = sl.explore.race(size=28, channels=64, filters=64, kernel_size=3)
e

# %%
# Check: at stride 2 a quarter of the outputs is left, and Winograd's tiles do not serve them.
e.reset()  # whatever you did to it
assert e.scene["layer"].rows[0] == ("output", "1 × 28 × 28 × 64")
e.strides = 2
assert e.scene["layer"].rows[0] == ("output", "1 × 14 × 14 × 64")
strided = call_of(replace(case, stride=2), x, kernel)
assert all(sl.METHODS[name].serves(strided) for name in ("winograd2", "winograd4"))
e.reset()

# %% [markdown]
# ## Practise
#
# First: where does it help to save multiplications at all? Where memory is the limit, it does not.

# %%
sl.practice.show("fast-09")

# %% [markdown]
# Where does Winograd pay most? Think of what a tile computes, and of how much of it is wanted.

# %%
sl.practice.show("fast-14")

# %% [markdown]
# Write F(2, 3) for a whole row, the odd output included.

# %%
sl.practice.show("fast-16")

# %% [markdown]
# And the count for Fourier with several channels.

# %%
sl.practice.show("fast-18")

# %% [markdown] tags=["recap"]
# ## Recap
#
# - For cells 1, t, t² … one product, g(t), serves all outputs. Any n cells are a mix of n such
#   rows, so n products are enough. The rest is additions, and numbers that belong to the weights.
# - F(2, 3) takes 4 for 6. Nested, F(2×2, 3×3) takes 16 for 36 and F(4×4, 3×3) 36 for 144. That is
#   where three of four multiplications went: into transforms that many filters share.
# - The price: additions, 16/9 or 4 times the memory for weights, tiles that stick out, rounding.
#   Fast methods are exact in real arithmetic, and not in float32.
# - With points on a circle the same idea is the Fourier transform. Its product is circular: k − 1
#   outputs of each block are wrong, so put zeros after, or overlap and save.
# - Counted for one channel, Fourier is ahead from 9 × 9 on. The clock may say something else.
#
# **Next:** [13 · Fact check](13_fact_check.ipynb) holds what a popular article says against what
# you know now.

# %% [markdown] tags=["slide"]
# ## The answer
#
# Rows 1, t, t² … need one product each. Everything is a mix of them.
#
# Paid in additions, memory and digits: exact in real arithmetic, not in float32.

# %% [markdown] tags=["further"]
# ## Going further
#
# - Winograd, *Arithmetic Complexity of Computations* (SIAM, 1980): why m + r − 1 products are the
#   fewest.
# - Lavin & Gray, "Fast algorithms for convolutional neural networks" (arXiv:1509.09308, 2015),
#   section 4: F(2×2, 3×3) and F(4×4, 3×3) for layers.
# - Barabasz, Anderson, Soodhalter & Gregg, "Error analysis and improving the accuracy of Winograd
#   convolution for deep neural networks" (ACM Trans. Math. Softw. 46, 2020): which points to take.
# - Mathieu, Henaff & LeCun, "Fast training of convolutional networks through FFTs"
#   (arXiv:1312.5851, 2013): Fourier transforms for layers.
# - Oppenheim & Schafer, *Discrete-Time Signal Processing* (2010), section 8.7: circular and linear
#   convolution, overlap-save.
