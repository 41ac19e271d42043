"""Lesson 11, Making it fast: what it asks, why it holds, what wrong rules give."""

from __future__ import annotations

from stridelab.geometry import conv_geometry
from stridelab.practice.questions.asked import Asked, question


@question("11-peak")
def _peak() -> Asked:
    gigahertz, starts, lanes = 3, 2, 8
    return Asked(
        gigahertz * starts * lanes * 2,
        "3 billion cycles, 2 multiply-adds in each, 8 numbers in a vector, 2 operations.",
        {
            "a multiply-add counted as one operation": gigahertz * starts * lanes,
            "a multiply-add took a single number": gigahertz * starts * 2,
            "only the vector's numbers counted": gigahertz * lanes,
        },
    )


@question("11-copies")
def _copies() -> Asked:
    size, kernel, stride, filters = 56, 3, 2, 64
    rows, cols = conv_geometry(size, kernel, stride, padding="same").output_shape
    times = rows * cols * kernel**2 / size**2
    return Asked(
        times,
        "there are 28 · 28 windows, one for four cells, and each row holds the 9 cells of its "
        "window with all their channels. All filters read the same rows.",
        {
            "the stride left out no window": kernel**2,
            "it left out windows along one axis only": kernel**2 / stride,
            "no cell were copied twice": 1,
            "each filter needed a matrix of its own": times * filters,
        },
    )


@question("11-tile")
def _tile() -> Asked:
    registers, vectors = 16, 3
    return Asked(
        (registers - vectors - 1) // vectors,
        "4·3 sums, 3 vectors of weights and 1 cell take all 16 registers.",
        {
            "weights and cells needed no register": registers // vectors,
            "each output's cell kept a register": (registers - vectors) // (vectors + 1),
            "all that is left held one sum for each output": registers - vectors - 1,
        },
    )
