"""Training of a network: the solver's algorithm, interruption, the parameters that are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sk_adaptive._data.rows import evenly_spaced
from sk_adaptive._warnings import warn
from sk_adaptive.solvers import Solver

from .lbfgs import minimize_loss
from .levenberg_marquardt import minimize_squares
from .state import Problem, State
from .stochastic import run_epochs

ALGORITHMS: dict[str, Callable[[Problem, Any, State, np.ndarray], None]] = {
    "epochs": run_epochs,
    "lbfgs": minimize_loss,
    "levenberg_marquardt": minimize_squares,
}

MAX_ROWS_LOOKED_AT = 1000
MIN_OUTPUT_STD = 1e-2  # of raw outputs; in regression, of the standardised y


def train(problem: Problem, solver: Solver, state: State, *, resumes: bool = False) -> None:
    """Train `state` in place; it ends with the parameters of the best epoch, or of the last without validation rows.

    Parameters
    ----------
    problem : Problem
        The data, the network and the settings.
    solver : Solver
        The solver.
    state : State
        The state to start from.
    resumes : bool, default=False
        Whether the call that the state is of was cut off after `state.epochs` epochs, and is to be finished.

    Raises
    ------
    ValueError
        If not even one epoch of this call ends with finite numbers.

    Warns
    -----
    ConvergenceWarning
        If `max_iter` is reached before progress stops, training diverges after its first epoch, or the network ends
        with the same output for every row.
    UserWarning
        If a KeyboardInterrupt stopped it; the last whole epoch is kept, or the best one with validation rows. A single
        pass has none, and lets the interrupt through. If every validation score is NaN; the last epoch is kept.
    """
    if not resumes:
        state.begin_call(one_pass=problem.one_pass, validated=problem.validate is not None)
    # A single pass has no earlier epoch to go back to, and no need of a copy.
    last_finite_theta = state.theta if problem.one_pass else state.theta.copy()
    try:
        ALGORITHMS[solver.algorithm](problem, solver, state, last_finite_theta)
    except KeyboardInterrupt:
        if problem.one_pass:
            raise
        state.theta[...] = last_finite_theta
        warn(f"Training interrupted by user: the model after {state.epochs} epochs is kept.")
    state.passes += problem.one_pass
    if state.best_theta is not None:
        state.theta[...] = state.best_theta
        state.best_theta = None
    state.explained, state.mean_theta = (), None
    if state.validation_scores and np.isnan(state.validation_scores).all():
        warn("scoring gave NaN for the validation rows after every epoch: the last epoch is kept, not the best one.")
    if not problem.one_pass:
        _warn_if_constant(problem, state.theta)


def _warn_if_constant(problem: Problem, theta: np.ndarray) -> None:
    """Warn if the outputs are nearly the same for all of up to 1000 rows though y is not constant."""
    X, targets = problem.data.X, problem.data.targets
    if problem.null_model_loss is None or (targets == targets[0]).all():
        return
    outputs = problem.network.forward(theta, evenly_spaced(X, MAX_ROWS_LOOKED_AT), problem.team).mean(axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        deviations = outputs.std(axis=0, dtype=np.float64)
    if (deviations < MIN_OUTPUT_STD).all():
        warn(
            "The network predicts the same for every row: its loss is that of a constant. Either the columns say "
            "nothing about y, or training failed: then set alpha to a smaller number (such as 0), raise max_iter, or "
            "change learning_rate_init; with standardize=False, standardise the columns.",
            ConvergenceWarning,
        )
