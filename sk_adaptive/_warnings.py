"""Warnings that point at the user's line."""

from __future__ import annotations

import sys
import warnings

# Whoever calls `fit` for the user: the warning points at the first frame outside of these.
INSIDE = ("sk_adaptive", "sklearn", "joblib", "contextlib", "functools", "scipy")


def warn(message: str | Warning, category: type[Warning] = UserWarning) -> None:
    """Issue a warning that points at the line from which the package, or scikit-learn above it, was called.

    Parameters
    ----------
    message : str or Warning
        The text, or the warning itself.
    category : type, default=UserWarning
        Class of the warning.
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in INSIDE:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
