"""Validation on rows in parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from sk_adaptive._core import engine
from sk_adaptive._training.state import Data


class PartedValidator:
    """The loss of parameters on validation rows, whose negative is the score.

    Parameters
    ----------
    data : Data
        The validation rows.
    network : Network
        The network.
    """

    def __init__(self, data: Data, network: engine.Network) -> None:
        self._data, self._network = data, network

    def __call__(self, theta: np.ndarray) -> tuple[float, float]:
        """Return loss and score, greater is better."""
        loss = self._data.loss_and_grad(self._network, theta)
        return loss, -loss


def check_scoring(scoring: Any) -> None:
    """Refuse scorers: they need the predictions for all validation rows in one place.

    Raises
    ------
    ValueError
        If `scoring` is not "loss".
    """
    if scoring != "loss":
        raise ValueError(f"scoring must be 'loss' where rows come in parts, got {scoring!r}")
