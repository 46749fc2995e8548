"""Levenberg-Marquardt: damped Gauss-Newton steps for sums of squares."""

from __future__ import annotations

from typing import ClassVar

from sk_adaptive.losses import Loss

from ._base import POSITIVE, POSITIVE_INTEGER, FullBatchSolver


class LevenbergMarquardt(FullBatchSolver):
    r"""Levenberg-Marquardt, on all rows at once, for `loss="squared_error"` and small networks.

    The most accurate solver for smooth functions without noise. Where :class:`~sk_adaptive.solvers.LBFGS` has the
    gradient alone, it has the residuals :math:`r` of all rows and their Jacobian :math:`J`, and each iteration solves

    .. math:: (J^\top J + \mu I) \, \Delta\theta = -J^\top r

    by a Cholesky factorisation [1]_, [2]_. The step is taken if the loss falls. The damping :math:`\mu` is lowered, the
    more the better the step was foreseen, by the rule of Nielsen [3]_; if the loss does not fall, :math:`\mu` is raised
    until it does. Penalties are further residuals.

    What is minimised, and the meaning of `alpha`, `tol` and `max_iter`, are as for
    :class:`~sk_adaptive.solvers.LBFGS`; the same parameters are ignored, and `dropout` must be 0. Losses other than
    "squared_error", those of the classifier among them, are errors. For P parameters of the network the solver needs
    memory for 4 P\ :sup:`2` numbers, and an iteration a time that grows with P\ :sup:`2` times the rows, and with
    P\ :sup:`3`. With ``dtype="auto"`` the network has float64.

    Parameters
    ----------
    damping : float, default=1e-3
        The damping at the start, divided by the largest element of the diagonal of :math:`J^\top J`.
    max_parameters : int, default=5000
        Networks with more parameters are errors. 5000 need 0.8 GB.

    References
    ----------
    .. [1] K. Levenberg, "A method for the solution of certain non-linear problems in least squares", Quarterly of
       Applied Mathematics 2 (1944), 164-168.
    .. [2] D. W. Marquardt, "An algorithm for least-squares estimation of nonlinear parameters", Journal of the Society
       for Industrial and Applied Mathematics 11 (1963), 431-441.
    .. [3] K. Madsen, H. B. Nielsen and O. Tingleff, "Methods for non-linear least squares problems", 2nd edition,
       Technical University of Denmark (2004), section 3.2.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_adaptive import AdaptiveMLPRegressor
    >>> from sk_adaptive.solvers import LevenbergMarquardt
    >>> X = np.linspace(0, 3, 50)[:, None]
    >>> network = {"hidden_layer_sizes": 8, "activation": "tanh", "alpha": 0, "random_state": 0}
    >>> model = AdaptiveMLPRegressor(solver=LevenbergMarquardt(), tol=1e-6, max_iter=500, **network)
    >>> bool(np.abs(model.fit(X, np.sin(X[:, 0])).predict(X) - np.sin(X[:, 0])).max() < 2e-5)
    True
    """

    algorithm = "levenberg_marquardt"
    needs_float64 = True
    _parameter_constraints: ClassVar[dict] = {"damping": POSITIVE, "max_parameters": POSITIVE_INTEGER}

    def __init__(self, damping: float = 1e-3, max_parameters: int = 5000) -> None:
        self.damping = damping
        self.max_parameters = max_parameters

    def check_loss(self, loss: Loss) -> None:
        """Refuse a loss that is not half the squared error; see `Solver.check_loss`."""
        if not loss.is_half_squared:
            raise ValueError(
                f"solver='lm' minimises sums of squares, loss='squared_error' of the regressor: {loss!r} is none; use "
                "another solver, such as 'lbfgs'"
            )

    def check_size(self, n_parameters: int) -> None:
        """Refuse a network that is too large.

        Parameters
        ----------
        n_parameters : int
            Parameters of the network.

        Raises
        ------
        ValueError
            If there are more than `max_parameters`.
        """
        if n_parameters > self.max_parameters:
            raise ValueError(
                f"solver='lm' is for small networks: this one has {n_parameters} parameters, more than "
                f"solver__max_parameters={self.max_parameters}. Choose smaller hidden_layer_sizes, n_members=1 and "
                "n_bins=0, or solver='lbfgs'"
            )
