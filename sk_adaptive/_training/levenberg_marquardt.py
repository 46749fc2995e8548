"""Training by Levenberg-Marquardt, on all rows at once."""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from sk_adaptive.solvers import LevenbergMarquardt

from .full_batch import FullBatch
from .penalty import add_penalty
from .state import Problem, State

EPSILON = float(np.finfo(np.float64).eps)


class Damping:
    """The damping and its changes, by K. Madsen, H. B. Nielsen and O. Tingleff (2004), section 3.2.

    Parameters
    ----------
    start : float
        The damping at the start, divided by `curvature`.
    curvature : float
        The largest element on the diagonal of the curvature. It limits the damping: one far below is lost in rounding,
        and with one far above a step is.
    """

    def __init__(self, start: float, curvature: float) -> None:
        self.value, self._growth = start * curvature, 2.0
        self._least, self._most = EPSILON * curvature, curvature / EPSILON

    @property
    def is_spent(self) -> bool:
        """Whether it is so high that a step changes nothing."""
        return self.value >= self._most

    def after_success(self, gain: float) -> None:
        """Lower the damping, the more the nearer to 1 is the decrease of the loss over the decrease foreseen."""
        self.value = max(self._least, self.value * max(1 / 3, 1 - (2 * gain - 1) ** 3))
        self._growth = 2.0

    def after_failure(self) -> None:
        """Raise the damping, each time by a larger factor."""
        self.value *= self._growth
        self._growth *= 2


class Quadratic:
    """The loss with its penalties near a theta: its value, gradient and Gauss-Newton curvature.

    Parameters
    ----------
    problem : Problem
        The data, the network and the penalties.
    theta : ndarray of shape (n_theta,)
        Where to start.
    """

    def __init__(self, problem: Problem, theta: np.ndarray) -> None:
        self._problem, self._dtype = problem, theta.dtype
        self._equations = np.empty((theta.size + 1, theta.size))
        self.curvature, self.gradient = self._equations[:-1], self._equations[-1]
        self.move(theta.astype(np.float64))

    def move(self, theta: np.ndarray) -> None:
        """Compute value, gradient and curvature at a theta."""
        problem, here = self._problem, theta.astype(self._dtype)
        loss = problem.data.normal_equations(problem.network, here, self._equations, problem.team)
        self.theta, self.loss = theta, loss + add_penalty(problem.groups, here, self.gradient, self.curvature)

    def loss_at(self, theta: np.ndarray) -> float:
        """Return the value at another theta."""
        problem, there = self._problem, theta.astype(self._dtype)
        loss = problem.data.loss_and_grad(problem.network, there, None, problem.team)
        return loss + add_penalty(problem.groups, there)

    def step(self, damping: float) -> np.ndarray | None:
        """Return the damped step to the minimum; None where rounding hides that the curvature is not negative."""
        damped = np.array(self.curvature, order="F")
        np.einsum("ii->i", damped)[:] += damping
        try:
            factor = cho_factor(damped, overwrite_a=True, check_finite=False)
        except LinAlgError:
            return None
        step: np.ndarray = -cho_solve(factor, self.gradient, check_finite=False)
        return step


def minimize_squares(problem: Problem, solver: LevenbergMarquardt, state: State, last_finite_theta: np.ndarray) -> None:
    """Train `state` by Levenberg-Marquardt; `last_finite_theta` receives the parameters of each finite iteration."""
    solver.check_size(state.theta.size)
    run = FullBatch(problem, state, last_finite_theta)
    problem.watch.begin_epoch()
    here = Quadratic(problem, state.theta)
    damping, cause = Damping(solver.damping, float(here.curvature.diagonal().max())), None
    while np.isfinite(here.loss) and np.abs(here.gradient).max() > problem.tol:
        if state.epochs == problem.max_iter:
            cause = f"max_iter={run.max_iter} reached"
            break
        problem.watch.begin_epoch()
        before = here.loss
        if not _descend(here, damping) or run.end_iteration(here.theta, here.loss):
            break
        if before - here.loss <= run.ftol * max(before, here.loss, 1.0):
            break
    run.conclude(here.theta, here.loss, cause)


def _descend(here: Quadratic, damping: Damping) -> bool:
    """Move to where the loss is lower; return False if no step lowers it."""
    while not damping.is_spent:
        step = here.step(damping.value)
        if step is not None:
            decrease = here.loss - here.loss_at(here.theta + step)
            if decrease > 0:
                foreseen = 0.5 * float(step @ (damping.value * step - here.gradient))
                here.move(here.theta + step)
                damping.after_success(decrease / foreseen)
                return True
        damping.after_failure()
    return False
