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
#       - Afterwards, if you like, take the test that shows later what the course changed.
#     outcomes:
#       - Run cells, change a value, and use the explorers and predictions of all lessons.
# ---

# %% [markdown] tags=["slide"]
# ## One layer, fourteen lessons
#
# What padding and strides do to shapes, windows and values; why libraries disagree; how a
# convolution is made fast. You need Python, and no machine learning.

# %% [markdown] tags=["instructor"]
# **1 minute** for the welcome and this slide. Say: "This course is about one layer, and you will
# touch it." Everybody opens this notebook and runs the first piece of code; hands up when *ready*
# is there.
#
# - What goes wrong: somebody runs nothing and reads on. Nothing works then. *Run → Run All Cells*
#   repairs that at any time.
# - An error in the first cell: `stridelab doctor` in a terminal names what is missing. Do not
#   repair it in front of the room; the neighbour's screen will do.
# - "Do I need Keras or PyTorch?" No. Lessons compute with StrideLab alone, and its numbers are
#   tested against the real libraries.

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
# `None`, then run the cell. There is no score; a wrong guess is where the learning happens. (If you
# leave `None`, nothing breaks.)

# %% tags=["prediction"]
my_places = None  # how many places a window of 3 finds on a row of 8, moving by 2

# %% [markdown] tags=["slide"]
# ## First you answer, then you look
#
# - Write your guess in place of `None`.
# - Point at an output: orange is what it was computed from.
# - Press *play*, count the places along one row.

# %% [markdown] tags=["instructor"]
# **1 minute.** Insist on a guess before anybody presses play, this first time above all: a show of
# hands for 3, for 4, for others. Most say 4, half of 8. Do not say who is right.
#
# - What goes wrong: the guess is typed and the cell not run; then `predict` says that it is
#   waiting.
# - The question that comes: "What do all these numbers mean?" The products and their sum are lesson
#   01. Here only the window's *places* count.
# - Show that the explorer works without a mouse: *Tab* to the output, then the arrow keys.

# %% [markdown]
# ## Look
#
# This is an **[explorer](glossary.md#explorer)**. It shows a picture of 8 × 8 pixels as numbers,
# and the window has three rows, too. Point at one of the numbers of the output, or use the arrow
# keys: the orange window shows which pixels it was computed from. Press play and count its places
# along one row.
#
# How the output's numbers come about is the next lesson's matter. The explorer has more controls
# than you need here, too. Until they are explained they cannot break anything, and *Reset* brings
# all of them back.

# %% tags=["on-slide"]
e = sl.explore.window(size=8, kernel_size=3, strides=2, padding="valid")
e

# %% [markdown]
# Now hold your prediction against the result. You can change it and run both pieces of code again
# as often as you like.

# %%
axis = sl.conv_geometry((8, 8), kernel_size=3, strides=2).rows
predict("00-places", my_places)

# %% [markdown] tags=["slide"]
# ## It never sees the last pixel
#
# Three places, not four; the eighth pixel is read by no window. After `e.padding = "same"` it is.
# Why? That is what the course is for.

# %% [markdown]
# And the surprise: the window never sees the last pixel of a row, nor the last row of the picture.
# With another *padding* it does: cells put around the picture, which are the matter of lesson 02.
# You can set a control by hand or from Python. Run the next line, look up at the explorer, and
# count again.

# %%
e.padding = "same"

# %% [markdown]
# A piece of code that starts with `# Check:` lets Python prove what the text says. It is silent
# when all of it holds, and you may skip it.

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
# The lessons show problems where you need them; the minutes at a lesson's head are for its text,
# and each problem names its own. `sl.practice.session()` deals as many as you like and says which
# mistake you made; `sl.progress()` shows what you solved. All of it stays on the machine that runs
# this notebook. If that is Binder, which forgets it when you leave, take your progress along with
# the first button, and bring it back with the second.

# %%
sl.practice.take_along()

# %% [markdown] tags=["slide"]
# ## Before and after
#
# Twelve problems now, the same twelve with other numbers after lesson 13. The difference is what
# the course gave you. Guess where you do not know.

# %% [markdown] tags=["instructor"]
# **20 to 30 minutes more**, and only where you want to compare: at home before the course, or at
# its start. Say that it measures the course and not the people, that a guess is welcome, and that
# most of it is *meant* to be unknown.
#
# - It has no hints and tells nobody whether an answer is right, so that the post-test stays fair.
#   Do not discuss its problems before lesson 13 is over.
# - On Binder the attempts go with the machine: everybody presses *Download my
#   progress* before leaving.
# - `stridelab progress export FILE --name NAME` writes what `stridelab class` reads.

# %% [markdown]
# ## Before the course: a test, if you like
#
# Twelve problems from all fourteen lessons, 20 to 30 minutes. It is optional, and most of it you
# are not supposed to know yet: guess, or skip. Behind lesson 13 you get the same twelve with other
# numbers, and can compare. It has no hints and does not say what is right; that would spoil the
# second one.
#
# Each answer is kept at once. So you can leave in the middle: run this piece of code again, today
# or next week, and it goes on where you stopped. Once all twelve are answered, it says that the
# test is done.

# %%
sl.practice.pretest()

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
