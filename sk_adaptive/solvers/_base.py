"""Base classes of solvers."""

from __future__ import annotations

from numbers import Integral, Real
from typing import ClassVar, Literal

from sklearn.base import BaseEstimator

from sk_adaptive._sklearn import Interval
from sk_adaptive.losses import Loss

from ._weight_decay import unscaled_alpha

UNIT_INTERVAL = [Interval(Real, 0, 1, closed="left")]
POSITIVE = [Interval(Real, 0, None, closed="neither")]
POSITIVE_INTEGER = [Interval(Integral, 1, None, closed="left")]


class Solver(BaseEstimator):
    """Base class of solvers."""

    algorithm: ClassVar[Literal["epochs", "lbfgs", "levenberg_marquardt"]]
    in_batches: ClassVar[bool]  # whether a step uses a batch of rows; `partial_fit` needs it
    needs_float64: ClassVar[bool] = False  # whether `dtype="auto"` is float64 for rows of float32 as well
    decay_follows_loss: ClassVar[bool] = False  # whether `alpha="auto"` changes during training
    _parameter_constraints: ClassVar[dict] = {}

    def check_loss(self, loss: Loss) -> None:
        """Raise an error if the solver cannot minimise a loss.

        Parameters
        ----------
        loss : Loss
            The loss of the network.

        Raises
        ------
        ValueError
            If it cannot; every loss is allowed unless a solver defines it otherwise.
        """

    def penalty(self, alpha: float, total_weight: float) -> float:
        """Return the factor of the weight penalty, for a loss that is a mean over rows.

        Parameters
        ----------
        alpha : float
            The estimator's parameter, as a number.
        total_weight : float
            Total sample weight; the number of rows if there are no weights.

        Returns
        -------
        float
            `alpha`, unless a solver defines it otherwise.
        """
        return alpha

    def automatic_penalty(self, n_rows: float, n_inputs: int, narrowest: int) -> float:
        """Return the factor of the weight penalty for `alpha="auto"`, for a loss that is a mean over rows.

        Parameters
        ----------
        n_rows : float
            Number of rows, or their total weight if that is larger.
        n_inputs : int
            Inputs of the network: columns of numbers, levels of categories, indicators of missing numbers.
        narrowest : int
            Units of the narrowest hidden layer.

        Returns
        -------
        float
            The factor at the start of training.
        """
        raise TypeError(f"{type(self).__name__} must define automatic_penalty")


class StochasticSolver(Solver):
    """Base class of solvers that step over minibatches."""

    algorithm = "epochs"
    in_batches = True
    kernel: ClassVar[str]  # name of the compiled step
    max_grad_norm: float | None

    @property
    def constants(self) -> tuple[float, ...]:
        """Constants of the compiled step."""
        return ()


class FullBatchSolver(Solver):
    """Base class of solvers that use all rows at each iteration."""

    in_batches = False

    def penalty(self, alpha: float, total_weight: float) -> float:
        """Return alpha divided by the total weight of the rows, as in scikit-learn; see `Solver.penalty`."""
        return alpha / total_weight

    def automatic_penalty(self, n_rows: float, n_inputs: int, narrowest: int) -> float:
        """Return the penalty for `alpha="auto"`; see `Solver.automatic_penalty`."""
        return unscaled_alpha(n_rows)
