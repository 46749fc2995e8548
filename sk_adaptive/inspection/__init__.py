"""Inspection of fitted networks."""

from ._activation_display import ActivationDisplay
from ._loss_curve_display import LossCurveDisplay
from ._record import ActivationRecorder, ActivationTrajectories, record_activations
from ._report import activation_report
from ._simplify import Simplification, simplify
from ._symbolic import symbolic
from ._trajectory_display import TrajectoryDisplay

__all__ = [
    "ActivationDisplay",
    "ActivationRecorder",
    "ActivationTrajectories",
    "LossCurveDisplay",
    "Simplification",
    "TrajectoryDisplay",
    "activation_report",
    "record_activations",
    "simplify",
    "symbolic",
]
