"""scikit-learn's own checks, on every solver, activation, scope and precision."""

import os
import subprocess
import sys
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale
from sklearn.utils.estimator_checks import estimator_checks_generator
from solving import ESTIMATORS_AND_SOLVERS

import sk_adaptive
from sk_adaptive._data import rows
from sk_adaptive._estimators.base import BaseAdaptiveMLP
from sk_adaptive.activations import LEARNED

ESTIMATORS = [
    each
    for each in (getattr(sk_adaptive, name) for name in sk_adaptive.__all__)
    if isinstance(each, type) and issubclass(each, BaseAdaptiveMLP)
]
# Few epochs on few rows: neither convergence nor a validation set is to be expected.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:early_stopping"),
]
SMALL = {"hidden_layer_sizes": (10,), "n_members": 1, "learning_rate": "constant", "alpha": 1e-4}
QUICK = {
    "adam": {**SMALL, "max_iter": 40, "learning_rate_init": 0.05},
    # The unscaled columns of some checks overflow float32 in more than one step per epoch.
    "sgd": {**SMALL, "max_iter": 40, "learning_rate_init": 0.01, "batch_size": 128},
    # L-BFGS amplifies rounding: after more steps weighted rows and repeated rows differ by more than 1e-7.
    "lbfgs": {**SMALL, "max_iter": 10},
    "lm": {**SMALL, "max_iter": 10},
}


SCOPES = ("unit", "layer", "network")


def _variants(make, scopes):
    """Yield what is to pass of an estimator, by name: every solver it can have, and every family in the scopes."""
    solvers = [solver for estimator, solver in ESTIMATORS_AND_SOLVERS if issubclass(make, estimator)]
    for solver, early_stopping in product(solvers, [False, True]):
        yield solver + "-early_stopping" * early_stopping, {"solver": solver, "early_stopping": early_stopping}
    for family in LEARNED:
        yield f"{family}-lbfgs", {"activation": family, "solver": "lbfgs"}
    for family, scope in product(LEARNED, scopes):
        yield f"{family}-{scope}", {"activation": LEARNED[family](scope=scope)}
    yield "tanh", {"activation": "tanh"}
    yield "list", {"activation": ["spline", "relu"], "hidden_layer_sizes": (10, 5)}
    yield "ensemble", {"n_members": 3, "learn_scales": True}


def _grid(scopes=SCOPES, **size):
    """Return the estimators by name, first those with every default, but for their size where it is given."""
    quick = {
        f"{make.__name__}-{name}": make(**{**QUICK[own.get("solver", "adam")], **own})
        for make in ESTIMATORS
        for name, own in _variants(make, scopes)
    }
    return {**{f"{make.__name__}-defaults": make(**size) for make in ESTIMATORS}, **quick}


def _name(check):
    while isinstance(check, partial):
        check = check.func
    return check.__name__


def _checks(grid, left_out):
    """Return every check of every estimator that scikit-learn finds to apply."""
    return [
        pytest.param(estimator, check, id=f"{name}-{_name(check)}")
        for name, variant in grid.items()
        for estimator, check in estimator_checks_generator(variant)
        if _name(check) not in left_out
    ]


# Needs an environment variable that must be set before SciPy is imported: run in a process of its own, below.
ARRAY_API = {"check_array_api_input"}
TOO_FINE_FOR_FLOAT32 = {
    # Weighted and repeated rows are compared at rtol=1e-7; below, at what float32 can hold.
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
    # log_proba is compared with the logarithm of proba at atol=1e-9, where float32 probabilities end at 1 - 6e-8.
    "check_classifiers_train",
    "check_regressor_multioutput",  # predictions must be float64
}
FLOAT32_CHECKS = _checks(
    _grid(scopes=["layer"], hidden_layer_sizes=(32,), max_iter=50), ARRAY_API | TOO_FINE_FOR_FLOAT32
)


@pytest.mark.parametrize(("estimator", "check"), _checks(_grid(), ARRAY_API))
def test_sklearn_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("estimator", "check"), FLOAT32_CHECKS)
def test_sklearn_check_in_float32(estimator, check, monkeypatch):
    """Whatever is given, float32 is computed in."""
    monkeypatch.setattr(rows, "DTYPES", (np.float32,))
    check(estimator)


@pytest.mark.parametrize("estimator", _grid().values(), ids=_grid())
def test_float32_learns_and_weights_are_repetitions(estimator):
    """What the checks left out for float32 look at, at its precision."""
    X, y = load_iris(return_X_y=True)
    X = scale(X).astype(np.float32)[::7]
    y, weights = y[::7], np.arange(len(X)) % 4
    estimator = clone(estimator).set_params(random_state=0, early_stopping=False, dtype="float32")
    weighted = clone(estimator).fit(X, y, sample_weight=weights)
    repeated = clone(estimator).fit(X.repeat(weights, axis=0), y.repeat(weights))
    assert weighted.theta_.dtype == np.float32
    # L-BFGS amplifies rounding, most in parameters that hardly matter to what is predicted.
    predict = "predict_proba" if hasattr(estimator, "predict_proba") else "predict"
    predictions = (getattr(each, predict)(X) for each in (weighted, repeated))
    np.testing.assert_allclose(*predictions, rtol=0, atol=0.05)
    assert weighted.score(X, y) > 0.6


def _array_api_checks():
    return [check.values for check in _checks(_grid(), left_out=()) if _name(check.values[1]) in ARRAY_API]


def run_array_api_checks():
    """Return how many checks there were; a check that fails, or would be skipped, raises."""
    for estimator, check in _array_api_checks():
        check(estimator)
    return len(_array_api_checks())


def test_array_api_checks(tmp_path):
    """scikit-learn's array API check, which is skipped unless SciPy is told before its import."""
    code = "import test_common; print(test_common.run_array_api_checks())"
    environment = {
        **os.environ,
        "SCIPY_ARRAY_API": "1",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]),
    }
    command = [sys.executable, "-P", "-W", "ignore", "-c", code]
    run = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    # One an estimator, or none: scikit-learn before 1.7 checks only estimators that say they support other arrays.
    assert int(run.stdout) == len(_array_api_checks()) in (0, len(_grid()))
