"""Warnings point at the user's line, however deep below it the fit is."""

import warnings
from itertools import count

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier

X, Y = load_iris(return_X_y=True)


CALLS = count(1)


def _interrupt(estimator, X, y):
    """A score that is interrupted at the third call of each fit: the first is before training."""
    if next(CALLS) % 3 == 0:
        raise KeyboardInterrupt
    return 0.0


QUICK = {"hidden_layer_sizes": (3,), "activation": "relu", "random_state": 0}
MODELS = {
    "max_iter": AdaptiveMLPClassifier(max_iter=1, learning_rate="constant", **QUICK),
    "lbfgs": AdaptiveMLPClassifier(solver="lbfgs", max_iter=1, **QUICK),
    "early_stopping": AdaptiveMLPClassifier(early_stopping=True, validation_fraction=0.01, **QUICK),
    "interrupt": AdaptiveMLPClassifier(early_stopping=True, validation_fraction=0.2, scoring=_interrupt, **QUICK),
}
WAYS = {
    "fit": lambda model: model.fit(X, Y),
    "Pipeline": lambda model: make_pipeline(StandardScaler(), model).fit(X, Y),
    "GridSearchCV": lambda model: GridSearchCV(model, {"alpha": [0.1]}, cv=2).fit(X, Y),
    "cross_validate": lambda model: cross_validate(model, X, Y, cv=2),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_warnings_point_at_the_users_line(model, way):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        way(model)
    assert caught
    assert {warning.filename for warning in caught} == {__file__}


def test_training_that_diverges_is_warned_of_where_fit_is_called():
    def rates(progress, steps):
        return np.where(steps < 20, 1.0, 1e30)

    model = AdaptiveMLPClassifier(learning_rate=rates, solver="sgd", batch_size=30, **QUICK)
    with pytest.warns(ConvergenceWarning, match="diverged") as caught:
        model.fit(X, Y)
    assert caught[0].filename == __file__
