"""Inspection of networks that read tables as they are: categories, missing numbers, means that have moved."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.inspection import ActivationDisplay, activation_report, record_activations, simplify, symbolic

mpl.use("agg")
N = 150
SHORT = {"hidden_layer_sizes": (6, 4), "max_iter": 10, "random_state": 0}


def _table() -> pd.DataFrame:
    random = np.random.RandomState(0)
    return pd.DataFrame(
        {
            "size": np.where(np.arange(N) % 11 == 3, np.nan, random.normal(70, 20, N)),
            "town": random.choice(["Oslo", "Paris", "Rome", None], N).astype(object),
        }
    )


TABLE = _table()
Y = (TABLE["town"] == "Rome").to_numpy(int) + (TABLE["size"] > 70).to_numpy(int)


@pytest.mark.parametrize("n_members", [1, 3])
def test_simplify(n_members):
    model = AdaptiveMLPClassifier(activation=["identity", "tanh"], n_members=n_members, **SHORT).fit(TABLE, Y)
    simpler = simplify(model, TABLE)
    assert simpler.simplification_.layers == [0]
    np.testing.assert_allclose(simpler.predict_proba(TABLE), model.predict_proba(TABLE), atol=1e-6)
    unseen = TABLE.assign(town="Bergen", size=np.nan)
    np.testing.assert_allclose(simpler.predict_proba(unseen), model.predict_proba(unseen), atol=1e-6)
    assert simpler.input_names_.tolist() == model.input_names_.tolist()


@pytest.mark.parametrize("activation", [["identity", "tanh"], ["tanh", "identity"], ["identity", "identity"]], ids=str)
@pytest.mark.parametrize("n_members", [1, 3])
def test_simplify_keeps_what_means_that_moved_have_added(activation, n_members):
    model = AdaptiveMLPRegressor(activation=activation, n_members=n_members, learn_scales=True, **SHORT)
    for moved in (0, 50):
        model.partial_fit(TABLE.assign(size=TABLE["size"] + moved), Y)
    assert model._plan.inputs.shift is not None
    simpler = simplify(model, TABLE)
    assert len(simpler.simplification_.layers) == activation.count("identity")
    np.testing.assert_allclose(simpler.predict(TABLE), model.predict(TABLE), atol=1e-5)


def test_simplify_drops_units_of_a_layer_whose_means_moved():
    model = AdaptiveMLPRegressor("squared_error", (6,), "tanh", n_members=1, random_state=0)
    for moved in (0, 50):
        model.partial_fit(TABLE.assign(size=TABLE["size"] + moved), Y)
    model.coefs_[0][:, 2:] *= 1e-4  # linear units: two numbers and a constant span them
    simpler = simplify(model, TABLE)
    assert simpler.simplification_.units[0] > 0
    np.testing.assert_allclose(simpler.predict(TABLE), model.predict(TABLE), atol=0.05)


def test_report():
    model = AdaptiveMLPClassifier(activation="spline", **SHORT).fit(TABLE, Y)
    report = activation_report(model, TABLE, Y)
    assert len(report["nonlinearity"]) == 2
    assert report["score"][0] == model.score(TABLE, Y)


def test_symbolic():
    model = AdaptiveMLPClassifier(activation="spline", **SHORT).fit(TABLE, Y)
    found, stored = symbolic(model, 0, TABLE, units=[0]), symbolic(model, 0, units=[0])
    assert found["score"].max() > 0.5
    np.testing.assert_allclose(found["score"], stored["score"], atol=0.2)


def test_record_activations():
    model, trajectories = record_activations(AdaptiveMLPClassifier(activation="prelu", **SHORT), TABLE, Y)
    assert trajectories.epochs[-1] == model.n_iter_
    alone = AdaptiveMLPClassifier(activation="prelu", **SHORT).fit(TABLE, Y)
    np.testing.assert_array_equal(model.predict_proba(TABLE), alone.predict_proba(TABLE))


def test_activation_display():
    model = AdaptiveMLPClassifier(activation="spline", **SHORT).fit(TABLE, Y)
    assert len(ActivationDisplay.from_estimator(model, TABLE).ax_) == 2
    with pytest.raises(ValueError, match=r"column size of X must hold numbers, but row 0 .* has 'big'"):
        ActivationDisplay.from_estimator(model, TABLE.assign(size="big"))
