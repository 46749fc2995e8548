"""Reports of a running fit: the lines that `verbose` prints, and scikit-learn's callbacks (since 1.9)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sk_adaptive._sklearn import callback_context

from .state import State


class FitTask:
    """One fit: when it began, and its callbacks, one task with a subtask per epoch.

    Parameters
    ----------
    estimator : BaseAdaptiveMLP
        The estimator whose callbacks are called; without any, every method does nothing.
    X, y, sample_weight : object
        What `fit` was given.
    """

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any) -> None:
        self.began = time.perf_counter()
        self._epoch: Any = None
        n_epochs = None if estimator.max_iter == "auto" else estimator.max_iter
        self._context = callback_context(estimator, max_subtasks=n_epochs)
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        if self._context is not None:
            self._context.call_on_fit_task_begin(**self._given)

    @property
    def has_callbacks(self) -> bool:
        """Whether there are callbacks."""
        return self._context is not None

    def begin_epoch(self) -> None:
        """Begin the task of an epoch, unless one is running."""
        if self._context is not None and self._epoch is None:
            self._epoch = self._context.subcontext(task_name="epoch")
            self._epoch.call_on_fit_task_begin(**self._given)

    def end_epoch(self, results: Callable[[], dict] | None) -> bool:
        """End the task of the running epoch, with the fitted attributes as they are; return whether to stop."""
        if self._epoch is None:
            return False
        epoch, self._epoch = self._epoch, None
        return bool(epoch.call_on_fit_task_end(**self._given, reconstruction_attributes=results))

    def end(self) -> None:
        """End the task of the fit; an epoch that was interrupted ends without results."""
        self.end_epoch(None)
        if self._context is not None:
            self._context.call_on_fit_task_end(**self._given, reconstruction_attributes={})


class Watch:
    """Observer of epochs: prints, calls callbacks, and may stop training.

    Parameters
    ----------
    verbose : bool or int
        Whether to print one line per epoch.
    task : FitTask or None
        Callbacks to call as well.
    results : callable
        Computes the estimator's fitted attributes from a state.
    """

    def __init__(self, verbose: bool | int, task: FitTask | None, results: Callable[[State], dict]) -> None:
        self._verbose = verbose
        self._task = task if task is not None and task.has_callbacks else None
        self._results = results
        self._began = time.perf_counter()

    def begin_epoch(self) -> None:
        """Begin an epoch unless one is running: L-BFGS calls this at each evaluation."""
        if self._task is not None:
            self._task.begin_epoch()

    def end_epoch(self, state: State) -> bool:
        """End an epoch; return whether to stop."""
        if self._verbose:
            self.log(f"{_describe(state)}, {time.perf_counter() - self._began:.2f} s")
        return self._task is not None and self._task.end_epoch(lambda: self._results(state))

    def log(self, line: str) -> None:
        """Print a line if `verbose`."""
        if self._verbose:
            print(line)


def _describe(state: State) -> str:
    parts = [f"Iteration {state.epochs}, loss = {state.loss_curve[-1]:.8f}"]
    if state.validation_scores:
        parts.append(f"validation loss = {state.validation_loss_curve[-1]:.8f}")
        parts.append(f"validation score = {state.validation_scores[-1]:.6f}")
    if state.learning_rate_curve:
        parts.append(f"learning rate = {state.learning_rate_curve[-1]:.3g}")
    return ", ".join(parts)
