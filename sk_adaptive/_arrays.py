"""Check of an array of a loaded model, which may have been tampered with."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike


def is_array(value: object, dtype: DTypeLike, shape: tuple[int, ...]) -> bool:
    """Return whether a value is an array of a dtype and a shape."""
    return isinstance(value, np.ndarray) and value.dtype == dtype and value.shape == shape
