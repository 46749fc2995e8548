"""The base classes of solvers."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar, Literal

from sklearn.base import BaseEstimator

from sk_adaptive._sklearn import Interval

UNIT_INTERVAL = [Interval(Real, 0, 1, closed="left")]
POSITIVE = [Interval(Real, 0, None, closed="neither")]


class Solver(BaseEstimator):
    """Base class of solvers: an algorithm, and what it means for rows and penalties."""

    algorithm: ClassVar[Literal["epochs", "lbfgs"]]
    in_batches: ClassVar[bool]  # whether a step reads some of the rows; `partial_fit` needs it
    _parameter_constraints: ClassVar[dict] = {}


class StochasticSolver(Solver):
    """Base class of solvers that step over minibatches."""

    algorithm = "epochs"
    in_batches = True
    kernel: ClassVar[str]  # name of the compiled step
    max_grad_norm: float | None

    @property
    def constants(self) -> tuple[float, ...]:
        """Numbers that the compiled step is given."""
        return ()
