"""Training of a network: the solver's algorithm, interruption, the parameters that are kept."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sk_adaptive.solvers import LBFGS, StochasticSolver

from .lbfgs import minimize_loss
from .state import Problem, State
from .stochastic import make_trainer, run_epochs

ROWS_LOOKED_AT = 1000
CONSTANT = 1e-2  # standard deviation of raw outputs, y being standardised


def train(problem: Problem, solver: StochasticSolver | LBFGS, state: State) -> None:
    """Train `state` in place; it ends with the best theta that the stopping rule knows of.

    Parameters
    ----------
    problem : Problem
        What to train.
    solver : StochasticSolver or LBFGS
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
        If `max_iter` is reached before progress stops, training diverges after its first epoch, or the network ends
        with the same output for every row.
    UserWarning
        If a KeyboardInterrupt stopped it; the last whole epoch is kept.
    """
    state.begin_call(one_pass=problem.one_pass, validated=problem.validate is not None)
    good = state.theta.copy()
    try:
        if isinstance(solver, LBFGS):
            minimize_loss(problem, solver, state, good)
        else:
            run_epochs(problem, make_trainer(problem, solver, state), state, good)
    except KeyboardInterrupt:
        state.theta[...] = good
        message = f"Training interrupted by user: the model after {state.epochs} epochs is kept."
        warnings.warn(message, UserWarning, stacklevel=7)  # where fit is called
    state.passes += problem.one_pass
    if state.best_theta is not None:
        state.theta[...] = state.best_theta
        state.best_theta = None
    if not problem.one_pass:
        _warn_if_constant(problem, state.theta)


def _warn_if_constant(problem: Problem, theta: np.ndarray) -> None:
    """Warn if the network does not tell rows apart though y does: its loss is that of a constant."""
    X = problem.data.X
    if problem.ignorant_loss is None or X.shape[0] < 2:
        return
    outputs = problem.network.forward(theta, X[:: -(-X.shape[0] // ROWS_LOOKED_AT)], problem.team)
    with np.errstate(over="ignore", invalid="ignore"):  # large outputs are not constant
        constant = np.all(outputs.mean(axis=0).std(axis=0) < CONSTANT)
    if constant:
        warnings.warn(
            "The network predicts the same for every row: its loss is that of a constant. If the columns are not "
            "standardised, put a StandardScaler in front; otherwise set alpha to a smaller number (such as 0), raise "
            "max_iter, or change learning_rate_init. Columns that say nothing about y end like this as well.",
            ConvergenceWarning,
            stacklevel=8,
        )
