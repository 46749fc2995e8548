"""Which part of the learning-rate schedule each epoch takes, so that it ends with the epochs, or with the time."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from .state import Problem, State
from .stopping import TIME_IS_UP, warn_of_early_end

STEPS_PLANNED_AT_A_TIME = 1024


def rates_by_epoch(problem: Problem, state: State) -> Iterator[np.ndarray]:
    """Yield the rates of each epoch's steps until the epochs or the time are over.

    Parameters
    ----------
    problem : Problem
        The settings of the run.
    state : State
        Its state, which changes between two epochs.

    Yields
    ------
    ndarray of shape (n_batches,)
        The rates of an epoch.
    """
    if problem.deadline is None or problem.one_pass:
        yield from _by_number(problem, state)
    else:
        yield from _by_time(problem, state, problem.deadline)


def _by_number(problem: Problem, state: State) -> Iterator[np.ndarray]:
    """Yield the rates of `max_iter` epochs, planned for some at a time: one call costs as much as many.

    Single passes beyond `max_iter` repeat the schedule.
    """
    n_batches, n_epochs = problem.n_batches, 1 if problem.one_pass else problem.max_iter
    at_a_time, epoch = max(1, STEPS_PLANNED_AT_A_TIME // n_batches), state.epochs
    while epoch < n_epochs:
        cuts = state.cuts
        planned = (state.passes + np.arange(epoch, min(epoch + at_a_time, n_epochs))) % problem.max_iter
        done = planned[:, None] * n_batches + np.arange(n_batches)
        for rates in problem.rates(done / (n_batches * problem.max_iter), state):
            yield rates
            epoch += 1
            if state.cuts != cuts:
                break


def _by_time(problem: Problem, state: State, deadline: float) -> Iterator[np.ndarray]:
    """Yield the rates of `max_iter` epochs, or of as many as the time allows at the pace of the epochs so far."""
    began, first, progress = time.perf_counter(), state.epochs, state.epochs / problem.max_iter
    while state.epochs < problem.max_iter:
        n_left, ran = problem.max_iter - state.epochs, state.epochs - first
        if ran:
            now = time.perf_counter()
            n_left = min(n_left, int((deadline - now) * ran / (now - began)))
        if n_left < 1:
            warn_of_early_end(TIME_IS_UP)
            return
        step = (1 - progress) / n_left
        yield problem.rates(progress + step * np.arange(problem.n_batches)[None] / problem.n_batches, state)[0]
        if n_left == 1:
            return
        progress += step
