"""The score of a network on validation rows, in the course of a fit."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring

from sk_adaptive._core import engine
from sk_adaptive._sklearn import scorer_takes_weights
from sk_adaptive._training.state import Data

Score = Callable[[np.ndarray], float]


class Validator:
    """Loss and score of parameters on rows that are not trained on.

    Parameters
    ----------
    network : Network
        The network.
    data : Data
        The validation rows as the core takes them, wherever they lie.
    score : callable, default=None
        Score of parameters, greater is better; None is the negative of the loss.
    """

    def __init__(self, network: engine.Network, data: Data, score: Score | None = None) -> None:
        self.data, self._network, self._score = data, network, score

    def __call__(self, theta: np.ndarray) -> tuple[float, float]:
        """Return loss and score, greater is better."""
        loss = self.data.loss_and_grad(self._network, theta)
        return loss, -loss if self._score is None else self._score(theta)

    def check(self, theta: np.ndarray) -> None:
        """Score once, before training.

        Raises
        ------
        ValueError
            If the scorer cannot score the rows.
        """
        if self._score is not None and np.isnan(self._score(theta)):
            raise ValueError("scoring gives NaN for the validation rows")


def make_score(view: Any, X: Any, y: np.ndarray, weights: np.ndarray | None) -> Score | None:
    """Return the score that an estimator asks for, None for "loss".

    Parameters
    ----------
    view : BaseAdaptiveMLP
        A copy of the estimator with all that predicting needs but the parameters, which are set on it.
    X : ndarray, CSR matrix or None
        The validation rows as the core takes them; None if `view` knows what it predicts without them.
    y : ndarray
        Their targets as the user gave them.
    weights : ndarray or None
        Their weights.
    """
    if view.scoring == "loss":
        return None
    scorer = check_scoring(view, view.scoring)
    weighted = weights is not None and scorer_takes_weights(scorer)
    more: dict[str, Any] = {"sample_weight": weights} if weighted else {}

    def score(theta: np.ndarray) -> float:
        view.theta_ = theta
        try:
            value = scorer(view, X, y, **more)
        except Exception as error:
            raise ValueError(f"scoring cannot score the validation rows: {error}") from error
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value.item()
        if not isinstance(value, Real):
            raise ValueError(f"scoring must return a number, got {value!r}")
        return float(value)

    return score


def check_given(X_val: Any, y_val: Any, sample_weight_val: Any) -> None:
    """Refuse validation rows of which a part is missing.

    Raises
    ------
    ValueError
        If X_val and y_val are not given together, or weights without them.
    """
    if (X_val is None) != (y_val is None):
        raise ValueError("X_val and y_val must be given together")
    if sample_weight_val is not None and X_val is None:
        raise ValueError("sample_weight_val needs X_val and y_val")
