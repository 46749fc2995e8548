"""What "auto" means: the rules that follow the number of rows and the network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sk_adaptive.solvers import Solver

SMALL = 1500  # rows: below it, rounding and a second pass cost nothing, and a finer encoding only adds noise
EPOCHS = 50  # of small data, and where the rows to come are not known
MANY, LEAST_TRAINING = 3000, 0.6  # rows above which a fit is shortened, and the part that is left at least
VERY_MANY = 10_000
MEMBERS, MEMBERS_OF_MANY, MEMBERS_OF_VERY_MANY = 8, 6, 4
MIN_STEPS = 100
FULL_WIDTH = 128  # units; narrower networks need more steps
BINS, MAX_PIECES = 8, 1024
MIN_ROWS_OF_TRIAL, PART_HELD_BACK, MAX_HELD_BACK = 300, 0.2, 2000
TRIAL_PART, LONGEST_TRIAL, MIN_TRIAL_EPOCHS, MIN_LAST_EPOCHS = 1 / 8, 1 / 2, 4, 2
ENOUGH_EXPLAINED, LEAST_PART = 0.4, 0.1
RISING_PART, LEAST_RISE = 0.6, 0.05
LITTLE_EXPLAINED = 0.1
SMOOTHING_OF_TWO, SMOOTHING_OF_MORE, MAX_RISE = 0.01, 0.0003, 0.1  # of classes


def automatic_epochs(n_rows: int, n_batches: int, narrowest: int) -> int:
    """Return the number of epochs of `fit`.

    Parameters
    ----------
    n_rows : int
        Rows to train on.
    n_batches : int
        Steps per epoch.
    narrowest : int
        Units of the narrowest hidden layer; features, if there is none.

    Returns
    -------
    int
        50 up to 1500 rows and 50 (1500 / n_rows)^0.25 above, times `part_of_training`: such as 42 for 3000, 22 for
        5000 and 16 for 20,000. As many more as make 100 (128 / narrowest)^0.75 steps, with `narrowest` capped at 128.
    """
    epochs = round(EPOCHS * min(1, SMALL / n_rows) ** 0.25 * part_of_training(n_rows))
    steps = MIN_STEPS * (FULL_WIDTH / min(narrowest, FULL_WIDTH)) ** 0.75
    return max(epochs, int(np.ceil(steps / n_batches)))


def part_of_training(n_rows: int) -> float:
    """Return the part of the epochs, and of the weight decay in each step, that remains where rows are many.

    Many rows lose little by fewer epochs. A weaker decay makes up for some of that; see "Large tables" in
    docs/guide/defaults.rst.

    Parameters
    ----------
    n_rows : int
        Rows to train on.

    Returns
    -------
    float
        1 up to 3000 rows, 3000 / n_rows above, 0.6 from 5000 rows on.
    """
    return min(1.0, max(LEAST_TRAINING, MANY / n_rows))


def automatic_members(n_rows: int) -> int:
    """Return the members of an ensemble whose activations are learned.

    Parameters
    ----------
    n_rows : int
        Rows to train on.

    Returns
    -------
    int
        8 up to 3000 rows, 6 above, 4 from 10,000 rows on: an ensemble gains most where rows are few.
    """
    if n_rows >= VERY_MANY:
        return MEMBERS_OF_VERY_MANY
    return MEMBERS if n_rows <= MANY else MEMBERS_OF_MANY


def rows_held_back(n_rows: int) -> int:
    """Return how many rows the first epochs do not visit, to find out how noisy a table is.

    Parameters
    ----------
    n_rows : int
        Rows to train on.

    Returns
    -------
    int
        0 below 300 rows, otherwise a fifth, at most 2000.
    """
    return int(min(PART_HELD_BACK * n_rows, MAX_HELD_BACK)) if n_rows >= MIN_ROWS_OF_TRIAL else 0


def trial_epochs(n_epochs: int, explained: Sequence[float] = ()) -> int:
    """Return how many more of a fit's epochs run without the rows that are held back.

    Parameters
    ----------
    n_epochs : int
        Epochs of a table without noise.
    explained : sequence of float
        As for `epochs_by_noise`.

    Returns
    -------
    int
        At first an eighth of the epochs, at least 4, or what is left of these. As many again while less than 0.4 of the
        loss is explained and the network still learns fast, until half of the epochs have run. Otherwise 0.
    """
    epochs = min(n_epochs, max(MIN_TRIAL_EPOCHS, round(TRIAL_PART * n_epochs)))
    if not explained or len(explained) % epochs:
        return epochs - len(explained) % epochs
    undecided = max(explained) < ENOUGH_EXPLAINED and _still_learns_fast(explained)
    return epochs if undecided and len(explained) + epochs <= LONGEST_TRIAL * n_epochs else 0


def epochs_by_noise(n_epochs: int, explained: Sequence[float]) -> int:
    """Return the epochs of a fit whose first ones have shown how noisy the table is.

    A network memorises noise in the last epochs, at low learning rates. The more of the loss is noise, the fewer epochs
    there are.

    Parameters
    ----------
    n_epochs : int
        Epochs of a table without noise.
    explained : sequence of float
        Of each of the first epochs: the part of the least loss of constant outputs that the network takes away on the
        rows held back.

    Returns
    -------
    int
        All epochs where 0.4 of the loss or more is explained, or the network still learns fast: more than 0.6 of what
        it explains, and more than 0.05, came in the second half of these epochs. Otherwise `explained` / 0.4 of the
        epochs, at least a tenth, and 2 more than have run.
    """
    most = max(explained)
    if most >= ENOUGH_EXPLAINED or _still_learns_fast(explained):
        return n_epochs
    part = max(most / ENOUGH_EXPLAINED, LEAST_PART)
    return min(n_epochs, max(round(part * n_epochs), len(explained) + MIN_LAST_EPOCHS))


def says_little(explained: Sequence[float]) -> bool:
    """Return whether the outputs of a fit are shrunk: columns that say so little are mostly noise to a network.

    Parameters
    ----------
    explained : sequence of float
        As for `epochs_by_noise`.

    Returns
    -------
    bool
        Whether less than a tenth of the loss is explained, and the network does not learn fast any more.
    """
    return max(explained) < LITTLE_EXPLAINED and not _still_learns_fast(explained)


def _still_learns_fast(explained: Sequence[float]) -> bool:
    most, before = max(explained), max(explained[: max(1, len(explained) // 2)])
    return most - before > max(LEAST_RISE, RISING_PART * most)


def automatic_bins(n_rows: int, n_columns: int) -> int:
    """Return the pieces per column of the piecewise linear encoding.

    Parameters
    ----------
    n_rows : int
        Rows to train on.
    n_columns : int
        Columns of numbers.

    Returns
    -------
    int
        0 below 1500 rows, otherwise 8, or fewer where that would make more than 1024 pieces.
    """
    return min(BINS, MAX_PIECES // max(1, n_columns)) if n_rows >= SMALL else 0


def automatic_dtype(X_dtype: np.dtype, n_rows: int, solver: Solver, *, one_pass: bool) -> np.dtype:
    """Return the precision of the network.

    Parameters
    ----------
    X_dtype : dtype
        That of the training rows, float32 or float64.
    n_rows : int
        Their number.
    solver : Solver
        The solver.
    one_pass : bool
        Whether more rows may come: `partial_fit`.

    Returns
    -------
    dtype
        float32 where epochs of minibatch steps are run on 1500 rows or more: their noise is far above its rounding.
        Otherwise `X_dtype`: exact tests are on few rows, and L-BFGS needs exact gradients. float64 for a solver that
        needs it.
    """
    if solver.needs_float64:
        return np.dtype(np.float64)
    enough = solver.in_batches and not one_pass and n_rows >= SMALL
    return np.dtype(np.float32) if enough else np.dtype(X_dtype)


def automatic_smoothing(rarest: float, n_classes: int) -> float:
    """Return the part of each target that is spread over all classes.

    Parameters
    ----------
    rarest : float
        Share of the rarest class among the rows.
    n_classes : int
        Classes that share the part.

    Returns
    -------
    float
        0.01 for two classes and 0.0003 for more, or as much as adds a tenth to the probability of the rarest class.
    """
    return min(SMOOTHING_OF_TWO if n_classes <= 2 else SMOOTHING_OF_MORE, MAX_RISE * n_classes * rarest)
