"""Some of many rows, the same ones each time."""

from __future__ import annotations

import numpy as np


def evenly_spaced_numbers(n_rows: int, n_wanted: int) -> np.ndarray:
    """Return the numbers of `n_wanted` rows that lie evenly among `n_rows`, or of all if there are no more."""
    return np.linspace(0, n_rows - 1, min(n_rows, n_wanted)).astype(np.intp)
