"""Adam with decoupled weight decay."""

from __future__ import annotations

from typing import ClassVar

from ._base import POSITIVE, UNIT_INTERVAL, StochasticSolver
from ._weight_decay import ridge_alpha


class Adam(StochasticSolver):
    r"""Adam, with weight decay decoupled from the gradient.

    Moments as in D. P. Kingma and J. Ba, arXiv:1412.6980, in the order of computation at the end of its section 2. The
    estimator's `alpha` decays weights as in I. Loshchilov and F. Hutter, arXiv:1711.05101:
    :math:`\theta \leftarrow \theta - \eta \alpha \theta`.

    Parameters
    ----------
    beta_1 : float, default=0.9
        Decay rate of the first moment, in [0, 1).
    beta_2 : float, default=0.95
        Decay rate of the second moment, in [0, 1). The paper has 0.999; on small tables, with few steps, 0.95
        trains better (arXiv:2407.04491).
    epsilon : float, default=1e-8
        Added to the root of the second moment.
    max_grad_norm : float, default=None
        Gradients whose Euclidean norm over all parameters is larger are scaled down to it. None does not clip.

    Examples
    --------
    >>> from sk_adaptive import AdaptiveMLPClassifier
    >>> from sk_adaptive.solvers import Adam
    >>> AdaptiveMLPClassifier(solver=Adam(beta_2=0.99)).get_params()["solver__beta_2"]
    0.99
    """

    kernel = "adam"
    decay_follows_loss = True
    _parameter_constraints: ClassVar[dict] = {
        "beta_1": UNIT_INTERVAL,
        "beta_2": UNIT_INTERVAL,
        "epsilon": POSITIVE,
        "max_grad_norm": [*POSITIVE, None],
    }

    def __init__(
        self,
        beta_1: float = 0.9,
        beta_2: float = 0.95,
        epsilon: float = 1e-8,
        max_grad_norm: float | None = None,
    ) -> None:
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.max_grad_norm = max_grad_norm

    @property
    def constants(self) -> tuple[float, ...]:
        """Both decay rates and epsilon."""
        return (self.beta_1, self.beta_2, self.epsilon)

    def automatic_penalty(self, n_rows: float, n_inputs: int, narrowest: int) -> float:
        """Return the penalty for `alpha="auto"`; see `Solver.automatic_penalty`."""
        return ridge_alpha(n_rows, n_inputs, narrowest)
