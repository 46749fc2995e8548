"""Learning-rate schedules: a factor on `learning_rate_init` for each step.

A schedule takes two arrays of shape (n_steps,): `progress`, the part of all planned steps that is done, in [0, 1), and
`steps`, the number of steps taken. It returns an array of factors of that shape. :class:`Schedule` also says what the
end of training is: planned, open or adaptive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Factors = Callable[[np.ndarray, np.ndarray], np.ndarray]

INVSCALING_POWER = 0.5  # scikit-learn's default power_t
ONE_CYCLE_WARMUP, ONE_CYCLE_START, ONE_CYCLE_END = 0.3, 1 / 25, 1e-4


def constant(progress: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return 1 for every step; see `sk_adaptive.schedules`."""
    return np.ones_like(progress)


def invscaling(progress: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return 1 / sqrt(1 + steps); see `sk_adaptive.schedules`."""
    return (1.0 + steps) ** -INVSCALING_POWER


def cosine(progress: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return half a cosine from 1 to 0, arXiv:1608.03983; see `sk_adaptive.schedules`."""
    return (1 + np.cos(np.pi * progress)) / 2


def coslog4(progress: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return four cosine cycles, each twice as long as the last, arXiv:2407.04491; see `sk_adaptive.schedules`."""
    return (1 - np.cos(2 * np.pi * np.log2(1 + 15 * progress))) / 2


def one_cycle(progress: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return a cosine rise from 1/25 to 1 over 30 % of the steps, a cosine fall to 1e-4; see `sk_adaptive.schedules`.

    L. N. Smith and N. Topin, arXiv:1708.07120.
    """
    rise = np.minimum(progress / ONE_CYCLE_WARMUP, 1)
    fall = np.clip((progress - ONE_CYCLE_WARMUP) / (1 - ONE_CYCLE_WARMUP), 0, 1)
    start = np.where(progress < ONE_CYCLE_WARMUP, ONE_CYCLE_START, 1.0)
    end = np.where(progress < ONE_CYCLE_WARMUP, 1.0, ONE_CYCLE_END)
    part = np.where(progress < ONE_CYCLE_WARMUP, rise, fall)
    return start + (end - start) * (1 - np.cos(np.pi * part)) / 2


@dataclass(frozen=True)
class Schedule:
    """A learning-rate schedule and what it says about the end of training.

    Parameters
    ----------
    factors : callable
        Function of `progress` and `steps` that returns the factors; see `sk_adaptive.schedules`.
    end : {"planned", "open", "adaptive"}, default="planned"
        "planned": made for `max_iter` epochs; only a validation score ends training earlier. "open": training ends
        when the loss stops improving. "adaptive": the learning rate is then divided by 5, and training ends once it is
        1e-6 or less.
    """

    factors: Factors
    end: Literal["planned", "open", "adaptive"] = "planned"

    def __call__(self, progress: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Return the factors; see `sk_adaptive.schedules`."""
        return self.factors(progress, steps)


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule(constant, "open"),
    "invscaling": Schedule(invscaling, "open"),
    "adaptive": Schedule(constant, "adaptive"),
    "cosine": Schedule(cosine),
    "coslog4": Schedule(coslog4),
    "one_cycle": Schedule(one_cycle),
}


def resolve(schedule: str | Schedule | Factors) -> Schedule:
    """Return the schedule that a string or a function stands for.

    Parameters
    ----------
    schedule : str, Schedule or callable
        A key of SCHEDULES, an object, which is returned as it is, or a function, which counts as planned.

    Returns
    -------
    Schedule
        The schedule.
    """
    if isinstance(schedule, str):
        return SCHEDULES[schedule]
    return schedule if isinstance(schedule, Schedule) else Schedule(schedule)


__all__ = ["SCHEDULES", "Factors", "Schedule", "constant", "cosine", "coslog4", "invscaling", "one_cycle", "resolve"]
