"""Training by epochs of minibatch steps, and by L-BFGS: what moves, when it stops, what is kept."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning

from ._core import engine
from ._plan import Group
from ._stopping import Patience
from .schedules import SCHEDULES
from .solvers import LBFGS, StochasticSolver

SLOWEST_ADAPTIVE_RATE = 1e-6
NO_LIMIT = float("inf")


@dataclass(frozen=True)
class Data:
    """Rows as the core takes them: validated, C-contiguous or CSR, in the network's dtype."""

    X: Any
    targets: np.ndarray
    weights: np.ndarray | None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.X.shape[0])


@dataclass
class State:
    """Everything that training changes."""

    theta: np.ndarray
    random: np.ndarray  # (4,) uint64: state of the core's generator
    moments: np.ndarray | None = None  # (n_buffers, n_theta) of the solver
    steps: np.ndarray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    epochs: int = 0
    rate: float = 0.0  # the learning rate that "adaptive" has come down to
    patience: Patience | None = None
    best_theta: np.ndarray | None = None
    loss_curve: list[float] = field(default_factory=list)
    validation_loss_curve: list[float] = field(default_factory=list)
    validation_scores: list[float] = field(default_factory=list)
    learning_rate_curve: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Problem:
    """What is to be trained, and how: nothing here changes."""

    network: engine.Network
    data: Data
    groups: list[Group]
    max_iter: int
    tol: float
    n_iter_no_change: float
    batch_size: int
    shuffle: bool
    learning_rate: str
    learning_rate_init: float
    team: engine.Team
    # Validation loss and score (greater is better) of a theta; None without a validation set.
    validate: Callable[[np.ndarray], tuple[float, float]] | None
    # Told of each epoch's end; True stops.
    report: Callable[[State], bool]

    @property
    def n_batches(self) -> int:
        """Steps an epoch."""
        return -(-self.data.n_rows // self.batch_size)

    def rates(self, epoch: int, rate: float) -> np.ndarray:
        """Return the learning rate of each step of an epoch."""
        steps = np.arange(epoch * self.n_batches, (epoch + 1) * self.n_batches)
        return rate * SCHEDULES[self.learning_rate](steps / (self.n_batches * self.max_iter), steps)


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

    Warns
    -----
    ConvergenceWarning
        If `max_iter` is reached before progress stops, or training diverges.
    UserWarning
        If a KeyboardInterrupt stopped it; the last whole epoch is kept.
    """
    if isinstance(solver, LBFGS):
        _minimize(problem, solver, state)
    else:
        _run_epochs(problem, make_trainer(problem, solver, state), state)
    if state.best_theta is not None:
        state.theta[...] = state.best_theta


def make_trainer(problem: Problem, solver: StochasticSolver, state: State) -> engine.Trainer:
    """Bind the compiled epoch loop to the data and to what it changes."""
    data = problem.data
    if state.moments is None:
        shape = (engine.SOLVER_BUFFERS[solver.kernel], state.theta.size)
        state.moments = np.zeros(shape, dtype=state.theta.dtype)
    return engine.Trainer(
        problem.network,
        state.theta,
        data.X,
        data.targets,
        data.weights,
        solver=solver.kernel,
        constants=solver.constants,
        groups=problem.groups,
        state=state.moments,
        steps=state.steps,
        random=state.random,
        order=np.arange(data.n_rows) if problem.shuffle else None,
        batch_size=problem.batch_size,
        max_norm=solver.max_grad_norm or 0.0,
        team=problem.team,
    )


def _run_epochs(problem: Problem, trainer: engine.Trainer, state: State) -> None:
    good = state.theta.copy()
    rates = problem.rates(0, state.rate)
    varies = problem.learning_rate not in ("constant", "adaptive")
    for epoch in range(problem.max_iter):
        if varies:
            rates = problem.rates(epoch, state.rate)
        try:
            loss = trainer.epoch(rates)
            if not np.isfinite(loss) or not np.isfinite(state.theta).all():
                state.theta[...] = good
                _warn_of_divergence(state.epochs + 1)
                return
            good[...] = state.theta
            end_epoch(problem, state, loss, float(rates[-1]))
            if problem.report(state):
                return
        except KeyboardInterrupt:
            state.theta[...] = good
            warnings.warn(f"training interrupted: epoch {state.epochs} is kept", UserWarning, stacklevel=5)
            return
        if _is_done(problem, state):
            if problem.learning_rate != "adaptive" or state.rate <= SLOWEST_ADAPTIVE_RATE:
                return
            state.rate /= 5
            rates = problem.rates(epoch, state.rate)
            _patience(problem, state).waited = 0
    if np.isfinite(problem.n_iter_no_change):
        _warn_of_max_iter(problem.max_iter)


def end_epoch(problem: Problem, state: State, loss: float, rate: float) -> None:
    """Write down an epoch, and keep its theta if it validates best."""
    state.epochs += 1
    state.loss_curve.append(loss)
    state.learning_rate_curve.append(rate)
    if problem.validate is None:
        return
    validation_loss, score = problem.validate(state.theta)
    state.validation_loss_curve.append(validation_loss)
    state.validation_scores.append(score)
    if state.best_theta is None or score >= max(state.validation_scores):
        state.best_theta = state.theta.copy()


def _patience(problem: Problem, state: State) -> Patience:
    if state.patience is None:
        state.patience = Patience(problem.tol, problem.n_iter_no_change)
    return state.patience


def _is_done(problem: Problem, state: State) -> bool:
    current = state.loss_curve[-1] if problem.validate is None else -state.validation_scores[-1]
    return _patience(problem, state).is_exhausted_by(current)


def _minimize(problem: Problem, solver: LBFGS, state: State) -> None:
    data, dtype = problem.data, state.theta.dtype
    gradient = np.empty_like(state.theta)
    last = {"loss": np.inf}

    def objective(theta: np.ndarray) -> tuple[float, np.ndarray]:
        here = theta.astype(dtype)
        loss = problem.network.loss_and_grad(here, data.X, data.targets, data.weights, gradient, problem.team)
        last["loss"] = loss + add_penalty(problem.groups, here, gradient)
        return last["loss"], gradient.astype(np.float64)

    def after_iteration(intermediate_result: Any) -> None:
        state.theta[...] = intermediate_result.x
        end_epoch(problem, state, float(intermediate_result.fun), 0.0)
        stop = problem.report(state)
        if stop or (problem.validate is not None and _is_done(problem, state)):
            raise StopIteration

    try:
        result = minimize(
            objective,
            state.theta.astype(np.float64),
            jac=True,
            method="L-BFGS-B",
            callback=after_iteration,
            options={
                "maxiter": problem.max_iter,
                "maxfun": solver.max_fun,
                "maxcor": solver.memory,
                "gtol": problem.tol,
                "ftol": 64 * np.finfo(np.float64).eps,
            },
        )
    except KeyboardInterrupt:
        warnings.warn(f"training interrupted: iteration {state.epochs} is kept", UserWarning, stacklevel=5)
        return
    if not state.loss_curve:  # the start was a minimum
        end_epoch(problem, state, float(result.fun), 0.0)
    if not np.isfinite(last["loss"]):
        _warn_of_divergence(state.epochs + 1)
    elif result.status == 1:
        _warn_of_max_iter(problem.max_iter)


def add_penalty(groups: list[Group], theta: np.ndarray, gradient: np.ndarray) -> float:
    """Add the gradient of the penalties, clear that of frozen stretches, and return the penalties' value."""
    total = 0.0
    for group in groups:
        part = slice(group.begin, group.end)
        if group.rate_factor == 0:
            gradient[part] = 0
        elif group.decay > 0:
            away = theta[part] if group.anchor is None else theta[part] - group.anchor
            gradient[part] += group.decay * away
            total += 0.5 * group.decay * float(np.dot(away, away))
    return total


def _warn_of_divergence(epoch: int) -> None:
    warnings.warn(
        f"training diverged in epoch {epoch}: the epoch before is kept. Lower learning_rate_init, set max_grad_norm "
        f"on the solver, or scale the inputs.",
        ConvergenceWarning,
        stacklevel=6,
    )


def _warn_of_max_iter(max_iter: int) -> None:
    warnings.warn(
        f"max_iter={max_iter} reached before the stopping rule was met: training may not have converged.",
        ConvergenceWarning,
        stacklevel=6,
    )
