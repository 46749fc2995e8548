"""Rows for tests on a cluster, and what they are compared with."""

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
from sklearn.base import clone

N = 240
NETWORK = {"hidden_layer_sizes": (5,), "activation": "tanh", "random_state": 0}
SOLVERS = {"adam": {"max_iter": 20}, "sgd": {"max_iter": 3}, "lbfgs": {"max_iter": 12}}
TOLERANCES = {"adam": 1e-6, "sgd": 1e-6, "lbfgs": 1e-8}


def make_table() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return a table with categories and missing values, numbers to predict, and weights."""
    random = np.random.RandomState(0)
    X = random.normal(size=(N, 4)) * [1, 20, 3, 0.1] + [0, 50, -3, 0]
    X[random.uniform(size=X.shape) < 0.05] = np.nan
    table = pd.DataFrame(X, columns=list("abcd"))
    table["kind"] = pd.Categorical(random.choice(["u", "v", "w", None], N))
    table["text"] = random.choice(["red", "green", "blue"], N)
    y = np.nan_to_num(X[:, 0]) + (table["text"] == "red") - (table["kind"] == "u")
    return table, y.to_numpy(), random.randint(0, 3, N).astype(float)


TABLE, Y, WEIGHTS = make_table()
X = TABLE[list("abcd")].to_numpy()
CLASSES = np.array(["low", "mid", "top"])[np.digitize(Y, [-0.5, 0.5])]


def arrays(size: int | tuple, *given: np.ndarray) -> list[da.Array]:
    """Return arrays in chunks of some rows."""
    return [da.from_array(each, chunks=(size, *each.shape[1:])) for each in given]


def frames(n: int, *given: np.ndarray | pd.DataFrame) -> list:
    """Return dataframes and series in partitions."""
    each = (one if isinstance(one, pd.DataFrame) else pd.Series(one) for one in given)
    return [dd.from_pandas(one, npartitions=n) for one in each]


def assert_same(model, whole, rtol=1e-8) -> None:
    """Assert that a fit on a cluster is one on one machine."""
    np.testing.assert_allclose(model.theta_, whole.theta_, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(model.loss_curve_, whole.loss_curve_, rtol=rtol)
    assert (model.n_iter_, model.t_, model.n_features_in_) == (whole.n_iter_, whole.t_, whole.n_features_in_)


def fit_local(model, *given, **more):
    """Return a fit of the same parameters on this machine."""
    return clone(model).to_local().fit(*given, **more)
