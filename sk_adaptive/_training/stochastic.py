"""Training by epochs of minibatch steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice

import numpy as np

from sk_adaptive._core import engine
from sk_adaptive.solvers import StochasticSolver

from .pace import rates_by_epoch
from .state import Problem, State, Trainer
from .stopping import end_epoch, give_up, is_done, warn_of_early_end

MAX_SAFE_THETA = 1e3  # below this largest |theta| the loss is taken not to overflow


def make_trainer(problem: Problem, solver: StochasticSolver, state: State) -> Trainer:
    """Return the epoch loop, bound to data and state; another solver starts with new moments."""
    if state.moments is None or state.moments_of != solver.kernel:
        shape = (engine.SOLVER_BUFFERS[solver.kernel], state.theta.size)
        state.moments, state.moments_of = np.zeros(shape, dtype=state.theta.dtype), solver.kernel
        state.steps[0] = 0
    return problem.data.trainer(
        problem.network,
        state.theta,
        shuffle=problem.shuffle,
        solver=solver.kernel,
        constants=solver.constants,
        groups=problem.groups,
        state=state.moments,
        steps=state.steps,
        random=state.random,
        batch_size=problem.batch_size,
        max_norm=solver.max_grad_norm or 0.0,
        team=problem.team,
    )


def run_epochs(problem: Problem, solver: StochasticSolver, state: State, last_finite_theta: np.ndarray) -> None:
    """Train `state` epoch by epoch; `last_finite_theta` receives the parameters of each finite epoch."""
    if problem.held_back is not None:
        without = replace(problem, data=replace(problem.data, left_out=problem.held_back.rows))
        while n_epochs := problem.held_back.trial_epochs(problem.max_iter):
            rates = islice(rates_by_epoch(without, state), n_epochs)
            if not _train(without, solver, state, last_finite_theta, rates, problem.held_back.look):
                return
        n_epochs = problem.held_back.epochs(problem.max_iter)
        if n_epochs < problem.max_iter:
            problem.watch.log(f"The table is noisy: {n_epochs} epochs instead of {problem.max_iter}.")
        problem = replace(without if problem.held_back.to_the_end else problem, max_iter=n_epochs)
    if not _train(problem, solver, state, last_finite_theta, rates_by_epoch(problem, state)):
        return
    if problem.held_back is not None:
        problem.held_back.adjust(state.theta)
    if not problem.one_pass and problem.schedule.end != "planned" and state.epochs == problem.max_iter:
        warn_of_early_end(f"max_iter={problem.max_iter} reached")


def _train(
    problem: Problem,
    solver: StochasticSolver,
    state: State,
    last_finite_theta: np.ndarray,
    rates_of_epochs: Iterable[np.ndarray],
    look: Callable[[np.ndarray], None] | None = None,
) -> bool:
    """Train `state` for an epoch of each rates, and `look` at it after each; return whether none ended training."""
    trainer = make_trainer(problem, solver, state)
    for rates in rates_of_epochs:
        problem.watch.begin_epoch()
        loss = trainer.epoch(rates, problem.decay_factor(state))
        if not math.isfinite(loss) or _has_diverged(problem, state.theta, trainer.largest):
            give_up(state, last_finite_theta)
            return False
        end_epoch(problem, state, last_finite_theta, loss, rates.item(-1))
        if look is not None:
            look(state.theta)
        stop = problem.watch.end_epoch(state)
        if stop or is_done(problem, state):
            return False
    return True


def _has_diverged(problem: Problem, theta: np.ndarray, largest: float) -> bool:
    """Whether theta, or the loss at a theta so large that it may overflow, is not finite.

    An epoch's loss does not show what its last step has done.
    """
    if largest < MAX_SAFE_THETA:
        return False
    if not math.isfinite(largest):
        return True
    return not np.isfinite(problem.data.loss_and_grad(problem.network, theta))
