"""Training by L-BFGS, on all rows at once."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from sk_adaptive._network.plan import Group
from sk_adaptive.solvers import LBFGS

from .state import Problem, State
from .stopping import TIME_IS_UP, end_epoch, give_up, is_done, warn_of_early_end

SCIPYS_FTOL = 2.2e-9  # relative decrease of the loss; near a minimum it is about the square of the gradient


def minimize_loss(problem: Problem, solver: LBFGS, state: State, last_finite_theta: np.ndarray) -> None:
    """Train `state` by L-BFGS; `last_finite_theta` receives the parameters of each finite iteration."""
    dtype = state.theta.dtype
    gradient = np.empty_like(state.theta)
    last_loss, stopped = np.inf, False
    max_iter = problem.max_iter - state.epochs

    def objective(theta: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal last_loss
        problem.watch.begin_epoch()
        here = theta.astype(dtype)
        loss = problem.data.loss_and_grad(problem.network, here, gradient, problem.team)
        last_loss = loss + add_penalty(problem.groups, here, gradient)
        return last_loss, gradient.astype(np.float64)

    def end_iteration(reached: Any) -> bool:
        state.theta[...] = reached.x
        end_epoch(problem, state, last_finite_theta, float(reached.fun), None)
        stop = problem.watch.end_epoch(state)
        return stop or (problem.validate is not None and is_done(problem, state))

    def after_iteration(intermediate_result: Any) -> None:
        nonlocal stopped
        stopped = end_iteration(intermediate_result)
        if not stopped and problem.deadline is not None and time.perf_counter() > problem.deadline:
            warn_of_early_end(TIME_IS_UP)
            stopped = True
        if stopped:
            raise StopIteration

    result = minimize(
        objective,
        state.theta.astype(np.float64),
        jac=True,
        method="L-BFGS-B",
        callback=after_iteration,
        options={
            "maxiter": max_iter,
            "maxfun": solver.max_fun,
            "maxcor": solver.history_size,
            "gtol": problem.tol,
            "ftol": min(problem.tol**2, SCIPYS_FTOL),
        },
    )
    if not np.isfinite(last_loss):
        give_up(state, last_finite_theta)
        return
    if not state.epochs:  # the start was a minimum, or no step lowered the loss
        end_iteration(result)
    if not (result.success or stopped):
        warn_of_early_end(_cause(result, max_iter, solver.max_fun))


def _cause(result: OptimizeResult, max_iter: int, max_fun: int) -> str:
    """Return what ended L-BFGS, other than convergence."""
    if result.nit >= max_iter:
        return f"max_iter={max_iter} reached"
    if result.nfev > max_fun:
        return f"solver__max_fun={max_fun} reached"
    return f"L-BFGS ended abnormally ({result.message.rstrip(': ')})"


def add_penalty(groups: list[Group], theta: np.ndarray, gradient: np.ndarray) -> float:
    """Add the gradient of the penalties, set that of frozen parameters to zero, and return the penalties' value."""
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
