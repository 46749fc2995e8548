"""Comparison of a derivative with finite differences, for functions that may have kinks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

STEP = 1e-4
OFFSETS = (-2 * STEP, -STEP, STEP, 2 * STEP)  # where `difference_fault` needs the function


def difference_fault(derivative: np.ndarray, around: Sequence[np.ndarray], at: np.ndarray) -> str | None:
    """Compare with the fourth-order central difference; at a kink, any value between the one-sided ones is right.

    Parameters
    ----------
    derivative : ndarray
        The derivative to check.
    around : sequence of 4 ndarray
        The function's values at `at` plus each of `OFFSETS`.
    at : ndarray
        The points.

    Returns
    -------
    str or None
        At how many points, and where, the two differ most; None if they agree.
    """
    left, right = (around[1] - around[0]) / STEP, (around[3] - around[2]) / STEP
    expected = (8 * (around[2] - around[1]) - (around[3] - around[0])) / (12 * STEP)
    tolerance = 1e-6 * (1 + np.abs(expected))
    between = (derivative >= np.minimum(left, right) - tolerance) & (derivative <= np.maximum(left, right) + tolerance)
    wrong = (np.abs(derivative - expected) > tolerance) & ~between
    if not wrong.any():
        return None
    worst = np.unravel_index(np.argmax(np.where(wrong, np.abs(derivative - expected), 0)), at.shape)
    return (
        f"{wrong.mean():.0%} of the points: at {at[worst]:.6g} it is {derivative[worst]:.6g}, finite differences give "
        f"{expected[worst]:.6g}"
    )
