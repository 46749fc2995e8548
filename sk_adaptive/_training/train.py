"""Training of a network: the solver's algorithm, interruption, the parameters that are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sk_adaptive._warnings import warn
from sk_adaptive.solvers import Solver

from .lbfgs import minimize_loss
from .state import Problem, State
from .stochastic import run_epochs

ALGORITHMS: dict[str, Callable[[Problem, Any, State, np.ndarray], None]] = {
    "epochs": run_epochs,
    "lbfgs": minimize_loss,
}


def train(problem: Problem, solver: Solver, state: State) -> None:
    """Train `state` in place; it ends with the best theta that the stopping rule knows of.

    Parameters
    ----------
    problem : Problem
        What to train.
    solver : Solver
        How to step.
    state : State
        Where to start from.

    Raises
    ------
    ValueError
        If not even one epoch ends with finite numbers.

    Warns
    -----
    ConvergenceWarning
        If `max_iter` is reached before progress stops, or training diverges after its first epoch.
    UserWarning
        If a KeyboardInterrupt stopped it; the last whole epoch is kept.
    """
    state.begin_call(one_pass=problem.one_pass, validated=problem.validate is not None)
    good = state.theta.copy()
    try:
        ALGORITHMS[solver.algorithm](problem, solver, state, good)
    except KeyboardInterrupt:
        state.theta[...] = good
        message = f"Training interrupted by user: the model after {state.epochs} epochs is kept."
        warn(message)
    state.passes += problem.one_pass
    if state.best_theta is not None:
        state.theta[...] = state.best_theta
        state.best_theta = None
