"""The penalties of weights and activation parameters, for solvers that use all rows at once."""

from __future__ import annotations

import numpy as np

from sk_adaptive._network.plan import Group


def add_penalty(
    groups: list[Group],
    theta: np.ndarray,
    gradient: np.ndarray | None = None,
    curvature: np.ndarray | None = None,
) -> float:
    """Return the value of the penalties, and add their derivatives; those of frozen parameters become zero.

    Parameters
    ----------
    groups : list of Group
        Which parameters are pulled where, and which are frozen.
    theta : ndarray of shape (n_theta,)
        Parameters.
    gradient : ndarray of shape (n_theta,), default=None
        First derivatives to add to.
    curvature : ndarray of shape (n_theta, n_theta), default=None
        Second derivatives to add to.

    Returns
    -------
    float
        The value.
    """
    total = 0.0
    for group in groups:
        part = slice(group.begin, group.end)
        if group.rate_factor == 0:
            if gradient is not None:
                gradient[part] = 0
            if curvature is not None:
                curvature[part] = curvature[:, part] = 0
        elif group.decay > 0:
            away = theta[part] if group.anchor is None else theta[part] - group.anchor
            total += 0.5 * group.decay * float(np.dot(away, away))
            if gradient is not None:
                gradient[part] += group.decay * away
            if curvature is not None:
                np.einsum("ii->i", curvature)[part] += group.decay  # a view of the diagonal
    return total
