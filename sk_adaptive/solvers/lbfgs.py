"""Limited-memory BFGS, by SciPy."""

from __future__ import annotations

from typing import ClassVar

from ._base import POSITIVE_INTEGER, FullBatchSolver


class LBFGS(FullBatchSolver):
    r"""L-BFGS-B of :func:`scipy.optimize.minimize`, on all rows at once.

    It minimises the mean loss plus the estimator's `alpha` times half the squared weights, divided by the rows' total
    weight, as scikit-learn does. Best for small data sets and smooth activations. It has no learning rate, batches or
    momentum; the estimator's parameters of those names are ignored. Dropout is not supported, because it changes the
    loss at each step: the estimator's `dropout` must be 0. The estimator's `tol` is its tolerance on the largest
    component of the gradient.

    Parameters
    ----------
    history_size : int, default=10
        Number of corrections that approximate the Hessian.
    max_fun : int, default=15000
        Largest number of evaluations of the loss.

    Examples
    --------
    >>> from sk_adaptive import AdaptiveMLPClassifier
    >>> from sk_adaptive.solvers import LBFGS
    >>> AdaptiveMLPClassifier(solver=LBFGS(history_size=20)).get_params()["solver__history_size"]
    20
    """

    algorithm = "lbfgs"
    _parameter_constraints: ClassVar[dict] = {"history_size": POSITIVE_INTEGER, "max_fun": POSITIVE_INTEGER}

    def __init__(self, history_size: int = 10, max_fun: int = 15000) -> None:
        self.history_size = history_size
        self.max_fun = max_fun
