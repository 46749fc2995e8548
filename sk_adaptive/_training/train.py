"""Training by epochs of minibatch steps, and by L-BFGS: what moves, when it stops, what is kept."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning

from sk_adaptive._core import engine
from sk_adaptive._network.plan import Group
from .stopping import Patience
from sk_adaptive.schedules import UNPLANNED, Schedule
from sk_adaptive.schedules import resolve as resolve_schedule
from sk_adaptive.solvers import LBFGS, StochasticSolver

SLOWEST_ADAPTIVE_RATE, ADAPTIVE_CUT = 1e-6, 5
STEPS_PLANNED_AT_A_TIME = 1024
LEAST_UNEXPLAINED = 0.2
LARGE = 1e3  # |theta| below it does not overflow
SCIPYS_FTOL = 2.2e-9  # relative decrease of the loss; near a minimum it is about the square of the gradient


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
    """Everything that training changes; what is not of one call alone is carried over when training goes on."""

    theta: np.ndarray
    random: np.ndarray  # (4,) uint64: state of the core's generator
    moments: np.ndarray | None = None  # (n_buffers, n_theta) of the solver
    moments_of: str | None = None  # the solver that the moments belong to
    steps: np.ndarray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    rows_seen: int = 0
    epochs: int = 0  # of this call
    passes: int = 0  # calls of one pass each since the last whole fit
    cuts: int = 0  # how often "adaptive" has cut the learning rate
    patience: Patience = field(default_factory=Patience)
    best_loss: float = np.inf
    best_theta: np.ndarray | None = None  # of this call, by validation score
    best_score: float = -np.inf
    loss_curve: list[float] = field(default_factory=list)
    validation_loss_curve: list[float] = field(default_factory=list)
    validation_scores: list[float] = field(default_factory=list)
    learning_rate_curve: list[float] = field(default_factory=list)

    def copy(self) -> State:
        """Return a state that can be trained without changing this one."""
        return State(**{name: copy.copy(value) for name, value in vars(self).items()})

    def begin_call(self, *, one_pass: bool, validated: bool) -> None:
        """Clear what belongs to one call; a whole fit also starts its schedule and its patience anew."""
        self.epochs, self.best_theta, self.best_score = 0, None, -np.inf
        if not validated:
            self.validation_loss_curve, self.validation_scores = [], []
        if not one_pass:
            self.passes, self.cuts, self.patience = 0, 0, Patience()


class Watcher(Protocol):
    """Is told of epochs, or iterations of L-BFGS."""

    def begin_epoch(self) -> None:
        """Take note that an epoch begins; during one it does nothing."""

    def end_epoch(self, state: State) -> bool:
        """Take note of an epoch's end; return whether to stop."""

    def say(self, line: str) -> None:
        """Print a line if the user wants to know."""


