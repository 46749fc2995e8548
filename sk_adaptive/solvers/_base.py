"""What a stochastic solver tells the core."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval

UNIT_INTERVAL = [Interval(Real, 0, 1, closed="left")]
NOT_NEGATIVE = [Interval(Real, 0, None, closed="left")]
POSITIVE = [Interval(Real, 0, None, closed="neither")]


class StochasticSolver(BaseEstimator):
    """Base class of the solvers whose steps are compiled."""

    kernel: ClassVar[str]  # name of the compiled step
    takes_dropout: ClassVar[bool] = True
    max_grad_norm: float | None

    @property
    def constants(self) -> tuple[float, ...]:
        """Numbers that the compiled step is given."""
        return ()
