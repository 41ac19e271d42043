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
# A window three cells wide stands on a picture eight cells wide and moves two cells at a time.
# **How many places does it find, and does it see the whole picture?** In two minutes you know, and
# you know how these notebooks work.
#
# A notebook is made of cells. Click into the grey one below and press **Shift + Enter**: that runs
# it and moves on to the next one. A number in the brackets on the left says that it has run.

# %%
import sys

import stridelab as sl
from stridelab.practice import predict

assert sys.version_info >= (3, 11), "StrideLab needs Python 3.11 or newer"
print(f"StrideLab {sl.__version__} on Python {sys.version.split()[0]}: ready.")

# %% [markdown]
# If you see *ready*, all is well. If you see an error instead, open a terminal and type `stridelab
# doctor`: it names what is missing and the command that mends it.
#
# ## Predict
#
# Every lesson asks you to commit to an answer before it is computed. Write a number in place of
# `None`, then run the cell. There is no score; a wrong guess is where the learning happens.

# %% tags=["prediction"]
my_places = None  # how many places a window of 3 finds on 8 cells, moving by 2

# %% [markdown]
# ## Look
#
# This is an **explorer**. Point at a cell of the output, or use the arrow keys: the orange window
# shows which cells of the picture it was computed from. Press play and count its places along one
# row.

# %%
e = sl.explore.window(size=8, kernel_size=3, strides=2, padding="valid")
e

# %% [markdown]
# Now hold your prediction against the result. You can change it and run both cells again as often
# as you like.

# %%
axis = sl.conv_geometry((8, 8), kernel_size=3, strides=2).rows
predict("00-places", my_places)

# %% [markdown]
# And the surprise: the window never sees the last row and the last column of the picture. The
# explorer has controls for that. Change them there, or from Python:

# %%
# Check: the last cell is read by no window; with padding="same" it is.
assert axis.output_size == 3
assert axis.unread == (7,)
assert e.scene["output"].values.shape == (3, 3)
e.padding = "same"
assert e.scene["output"].values.shape == (4, 4)
assert sl.conv_geometry((8, 8), 3, strides=2, padding="same").rows.unread == ()

# %% [markdown] tags=["recap"]
# ## Recap
#
# - **Shift + Enter** runs a cell. *Run → Restart Kernel and Run All Cells* starts afresh.
# - The window found 3 places, not 4, and left the last cell unread: the answer to the question,
#   and the reason for this course.
# - Explorers move with the mouse, with the keyboard and from Python.
# - This copy of the lessons is yours: change anything. What you change is not overwritten by a
#   newer version. On Binder nothing is kept when you leave, so download what you want to keep
#   (*File → Download*).
#
# **Next:** [01 · The sliding window](01_sliding_window.ipynb) shows what the window does with the
# cells it reads.
