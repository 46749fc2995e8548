"""Weights of rows by their classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.utils import compute_sample_weight

from .rows import Rows


def class_weights(class_weight: Mapping | Sequence[Mapping] | str, rows: Rows) -> np.ndarray:
    """Return what each row's weight is to be multiplied with.

    Parameters
    ----------
    class_weight : dict, list of dict or "balanced"
        As the classifier takes it.
    rows : Rows
        The rows; "balanced" gives each class the same total weight, the rows' own weights considered, which
        scikit-learn's does not.

    Returns
    -------
    ndarray of shape (n_rows,)
        The factors.
    """
    if class_weight != "balanced" or rows.y.ndim > 1:
        return compute_sample_weight(class_weight, rows.y)
    classes, index = np.unique(rows.y, return_inverse=True)
    totals = np.bincount(index, rows.weights)
    return (totals.sum() / (len(classes) * totals))[index]
