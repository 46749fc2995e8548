"""Training by L-BFGS, on all rows at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from sk_adaptive.solvers import LBFGS

from .full_batch import FullBatch
from .penalty import add_penalty
from .state import Problem, State


def minimize_loss(problem: Problem, solver: LBFGS, state: State, last_finite_theta: np.ndarray) -> None:
    """Train `state` by L-BFGS; `last_finite_theta` receives the parameters of each finite iteration."""
    dtype = state.theta.dtype
    gradient = np.empty_like(state.theta)
    last_loss = np.inf
    run = FullBatch(problem, state, last_finite_theta)

    def objective(theta: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal last_loss
        problem.watch.begin_epoch()
        here = theta.astype(dtype)
        loss = problem.data.loss_and_grad(problem.network, here, gradient, problem.team)
        last_loss = loss + add_penalty(problem.groups, here, gradient)
        return last_loss, gradient.astype(np.float64)

    def after_iteration(intermediate_result: Any) -> None:
        if run.end_iteration(intermediate_result.x, float(intermediate_result.fun)):
            raise StopIteration

    result = minimize(
        objective,
        state.theta.astype(np.float64),
        jac=True,
        method="L-BFGS-B",
        callback=after_iteration,
        options={
            "maxiter": run.max_iter,
            "maxfun": solver.max_fun,
            "maxcor": solver.history_size,
            "gtol": problem.tol,
            "ftol": run.ftol,
        },
    )
    reached = float(result.fun) if np.isfinite(last_loss) else last_loss
    run.conclude(result.x, reached, None if result.success else _cause(result, run.max_iter, solver.max_fun))


def _cause(result: OptimizeResult, max_iter: int, max_fun: int) -> str:
    """Return what ended L-BFGS, other than convergence."""
    if result.nit >= max_iter:
        return f"max_iter={max_iter} reached"
    if result.nfev > max_fun:
        return f"solver__max_fun={max_fun} reached"
    return f"L-BFGS ended abnormally ({result.message.rstrip(': ')})"
