"""Stochastic gradient descent."""

from __future__ import annotations

from typing import ClassVar

from ._base import POSITIVE, UNIT_INTERVAL, StochasticSolver
from ._weight_decay import unscaled_alpha


class SGD(StochasticSolver):
    r"""Stochastic gradient descent with momentum.

    .. math:: v \leftarrow \mu v - \eta g, \qquad \theta \leftarrow \theta + v

    or with Nesterov's momentum :math:`\theta \leftarrow \theta + \mu v - \eta g`. The estimator's `alpha` decays
    weights independently of the gradient: :math:`\theta \leftarrow \theta - \eta \alpha \theta`.

    Parameters
    ----------
    momentum : float, default=0.9
        :math:`\mu`, in [0, 1).
    nesterov : bool, default=True
        Whether to use Nesterov's momentum; has no effect if momentum is 0.
    max_grad_norm : float, default=None
        Gradients whose Euclidean norm over all parameters is larger are scaled down to it. None does not clip.

    Examples
    --------
    >>> from sk_adaptive import AdaptiveMLPClassifier
    >>> from sk_adaptive.solvers import SGD
    >>> AdaptiveMLPClassifier(solver=SGD(momentum=0.5)).get_params()["solver__momentum"]
    0.5
    """

    kernel = "sgd"
    _parameter_constraints: ClassVar[dict] = {
        "momentum": UNIT_INTERVAL,
        "nesterov": ["boolean"],
        "max_grad_norm": [*POSITIVE, None],
    }

    def __init__(self, momentum: float = 0.9, nesterov: bool = True, max_grad_norm: float | None = None) -> None:
        self.momentum = momentum
        self.nesterov = nesterov
        self.max_grad_norm = max_grad_norm

    @property
    def constants(self) -> tuple[float, ...]:
        """Momentum, and 1 for Nesterov's momentum, else 0."""
        return (self.momentum, float(self.nesterov and self.momentum > 0))

    def automatic_penalty(self, n_rows: float, n_inputs: int, narrowest: int) -> float:
        """Return the penalty for `alpha="auto"`; see `Solver.automatic_penalty`."""
        return unscaled_alpha(n_rows)
