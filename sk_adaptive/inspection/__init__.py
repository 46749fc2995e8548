"""See what a fitted network has learned."""

from ._activation_display import ActivationDisplay
from ._loss_curve_display import LossCurveDisplay
from ._report import activation_report
from ._simplify import Simplification, simplify
from ._symbolic import symbolic

__all__ = [
    "ActivationDisplay",
    "LossCurveDisplay",
    "Simplification",
    "activation_report",
    "simplify",
    "symbolic",
]
