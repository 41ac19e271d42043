# ---
# jupyter:
#   stridelab:
#     title: Start here
#     minutes: 2
#     summary: Check that everything works, run your first cell, and be surprised once.
#     needs:
#       - This notebook open in JupyterLab. Nothing else.
#     does:
#       - Run a few cells, move one window, make one prediction.
#     outcomes:
#       - Run cells, change a value, and use the explorers and predictions of all lessons.
# ---

# %% [markdown] tags=["question"]
# ## The question
#
# A window three pixels wide stands on a row of eight pixels and moves two pixels at a time.
# **How many places does it find, and does it see the whole row?** In two minutes you know, and you
# know how these notebooks work.
#
# A notebook is made of text and of code. Click into the grey piece of code below and press *Shift +
# Enter*: that runs it and moves on to the next one. A number in the brackets on the left says that
# it has run.

# %%
import sys

import stridelab as sl
from stridelab.practice import predict

assert sys.version_info >= (3, 11), "StrideLab needs Python 3.11 or newer"
print(f"StrideLab {sl.__version__} on Python {sys.version.split()[0]}: ready.")

# %% [markdown]
# If you see *ready*, all is well. If you see an error instead, open a terminal here (*File → New →
# Terminal*) and type `stridelab doctor`: it names what is missing and the command that mends it.
#
# ## Predict
#
# Every lesson asks you to commit to an answer before it is computed. Write a number in place of
# `None`, then run the cell. There is no score; a wrong guess is where the learning happens.

# %% tags=["prediction"]
my_places = None  # how many places a window of 3 finds on a row of 8, moving by 2

# %% [markdown]
# ## Look
#
# This is an **[explorer](glossary.md#explorer)**. It shows a picture of 8 × 8 pixels as numbers.
# Point at one of the numbers of the output, or use the arrow keys: the orange window shows which
# pixels it was computed from. Press play and count its places along one row.
#
# It has more controls than you need here. The next lessons explain them one by one; until then they
# cannot break anything, and *Reset* brings all of them back.

# %%
e = sl.explore.window(size=8, kernel_size=3, strides=2, padding="valid")
e

# %% [markdown]
# Now hold your prediction against the result. You can change it and run both pieces of code again
# as often as you like.

# %%
axis = sl.conv_geometry((8, 8), kernel_size=3, strides=2).rows
predict("00-places", my_places)

# %% [markdown]
# And the surprise: the window never sees the last pixel of a row, nor the last row of the picture.
# With another padding it does. You can set a control by hand or from Python. Run the next line,
# look up at the explorer, and count again.

# %%
e.padding = "same"

# %%
# Check: the last pixel is read by no window; with padding="same" it is.
assert axis.unread == (7,)
assert sl.conv_geometry((8, 8), 3, strides=2, padding="same").rows.unread == ()

e.reset()  # whatever you did to it
assert e.scene["output"].values.shape == (axis.output_size, axis.output_size)
e.padding = "same"
assert e.scene["output"].values.shape == (4, 4)
e.reset()

# %% [markdown]
# ## Practise, and take it along
#
# `sl.practice.session()` deals problems and says which mistake you made; `sl.progress()` shows what
# you solved. All of it stays on the machine that runs this notebook. If that is Binder, which
# forgets it when you leave, take your progress along with the first button, and bring it back with
# the second.

# %%
sl.practice.take_along()

# %% [markdown] tags=["recap"]
# ## Recap
#
# - *Shift + Enter* runs a piece of code. *Run → Restart Kernel and Run All Cells* starts afresh.
# - The window found 3 places, not 4, and left the last pixel unread: the answer to the question,
#   and the reason for this course.
# - Explorers move with the mouse, with the keyboard and from Python.
# - This copy of the lessons is yours: change anything. What you change is not overwritten by a
#   newer version. On Binder nothing is kept when you leave, so download what you want to keep
#   (*File → Download*), and your progress with the button above.
# - When you come back another day, what you typed is there; explorers and names are not. *Run → Run
#   All Cells* brings them back.
#
# **Next:** [01 · The sliding window](01_sliding_window.ipynb) shows what the window does with the
# cells it reads.
