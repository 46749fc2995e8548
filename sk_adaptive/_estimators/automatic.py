"""What the parameters that may be "auto" mean for the rows of a fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator

from sk_adaptive import schedules, solvers
from sk_adaptive._data.inputs import Inputs
from sk_adaptive._data.rows import Rows
from sk_adaptive._network.plan import Plan
from sk_adaptive._training.held_back import draw_rows
from sk_adaptive._training.recipe import (
    EPOCHS,
    MEMBERS,
    automatic_bins,
    automatic_dtype,
    automatic_epochs,
    automatic_members,
    part_of_training,
    rows_held_back,
)
from sk_adaptive._training.state import State
from sk_adaptive._training.weight_decay import warn_of_heavy_rows
from sk_adaptive.activations import Activation

SMALL_BATCH, LARGE_BATCH, BATCHES = 64, 256, 64  # of batch_size="auto"


class AutomaticParameters(BaseEstimator):
    """The part of an estimator that reads its parameters together with the rows."""

    alpha: Any
    batch_size: Any
    dtype: Any
    learning_rate: Any
    max_iter: Any
    max_time: Any
    n_bins: Any
    n_members: Any
    shuffle: bool
    solver: Any
    standardize: bool

    def _n_members(self, activations: list[Activation], n_rows: int, *, one_pass: bool) -> int:
        if self.n_members != "auto":
            return int(self.n_members)
        if not any(a.trainable and a.learning_rate_factor and a.n_parameters for a in activations):
            return 1
        return automatic_members(n_rows) if _knows_epochs(solvers.resolve(self.solver), one_pass=one_pass) else MEMBERS

    def _network_dtype(self, rows: Rows, *, one_pass: bool) -> np.dtype:
        if self.dtype != "auto":
            return np.dtype(self.dtype)
        return automatic_dtype(rows.X.dtype, rows.n_rows, solvers.resolve(self.solver), one_pass=one_pass)

    def _batch_size(self, n_rows: int) -> int:
        automatic = min(max(n_rows // BATCHES, SMALL_BATCH), LARGE_BATCH)
        return min(automatic if self.batch_size == "auto" else int(self.batch_size), n_rows)

    def _max_iter(self, solver: solvers.Solver, plan: Plan, n_rows: int, n_batches: int, *, one_pass: bool) -> int:
        if self.max_iter != "auto":
            return int(self.max_iter)
        known = _knows_epochs(solver, one_pass=one_pass)
        return automatic_epochs(n_rows, n_batches, plan.narrowest) if known else EPOCHS

    def _held_back(self, n_rows: int, state: State) -> np.ndarray | None:
        """Return the rows that the first epochs of a fit do not visit.

        None if training continues, or the number of epochs is not ours to choose.
        """
        chosen = self.max_iter == "auto" and self.max_time is None and not state.rows_seen
        planned = solvers.resolve(self.solver).in_batches and schedules.resolve(self.learning_rate).end == "planned"
        count = rows_held_back(n_rows) if chosen and planned and self.shuffle else 0
        return draw_rows(n_rows, count, state.random) if 0 < count < n_rows - self._batch_size(n_rows) else None

    def _weight_decay(self, solver: solvers.Solver, plan: Plan, rows: Rows, seen: int, *, one_pass: bool) -> float:
        """Return the penalty's strength beside a loss that is a mean over rows; `seen` came before these."""
        if self.alpha != "auto":
            return solver.penalty(float(self.alpha), rows.total_weight)
        warn_of_heavy_rows(rows.total_weight / rows.n_rows)
        penalty = solver.automatic_penalty(seen + rows.count, plan.inputs.n_inputs, plan.narrowest)
        shortened = self.max_iter == "auto" and _knows_epochs(solver, one_pass=one_pass)
        return penalty * part_of_training(rows.n_rows) if shortened else penalty

    def _n_bins(self, rows: Rows, inputs: Inputs, *, one_pass: bool) -> int:
        is_sparse = sp.issparse(rows.X)
        if self.n_bins != "auto":
            if self.n_bins and is_sparse:
                raise ValueError(
                    f"n_bins must be 0 or 'auto' for sparse X, which is not cut into pieces: {self.n_bins}"
                )
            return int(self.n_bins)
        applies = self.standardize and not one_pass and not is_sparse
        return automatic_bins(rows.n_rows, inputs.n_numbers) if applies else 0


def _knows_epochs(solver: solvers.Solver, *, one_pass: bool) -> bool:
    """Return whether all rows of all epochs are known: not those of later passes, and iterations are no epochs."""
    return solver.in_batches and not one_pass
