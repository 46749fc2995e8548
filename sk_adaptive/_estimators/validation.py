"""The score of a network on validation rows, in the course of a fit."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring

from sk_adaptive._sklearn import scorer_takes_weights
from sk_adaptive._training.state import Data


class Validator:
    """Loss and score of parameters on rows that are not trained on.

    Parameters
    ----------
    view : BaseAdaptiveMLP
        A copy of the estimator with all that predicting needs but the parameters, which are set on it.
    data : Data
        The validation rows as the core takes them.
    y : ndarray
        Their targets as the user gave them.
    """

    def __init__(self, view: Any, data: Data, y: np.ndarray) -> None:
        self._network = view._network
        self._data = data
        self._score = None if view.scoring == "loss" else self._scorer(view, y)

    def __call__(self, theta: np.ndarray) -> tuple[float, float]:
        """Return loss and score, greater is better."""
        data = self._data
        loss = self._network.loss_and_grad(theta, data.X, data.targets, data.weights)
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

    def _scorer(self, view: Any, y: np.ndarray) -> Callable[[np.ndarray], float]:
        scorer = check_scoring(view, view.scoring)
        weighted = self._data.weights is not None and scorer_takes_weights(scorer)
        weights: dict[str, Any] = {"sample_weight": self._data.weights} if weighted else {}

        def score(theta: np.ndarray) -> float:
            view.theta_ = theta
            try:
                value = scorer(view, self._data.X, y, **weights)
            except Exception as error:
                raise ValueError(f"scoring cannot score the validation rows: {error}") from error
            if isinstance(value, np.ndarray) and value.ndim == 0:
                value = value.item()
            if not isinstance(value, Real):
                raise ValueError(f"scoring must return a number, got {value!r}")
            return float(value)

        return score
