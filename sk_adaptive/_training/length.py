"""The number of epochs where `max_iter` is "auto"."""

from __future__ import annotations

import numpy as np

MIN_EPOCHS = 50
MIN_STEPS = 100
FULL_WIDTH = 128  # units; narrower networks need more steps


def automatic_epochs(n_batches: int, narrowest: int) -> int:
    """Return 50 epochs, or as many as give the least number of steps that training needs.

    Parameters
    ----------
    n_batches : int
        Steps per epoch.
    narrowest : int
        Units of the narrowest hidden layer; features, if there is none.

    Returns
    -------
    int
        At least 50; so many that there are at least 100 (128 / narrowest)^0.75 steps, with `narrowest` capped at 128.
    """
    steps = MIN_STEPS * (FULL_WIDTH / min(narrowest, FULL_WIDTH)) ** 0.75
    return max(MIN_EPOCHS, int(np.ceil(steps / n_batches)))
