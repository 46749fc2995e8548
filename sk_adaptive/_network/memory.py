"""The memory that a network needs, compared with what the machine has."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

# Of the parameters in training: themselves, gradient, two moments. Beside them `fit` has the last finite epoch's, and
# the best one's or a mean and a step towards it; `partial_fit` has parameters and moments of the call before.
COPIES = 7


def check_memory(n_features: int, sizes: Sequence[int], n_outputs: int, n_members: int, dtype: np.dtype) -> None:
    """Refuse a network whose training cannot fit the memory of the machine.

    Parameters
    ----------
    n_features : int
        Columns of X.
    sizes : sequence of int
        Units of each hidden layer.
    n_outputs : int
        Raw outputs of one member.
    n_members : int
        Networks of the ensemble.
    dtype : dtype
        float32 or float64.

    Raises
    ------
    MemoryError
        If the parameters alone need more than the physical memory.
    """
    *hidden, (n_last, _) = pairwise([int(n_features), *map(int, sizes), int(n_outputs)])
    n_parameters = sum(n_in * n_out for n_in, n_out in hidden) + int(n_members) * (n_last + 1) * int(n_outputs)
    needed = COPIES * n_parameters * np.dtype(dtype).itemsize + int(n_members) * int(n_features)
    available = _physical_memory()
    if available is not None and needed > available:
        raise MemoryError(
            f"hidden_layer_sizes={tuple(sizes)} and n_members={n_members} with {n_features} features and {n_outputs} "
            f"outputs need {needed / 2**30:.3g} GiB to train, this machine has {available / 2**30:.3g} GiB"
        )


def _physical_memory() -> int | None:
    """Return the bytes of memory, None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on Windows
        return None
