"""Whether two objects have the same parameters, compared by value."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

SEQUENCES = (np.ndarray, list, tuple)


def same_parameters(a: BaseEstimator, b: BaseEstimator, *, but: Collection[str] = ()) -> bool:
    """Return whether two objects are of one class and have equal constructor parameters.

    Parameters
    ----------
    a, b : BaseEstimator
        Activations, losses, solvers.
    but : collection of str, default=()
        Parameters that may differ.

    Returns
    -------
    bool
        Whether they are the same.
    """
    if type(a) is not type(b):
        return False
    of_a, of_b = a.get_params(deep=False), b.get_params(deep=False)
    return of_a.keys() == of_b.keys() and all(name in but or same_value(of_a[name], of_b[name]) for name in of_a)


def same_value(a: Any, b: Any) -> bool:
    """Return whether two values are equal: arrays by all elements, NaN to NaN, plain objects by their attributes."""
    if a is b:
        return True
    if isinstance(a, SEQUENCES) or isinstance(b, SEQUENCES):
        return isinstance(a, SEQUENCES) and isinstance(b, SEQUENCES) and _same_items(a, b)
    if type(a) is not type(b):
        return bool(np.isscalar(a) and np.isscalar(b) and a == b)
    if isinstance(a, BaseEstimator):
        return same_parameters(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same_value(a[key], b[key]) for key in a)
    if "__eq__" not in {name for kind in type(a).__mro__[:-1] for name in vars(kind)} and hasattr(a, "__dict__"):
        return same_value(vars(a), vars(b))
    return bool(a == b) or (a != a and b != b)  # NaN


def _same_items(a: Any, b: Any) -> bool:
    return len(a) == len(b) and all(same_value(one, other) for one, other in zip(a, b, strict=True))
