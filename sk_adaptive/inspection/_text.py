"""Learned parameters as text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sk_adaptive.activations._base import format_number
from sk_adaptive.activations.fitted import FittedActivation

MAX_NAMED = 4  # parameters that are written out one by one


def describe_parameters(fitted: FittedActivation, units: Sequence[int] | None = None) -> list[str]:
    """Return the learned and the initial value of each parameter as text.

    Parameters
    ----------
    fitted : FittedActivation
        The learned activation.
    units : sequence of int, default=None
        Indices of units, if each has its own set; None is all.

    Returns
    -------
    list of str
        One text per parameter, such as "a = 0.31 (0.12 to 0.87), started at 0.25": the median over units, and the
        extremes if units differ. If there are more than four parameters, only their names.
    """
    names = list(fitted.params)
    if len(names) > MAX_NAMED:
        return [f"{names[0]} ... {names[-1]} ({len(names)} parameters)"]
    starts = {name: format_number(values[0]) for name, values in fitted.start.params.items()}
    return [f"{name} = {_spread(fitted.params[name], units)}, started at {starts[name]}" for name in names]


def _spread(values: np.ndarray, units: Sequence[int] | None) -> str:
    if units is not None and len(values) > 1:
        values = values[list(units)]
    if len(values) == 1:
        return format_number(float(values[0]))
    low, middle, high = (format_number(float(q)) for q in np.quantile(values, [0, 0.5, 1]))
    return f"{middle} ({low} to {high})"
