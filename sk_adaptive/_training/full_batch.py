"""Iterations that use all rows: what they record, and what ends them."""

from __future__ import annotations

import time

import numpy as np

from .state import Problem, State
from .stopping import TIME_IS_UP, end_epoch, give_up, is_done, warn_of_early_end

SCIPYS_FTOL = 2.2e-9  # relative decrease of the loss; near a minimum it is about the square of the gradient


class FullBatch:
    """The iterations of a solver that uses all rows at each of them.

    Parameters
    ----------
    problem : Problem
        The settings of the run.
    state : State
        Its state, which changes at the end of each iteration.
    last_finite_theta : ndarray of shape (n_theta,)
        Receives the parameters of each finite iteration.
    """

    def __init__(self, problem: Problem, state: State, last_finite_theta: np.ndarray) -> None:
        self.max_iter = problem.max_iter - state.epochs
        self.ftol = min(problem.tol**2, SCIPYS_FTOL)
        self.stopped = False
        self._problem, self._state, self._last_finite_theta = problem, state, last_finite_theta

    def end_iteration(self, theta: np.ndarray, loss: float) -> bool:
        """Record where an iteration has led; return whether to stop."""
        problem, state = self._problem, self._state
        state.theta[...] = theta
        end_epoch(problem, state, self._last_finite_theta, loss, None)
        stop = problem.watch.end_epoch(state)
        self.stopped = stop or (problem.validate is not None and is_done(problem, state))
        if not self.stopped and problem.deadline is not None and time.perf_counter() > problem.deadline:
            warn_of_early_end(TIME_IS_UP)
            self.stopped = True
        return self.stopped

    def conclude(self, theta: np.ndarray, loss: float, cause: str | None) -> None:
        """End the run: go back where the loss is not finite, and warn of a cause other than convergence."""
        if not np.isfinite(loss):
            give_up(self._state, self._last_finite_theta)
            return
        if not self._state.epochs:  # the start was a minimum, or no step lowered the loss
            self.end_iteration(theta, loss)
        if cause is not None and not self.stopped:
            warn_of_early_end(cause)
