"""The normal equations of a sum of squares: what a Gauss-Newton step is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sk_adaptive._core import engine

if TYPE_CHECKING:
    from .state import Data

BLOCK_BYTES = 16 << 20  # of the Jacobian of the rows that are taken at a time


def mean_normal_equations(
    network: engine.Network, theta: np.ndarray, data: Data, equations: np.ndarray, team: engine.Team | None = None
) -> float:
    """Return the mean of half the squared error, and write its gradient and Gauss-Newton curvature.

    Parameters
    ----------
    network : Network
        The network.
    theta : ndarray of shape (n_theta,)
        Its parameters.
    data : Data
        The rows.
    equations : ndarray of shape (n_theta + 1, n_theta), float64
        Receives J'J and, in its last row, J'r, both divided by the total weight; J is the Jacobian of the residuals r.
    team : Team, default=None
        Threads to use.

    Returns
    -------
    float
        The mean over the rows and members, summed over outputs.
    """
    equations[...] = loss = 0.0
    n_outputs = network.n_members * data.targets.shape[1]
    n_rows = max(1, BLOCK_BYTES // (8 * n_outputs * theta.size))
    for first in range(0, data.n_rows, n_rows):
        rows = slice(first, first + n_rows)
        outputs, jacobian = network.jacobian(theta, data.X[rows], team)
        residuals = (outputs - data.targets[rows, None]).astype(np.float64).reshape(-1, n_outputs)
        jacobian = jacobian.astype(np.float64, copy=False).reshape(*residuals.shape, -1)
        if data.weights is not None:
            root = np.sqrt(data.weights[rows], dtype=np.float64)[:, None]
            residuals *= root
            jacobian *= root[..., None]
        flat = jacobian.reshape(residuals.size, -1)
        with np.errstate(over="ignore", invalid="ignore"):  # where theta is so large, the caller sees it by the loss
            equations[:-1] += flat.T @ flat
            equations[-1] += residuals.ravel() @ flat
            loss += 0.5 * float(np.vdot(residuals, residuals))
    total = data.total_weight * network.n_members
    equations /= total
    return loss / total