@dataclass(frozen=True)
class Problem:
    """What is to be trained, and how: nothing here changes."""

    network: engine.Network
    data: Data
    groups: list[Group]
    one_pass: bool  # one epoch only, which is one of the max_iter that the schedule is planned for
    max_iter: int
    tol: float
    n_iter_no_change: float
    batch_size: int
    shuffle: bool
    learning_rate: str | Schedule
    learning_rate_init: float
    team: engine.Team
    # Validation loss and score (greater is better) of a theta; None without a validation set.
    validate: Callable[[np.ndarray], tuple[float, float]] | None
    watch: Watcher
    ignorant_loss: float | None = None  # of a network whose outputs are all zero; None keeps the decay constant

    @property
    def n_batches(self) -> int:
        """Steps an epoch."""
        return -(-self.data.n_rows // self.batch_size)

    def rates(self, first: int, n_epochs: int, state: State) -> np.ndarray:
        """Return the learning rate of each step of some epochs to come, (n_epochs, n_batches).

        Single passes beyond `max_iter` repeat the schedule.
        """
        steps = np.arange(n_epochs * self.n_batches).reshape(n_epochs, -1)
        epochs = (state.passes + first + np.arange(n_epochs)[:, None]) % self.max_iter
        done = epochs * self.n_batches + steps[0]
        progress = done.ravel() / (self.n_batches * self.max_iter)
        factors = resolve_schedule(self.learning_rate)(progress, state.steps[0] + steps.ravel())
        rates = self.learning_rate_init / ADAPTIVE_CUT**state.cuts * np.asarray(factors, dtype=np.float64)
        return rates.reshape(steps.shape)

    def decay_factor(self, state: State) -> float:
        """Return the part of the loss that is not explained yet, the factor on the weights' decay.

        At least a fifth: a network that knows its training rows by heart has not found them free of noise.
        """
        if self.ignorant_loss is None or not state.loss_curve:
            return 1.0
        return min(1.0, max(LEAST_UNEXPLAINED, state.loss_curve[-1] / self.ignorant_loss))


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
        If `max_iter` is reached before progress stops, or training diverges after its first epoch.
    UserWarning
        If a KeyboardInterrupt stopped it; the last whole epoch is kept.
    """
    state.begin_call(one_pass=problem.one_pass, validated=problem.validate is not None)
    good = state.theta.copy()
    try:
        if isinstance(solver, LBFGS):
            _minimize(problem, solver, state, good)
        else:
            _run_epochs(problem, make_trainer(problem, solver, state), state, good)
    except KeyboardInterrupt:
        state.theta[...] = good
        message = f"Training interrupted by user: the model after {state.epochs} epochs is kept."
        warnings.warn(message, UserWarning, stacklevel=7)  # where fit is called
    state.passes += problem.one_pass
    if state.best_theta is not None:
        state.theta[...] = state.best_theta
        state.best_theta = None


def make_trainer(problem: Problem, solver: StochasticSolver, state: State) -> engine.Trainer:
    """Bind the compiled epoch loop to the data and to what it changes."""
    data = problem.data
    if state.moments is None or state.moments_of != solver.kernel:
        shape = (engine.SOLVER_BUFFERS[solver.kernel], state.theta.size)
        state.moments, state.moments_of = np.zeros(shape, dtype=state.theta.dtype), solver.kernel
        state.steps[0] = 0
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


def _run_epochs(problem: Problem, trainer: engine.Trainer, state: State, good: np.ndarray) -> None:
    for rates in _rates_by_epoch(problem, state):
        problem.watch.begin_epoch()
        loss = trainer.epoch(rates, problem.decay_factor(state))
        if not math.isfinite(loss) or _has_diverged(problem, state.theta, trainer.largest):
            _give_up(state, good)
            return
        end_epoch(problem, state, good, loss, rates.item(-1))
        stop = problem.watch.end_epoch(state)
        if stop or _is_done(problem, state):
            return
    if not problem.one_pass and problem.learning_rate in UNPLANNED:
        _warn_of_max_iter(problem.max_iter)


def _rates_by_epoch(problem: Problem, state: State) -> Iterator[np.ndarray]:
    """Yield the rates of each epoch's steps, computed for some epochs at a time: a tiny epoch is as quick as a few."""
    epoch, n_epochs = 0, 1 if problem.one_pass else problem.max_iter
    at_a_time = max(1, STEPS_PLANNED_AT_A_TIME // problem.n_batches)
    while epoch < n_epochs:
        cuts = state.cuts
        for rates in problem.rates(epoch, min(at_a_time, n_epochs - epoch), state):
            yield rates
            epoch += 1
            if state.cuts != cuts:
                break


def _has_diverged(problem: Problem, theta: np.ndarray, largest: float) -> bool:
    """Whether theta, or the loss at a theta so large that it may overflow, is not finite.

    An epoch's loss does not show what its last step has done.
    """
    if largest < LARGE:
        return False
    if not math.isfinite(largest):
        return True
    data = problem.data
    return not np.isfinite(problem.network.loss_and_grad(theta, data.X, data.targets, data.weights))


def end_epoch(problem: Problem, state: State, good: np.ndarray, loss: float, rate: float | None) -> None:
    """Write down an epoch, copy its theta to `good`, and keep it if it validates best."""
    validated = None if problem.validate is None else problem.validate(state.theta)
    good[...] = state.theta
    state.epochs += 1
    state.rows_seen += problem.data.n_rows
    state.loss_curve.append(loss)
    if loss < state.best_loss:
        state.best_loss = loss
    if rate is not None:
        state.learning_rate_curve.append(rate)
    if validated is None:
        return
    validation_loss, score = validated
    state.validation_loss_curve.append(validation_loss)
    state.validation_scores.append(score)
    if score >= state.best_score:
        state.best_theta, state.best_score = state.theta.copy(), score


def _is_done(problem: Problem, state: State) -> bool:
    """Return whether patience is exhausted.

    "adaptive" cuts the learning rate first. A single pass is never done. Nor is, without validation, a planned schedule
    before its end: its training loss may fall only once its learning rate does.
    """
    validated = problem.validate is not None
    waited = state.patience.wait(-state.validation_scores[-1] if validated else state.loss_curve[-1], problem.tol)
    if waited <= problem.n_iter_no_change or not (validated or problem.learning_rate in UNPLANNED):
        return False
    if problem.learning_rate == "adaptive" and state.learning_rate_curve[-1] > SLOWEST_ADAPTIVE_RATE:
        state.cuts += 1
        state.patience.waited = 0
        return False
    if problem.one_pass:
        return False
    problem.watch.say(
        f"{'Validation score' if validated else 'Training loss'} did not improve more than tol={problem.tol:f} for "
        f"{problem.n_iter_no_change} consecutive epochs. Stopping."
    )
    return True


def _minimize(problem: Problem, solver: LBFGS, state: State, good: np.ndarray) -> None:
    data, dtype = problem.data, state.theta.dtype
    gradient = np.empty_like(state.theta)
    last = {"loss": np.inf}

    def objective(theta: np.ndarray) -> tuple[float, np.ndarray]:
        problem.watch.begin_epoch()
        here = theta.astype(dtype)
        loss = problem.network.loss_and_grad(here, data.X, data.targets, data.weights, gradient, problem.team)
        last["loss"] = loss + add_penalty(problem.groups, here, gradient)
        return last["loss"], gradient.astype(np.float64)

    def end_iteration(reached: Any) -> bool:
        state.theta[...] = reached.x
        end_epoch(problem, state, good, float(reached.fun), None)
        stop = problem.watch.end_epoch(state)
        return stop or (problem.validate is not None and _is_done(problem, state))

    def after_iteration(intermediate_result: Any) -> None:
        if end_iteration(intermediate_result):
            raise StopIteration

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
            "ftol": min(problem.tol**2, SCIPYS_FTOL),
        },
    )
    if not np.isfinite(last["loss"]):
        _give_up(state, good)
    elif not state.epochs:  # the start was a minimum
        end_iteration(result)
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


def _give_up(state: State, good: np.ndarray) -> None:
    """Return to the last finite epoch of a training that diverged."""
    if not state.epochs:
        raise ValueError(
            "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
            "preprocessed. Otherwise lower learning_rate_init, or set max_grad_norm on the solver."
        )
    state.theta[...] = good
    warnings.warn(
        f"Training diverged in epoch {state.epochs + 1}: the epoch before is kept. Lower learning_rate_init, set "
        f"max_grad_norm on the solver, or scale the inputs.",
        ConvergenceWarning,
        stacklevel=9,
    )


def _warn_of_max_iter(max_iter: int) -> None:
    warnings.warn(
        f"max_iter={max_iter} reached before the stopping rule was met: training may not have converged.",
        ConvergenceWarning,
        stacklevel=9,
    )
