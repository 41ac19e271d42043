"""The padding math: whole numbers only, standard library only, one axis at a time."""

from stridelab.geometry.axis import Axis, conv_axis, pool_axis, same_pads, same_size, span
from stridelab.geometry.borders import MODES, border_cell, check_border
from stridelab.geometry.conventions import Convention, convention
from stridelab.geometry.cost import Cost, cost
from stridelab.geometry.derivation import Derivation, Step
from stridelab.geometry.plane import (
    Geometry,
    TransposedGeometry,
    conv_geometry,
    pool_geometry,
    transposed_geometry,
)
from stridelab.geometry.port import Port, port
from stridelab.geometry.receptive import FieldAxis, ReceptiveField, receptive_field
from stridelab.geometry.transposed import TransposedAxis, transposed_axis

__all__ = [
    "MODES",
    "Axis",
    "Convention",
    "Cost",
    "Derivation",
    "FieldAxis",
    "Geometry",
    "Port",
    "ReceptiveField",
    "Step",
    "TransposedAxis",
    "TransposedGeometry",
    "border_cell",
    "check_border",
    "conv_axis",
    "conv_geometry",
    "convention",
    "cost",
    "pool_axis",
    "pool_geometry",
    "port",
    "receptive_field",
    "same_pads",
    "same_size",
    "span",
    "transposed_axis",
    "transposed_geometry",
]
