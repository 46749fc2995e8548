"""Scores of a fitted model."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_classifier


def measure(model: BaseEstimator, X: Any, y: Any) -> dict[str, float]:
    """Return a fitted model's scores on some rows, by name.

    For classes: cross-entropy in nats, accuracy and macro F1. For numbers: root mean squared error, mean absolute error
    and R^2.
    """
    from sklearn import metrics

    predicted = model.predict(X)
    if not is_classifier(model):
        return {
            "RMSE": metrics.root_mean_squared_error(y, predicted),
            "MAE": metrics.mean_absolute_error(y, predicted),
            "R2": metrics.r2_score(y, predicted),
        }
    known = set(model.classes_.tolist())
    unknown = [label for label in np.unique(y).tolist() if label not in known]
    if unknown:
        raise ValueError(f"the target has a class that the model does not know: {unknown[0]!r}")
    return {
        "loss": metrics.log_loss(y, model.predict_proba(X), labels=model.classes_),
        "accuracy": metrics.accuracy_score(y, predicted),
        "F1 (macro)": metrics.f1_score(y, predicted, average="macro"),
    }


def text(scores: dict[str, dict[str, float]]) -> str:
    """Return the lines of a table, one line per score, one column per set of rows."""
    names = list(next(iter(scores.values())))
    head = " " * 12 + "".join(f"{which:>12}" for which in scores)
    return "\n".join(
        [head, *(f"{name:<12}" + "".join(f"{row[name]:>12.4f}" for row in scores.values()) for name in names)]
    )
