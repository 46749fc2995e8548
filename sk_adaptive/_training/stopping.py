"""End of an epoch, patience, divergence."""

from __future__ import annotations

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sk_adaptive._warnings import warn

from .state import Problem, State

TIME_IS_UP = "max_time reached"
MIN_RATE_TO_CUT = 1e-6  # at or below it, training stops instead


def end_epoch(problem: Problem, state: State, last_finite_theta: np.ndarray, loss: float, rate: float | None) -> None:
    """Record an epoch, copy its parameters to `last_finite_theta`, and keep them if their validation score is best."""
    validated = None if problem.validate is None else problem.validate(state.theta)
    if last_finite_theta is not state.theta:
        last_finite_theta[...] = state.theta
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
        state.best_score = score
        if state.best_theta is None:
            state.best_theta = np.empty_like(state.theta)
        state.best_theta[...] = state.theta


def is_done(problem: Problem, state: State) -> bool:
    """Count the epoch towards patience, cut an adaptive rate, and return whether to stop.

    "adaptive" cuts the learning rate first. A single pass is never done. Without validation a planned schedule runs to
    its end: its training loss may fall only once its learning rate does.
    """
    validated = problem.validate is not None
    latest = -state.validation_scores[-1] if validated else state.loss_curve[-1]
    n_bad_epochs = state.patience.update(latest, problem.tol)
    if n_bad_epochs <= problem.n_iter_no_change or (problem.schedule.end == "planned" and not validated):
        return False
    if (
        problem.schedule.end == "adaptive"
        and state.learning_rate_curve
        and state.learning_rate_curve[-1] > MIN_RATE_TO_CUT
    ):
        state.cuts += 1
        state.patience.n_bad_epochs = 0
        return False
    if problem.one_pass:
        return False
    problem.watch.log(
        f"{'Validation score' if validated else 'Training loss'} did not improve more than tol={problem.tol:f} for "
        f"{problem.n_iter_no_change} consecutive epochs. Stopping."
    )
    return True


def give_up(state: State, last_finite_theta: np.ndarray) -> None:
    """Restore the last finite epoch of this call and warn; raise ValueError if there is none."""
    if not state.epochs:
        raise ValueError(
            "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
            "preprocessed. Otherwise lower learning_rate_init, or set max_grad_norm on the solver."
        )
    state.theta[...] = last_finite_theta
    warn(
        f"Training diverged in epoch {state.epochs + 1}: the epoch before is kept. Lower learning_rate_init, set "
        f"max_grad_norm on the solver, or scale the inputs.",
        ConvergenceWarning,
    )


def warn_of_early_end(cause: str) -> None:
    """Warn that training ended for another cause than its stopping rule."""
    warn(
        f"{cause} before the stopping rule was met: training may not have converged.",
        ConvergenceWarning,
    )
