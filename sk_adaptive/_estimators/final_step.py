"""The network inside of a model."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from .base import BaseAdaptiveMLP


def network_of(model: BaseEstimator) -> BaseAdaptiveMLP | None:
    """Return the network at the end of a fitted model's pipelines, searches and transformed targets.

    Parameters
    ----------
    model : estimator
        A fitted model.

    Returns
    -------
    BaseAdaptiveMLP or None
        The network, None if the model ends in something else.
    """
    last: Any = model
    while last is not None and not isinstance(last, BaseAdaptiveMLP):
        if isinstance(last, Pipeline):
            last = last.steps[-1][1]
        else:
            last = getattr(last, "best_estimator_", None) or getattr(last, "regressor_", None)
    return last
