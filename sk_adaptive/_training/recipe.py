"""What "auto" means: the rules that follow the number of rows and the network."""

from __future__ import annotations

import numpy as np

from sk_adaptive.solvers import Solver

MIN_EPOCHS = 50
MIN_STEPS = 100
MIN_ROWS_OF_FLOAT32 = 1500
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


def automatic_dtype(X_dtype: np.dtype, n_rows: float, solver: Solver, *, one_pass: bool) -> np.dtype:
    """Return the precision of the network.

    Parameters
    ----------
    X_dtype : dtype
        That of the training rows, float32 or float64.
    n_rows : float
        What they count for.
    solver : Solver
        The solver.
    one_pass : bool
        Whether more rows may come: `partial_fit`.

    Returns
    -------
    dtype
        float32 where epochs of minibatch steps are run on 1500 rows or more: their noise is far above its rounding.
        Otherwise `X_dtype`: exact tests are on few rows, and L-BFGS needs exact gradients.
    """
    enough = solver.in_batches and not one_pass and n_rows >= MIN_ROWS_OF_FLOAT32
    return np.dtype(np.float32) if enough else np.dtype(X_dtype)
