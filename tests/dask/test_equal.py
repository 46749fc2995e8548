"""A fit on any number of workers is that of one machine."""

import inspect
import pickle

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from dask_clusters import at_epoch, here, kill_one, processes
from dask_tables import (
    CLASSES,
    NETWORK,
    SOLVERS,
    TABLE,
    TOLERANCES,
    WEIGHTS,
    X,
    Y,
    arrays,
    assert_same,
    fit_local,
    frames,
)
from distributed import Client
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification

import sk_adaptive
from sk_adaptive.chunks import dask_chunks, fit_chunks
from sk_adaptive.dask import AdaptiveMLPClassifier, AdaptiveMLPRegressor

ESTIMATORS = [AdaptiveMLPClassifier, AdaptiveMLPRegressor]


# ---- the face --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_constructor_is_the_local_one_with_a_client_last(estimator):
    local = getattr(sk_adaptive, estimator.__name__)
    *parameters, client = inspect.signature(estimator).parameters.values()
    assert parameters == list(inspect.signature(local).parameters.values())
    assert (client.name, client.default, client.kind) == ("client", None, client.KEYWORD_ONLY)
    assert estimator().get_params() == {**local().get_params(), "client": None}
    assert estimator(alpha=0.5, client="there").client == "there"


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_methods_are_the_local_ones(estimator):
    local = getattr(sk_adaptive, estimator.__name__)
    for name, method in inspect.getmembers(local, inspect.isfunction):
        if not name.startswith(("_", "set_")):  # scikit-learn makes those
            own = dict(inspect.signature(getattr(estimator, name)).parameters)
            for extra in ("checkpoint", "averaging") if name == "fit" else ():
                assert own.pop(extra).kind is inspect.Parameter.KEYWORD_ONLY
            assert list(own) == list(inspect.signature(method).parameters), name


def test_without_a_client_one_is_asked_for():
    with pytest.raises(ValueError, match=r"no Dask client: make one with distributed.Client\(\)"):
        AdaptiveMLPRegressor(**NETWORK).fit(*arrays(60, X, Y))


@pytest.mark.parametrize("given", [(X, Y), (arrays(60, X)[0], Y), (TABLE, Y)], ids=["arrays", "y", "table"])
def test_what_is_no_collection_is_refused(given):
    with pytest.raises(TypeError, match="must be Dask arrays, dataframes or series, got"):
        AdaptiveMLPRegressor(**NETWORK).fit(*given)


@pytest.mark.parametrize(
    ("knobs", "fit", "message"),
    [
        ({"solver": "lbfgs"}, {"averaging": True}, "averaging=True needs a solver that steps over batches"),
        ({"random_state": None}, {"checkpoint": "here"}, "checkpoint needs an integer random_state"),
        ({}, {"checkpoint": "/no/such/folder/file"}, "there is no folder"),
        ({}, {"X_val": X}, "X_val and y_val must be given together"),
        ({"alpha": -1}, {}, "alpha"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(knobs, fit, message, client):
    with pytest.raises(ValueError, match=message):
        AdaptiveMLPRegressor(**{**NETWORK, **knobs}).fit(*arrays(60, X, Y), **fit)


# ---- equality --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_workers", [5, 2, 1])
def test_any_number_of_workers_and_partitions_give_the_fit_of_one_machine(n_workers, monkeypatch):
    given, network = (X, Y, WEIGHTS), {**NETWORK, "activation": "spline", "n_members": 2, "batch_size": 100}
    with processes(n_workers) as cluster, Client(cluster):
        for solver in ("lbfgs", "adam"):
            model = AdaptiveMLPRegressor(**network, **SOLVERS[solver], solver=solver)
            whole = fit_local(model, *given)
            for chunks in (240, (1, 0, 200, 39), 70):
                with monkeypatch.context() as patch:
                    if chunks == 70 and n_workers == 5:
                        at_epoch(patch, 10, lambda: kill_one(cluster))
                    assert_same(model.fit(*arrays(chunks, *given)), whole, TOLERANCES[solver])


@pytest.mark.parametrize("knobs", [{}, {"solver": "sgd", "n_members": 2, "shuffle": False}], ids=str)
def test_units_that_are_dropped_are_those_of_one_machine(knobs, client):
    model = AdaptiveMLPRegressor(**NETWORK, **knobs, dropout=0.3, max_iter=4, batch_size=50)
    whole = fit_local(model, X, Y)
    assert not np.allclose(whole.theta_, fit_local(model.set_params(dropout=0.0), X, Y).theta_)
    assert_same(model.set_params(dropout=0.3).fit(*arrays(70, X, Y)), whole)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("knobs", [{}, {"class_weight": "balanced", "early_stopping": True}], ids=str)
def test_a_table_ordered_by_class_on_worker_processes(solver, knobs, client):
    order = np.argsort(CLASSES, kind="stable")  # most partitions have one class
    given = TABLE.iloc[order].reset_index(drop=True), CLASSES[order], WEIGHTS[order]
    model = AdaptiveMLPClassifier(**NETWORK, **SOLVERS[solver], **knobs, solver=solver)
    whole = fit_local(model, *given)
    model.fit(*frames(7, *given))
    assert_same(model, whole, TOLERANCES[solver])
    assert list(model.input_names_) == list(whole.input_names_)
    np.testing.assert_array_equal(model.classes_, whole.classes_)
    if knobs:
        np.testing.assert_allclose(model.validation_scores_, whole.validation_scores_, rtol=1e-6)


def test_categories_coded_differently_and_a_column_without_values_in_a_partition(client):
    coded = TABLE.assign(text=TABLE["text"].astype(object))
    coded.loc[:79, "text"] = None
    parts = [coded[:80].assign(text=np.nan), coded[80:160], coded[160:]]
    parts[1] = parts[1].assign(kind=pd.Categorical(parts[1]["kind"], categories=["w", "v", "u"]))
    parts[2] = parts[2].assign(kind=parts[2]["kind"].astype(object))
    meta = coded[:0].assign(kind=coded["kind"].astype(object))
    table = dd.from_map(lambda i: parts[i], range(3), meta=meta, enforce_metadata=False)
    model = AdaptiveMLPRegressor(**NETWORK, solver="lbfgs", max_iter=12)
    assert_same(model.fit(table, arrays(80, Y)[0]), fit_local(model, coded, Y))


def test_normal_equations_are_those_of_one_machine(client):
    model = AdaptiveMLPRegressor(**NETWORK, solver="lm", max_iter=12)
    assert_same(model.fit(*arrays(70, X, Y, WEIGHTS)), fit_local(model, X, Y, WEIGHTS))


def test_chunks_of_other_sizes_along_columns_and_unknown(client):
    model = AdaptiveMLPRegressor(**NETWORK, solver="lbfgs", max_iter=12)
    whole = fit_local(model, X, Y, WEIGHTS)
    along = da.from_array(X, chunks=(50, 3)), *arrays(80, Y), *arrays(33, WEIGHTS)
    assert_same(model.fit(*along), whole)
    kept = np.isfinite(X[:, 0])
    unknown = [each[da.from_array(kept, chunks=60)] for each in arrays(60, X, Y)]
    assert np.isnan(unknown[0].shape[0])
    assert_same(model.fit(*unknown), fit_local(model, X[kept], Y[kept]))
    with pytest.raises(ValueError, match="have 4 and 2 partitions of unknown length"):
        model.fit(unknown[0], arrays(120, Y)[0])
    with pytest.raises(ValueError, match="the same number of rows, got 240 and 239"):
        model.fit(*arrays(60, X), *arrays(60, Y[1:]))
    with pytest.raises(ValueError, match=r"the same rows in each part, got \[60, 59\]|\[\d+, 60\]"):
        model.fit(unknown[0], arrays(60, Y)[0])


@pytest.mark.parametrize("kind", ["sparse", "float32", "indicators"])
def test_sparse_blocks_float32_and_several_labels(kind, client):
    estimator, y, rtol = AdaptiveMLPRegressor, Y, 1e-8
    if kind == "sparse":
        given = sp.random(240, 30, 0.2, format="csr", random_state=0)
        rows = arrays(50, given.toarray())[0].map_blocks(sp.csr_matrix)
    elif kind == "float32":
        given, rtol = X.astype(np.float32), 1e-3
        rows = arrays(50, given)[0]
    else:
        given, y = make_multilabel_classification(240, 5, n_classes=3, random_state=0)
        rows, estimator = arrays(50, given)[0], AdaptiveMLPClassifier
    model = estimator(**NETWORK, solver="lbfgs", max_iter=8)
    whole = fit_local(model, given, y)
    assert_same(model.fit(rows, arrays(60, y)[0]), whole, rtol)
    assert model.theta_.dtype == whole.theta_.dtype
    predicted = model.predict(rows)
    assert (predicted.shape, predicted.dtype) == (whole.predict(given).shape, whole.predict(given).dtype)
    np.testing.assert_allclose(predicted.compute(), whole.predict(given), rtol=max(rtol, 1e-6), atol=1e-5)


def test_validation_rows_in_500_partitions(client):
    model = AdaptiveMLPRegressor(**NETWORK, max_iter=2, scoring="r2")
    rows = np.arange(500) % len(X)
    val = X[rows], Y[rows], WEIGHTS[rows]
    names = "X_val", "y_val", "sample_weight_val"
    whole = fit_local(model, X, Y, **dict(zip(names, val, strict=True)))
    model.fit(*arrays(60, X, Y), **dict(zip(names, arrays(1, *val), strict=True)))
    assert_same(model, whole)
    np.testing.assert_allclose(model.validation_loss_curve_, whole.validation_loss_curve_, rtol=1e-8)
    np.testing.assert_allclose(model.validation_scores_, whole.validation_scores_, rtol=1e-8)


def rate_of_hits(estimator, rows, y):
    """A scorer of a user's own, without weights."""
    return np.mean(estimator.predict(rows) == y)


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss", "roc_auc_ovr", rate_of_hits])
def test_scores_of_early_stopping_are_those_of_one_machine(scoring, client):
    knobs = {"scoring": scoring, "early_stopping": True, "class_weight": "balanced", "n_members": 2}
    model = AdaptiveMLPClassifier(**NETWORK, **knobs, max_iter=8, validation_fraction=0.3)
    given = TABLE, CLASSES, WEIGHTS
    whole = fit_local(model, *given)
    assert_same(model.fit(*frames(7, *given)), whole)
    np.testing.assert_allclose(model.validation_scores_, whole.validation_scores_, rtol=1e-8)
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.temperature_ == whole.temperature_ != 1


def test_a_scorer_that_fails_ends_the_fit_before_it_trains(client):
    model = AdaptiveMLPRegressor(**NETWORK, early_stopping=True, scoring=lambda estimator, rows, y: rows[0].sum())
    with pytest.raises(ValueError, match="scoring cannot score the validation rows: 'NoneType' object"):
        model.fit(*arrays(60, X, Y))
    assert not hasattr(model, "theta_")


# ---- continuing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_fit_that_continues_is_that_of_one_machine(solver, client):
    model = AdaptiveMLPClassifier(**NETWORK, solver=solver, max_iter=4, warm_start=True)
    later = TABLE.assign(text=TABLE["text"].replace("red", "violet"))  # a level that the first rows lack
    later.loc[:20, "a"] = np.nan
    whole, theta = clone(model).to_local(), None
    for table in (TABLE, later):
        whole.fit(table, CLASSES, WEIGHTS)
        assert_same(model.fit(*frames(7, table, CLASSES, WEIGHTS)), whole, TOLERANCES[solver])
        assert not np.array_equal(model.theta_, theta)
        theta = model.theta_
    np.testing.assert_array_equal(model.input_names_, whole.input_names_)
    assert "text=violet" in model.input_names_


def test_what_cannot_continue_is_refused_and_the_model_stays(client):
    model = AdaptiveMLPClassifier(**NETWORK, max_iter=2, warm_start=True).fit(*frames(3, TABLE, CLASSES))
    theta = model.theta_.copy()
    for table, y, message in (
        (TABLE, np.where(CLASSES == "low", "new", CLASSES), "the same classes"),
        (TABLE.rename(columns={"a": "z"}), CLASSES, "feature names"),
        (TABLE.assign(a="text"), CLASSES, "column a"),
    ):
        with pytest.raises(ValueError, match=message):
            model.fit(*frames(3, table, y))
    np.testing.assert_array_equal(model.theta_, theta)


# ---- local steps -----------------------------------------------------------------------------------------------------


def test_averages_depend_on_partitions_and_not_on_workers(client):
    model = AdaptiveMLPRegressor(**NETWORK, max_iter=15, dropout=0.1)
    theta = model.fit(*arrays(60, X, Y), averaging=True).theta_
    assert model.loss_curve_[-1] < 0.5 * model.loss_curve_[0]
    with here(1) as cluster, Client(cluster) as other:
        alone = AdaptiveMLPRegressor(**NETWORK, max_iter=15, dropout=0.1, client=other)
        np.testing.assert_array_equal(alone.fit(*arrays(60, X, Y), averaging=True).theta_, theta)
        assert not np.allclose(alone.fit(*arrays(80, X, Y), averaging=True).theta_, theta)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_an_average_over_one_partition_is_that_partitions_epoch(solver, client):
    model = AdaptiveMLPRegressor(**NETWORK, solver=solver, max_iter=4, shuffle=False)
    assert_same(model.fit(*arrays(240, X, Y), averaging=True), fit_local(model, X, Y), 1e-12)


# ---- afterwards ------------------------------------------------------------------------------------------------------


def test_predictions_are_lazy_collections_of_the_inputs_kind(client):
    rows, labels = frames(4, TABLE, CLASSES)
    model = AdaptiveMLPClassifier(**NETWORK, max_iter=3).fit(rows, labels)
    local = model.to_local()
    assert type(local) is sk_adaptive.AdaptiveMLPClassifier
    predicted, proba = model.predict(rows), model.predict_proba(rows)
    assert isinstance(predicted, dd.Series)
    assert isinstance(proba, dd.DataFrame)
    assert list(proba.columns) == ["low", "mid", "top"]
    assert predicted.divisions == proba.divisions == rows.divisions
    np.testing.assert_array_equal(predicted.compute(), local.predict(TABLE))
    np.testing.assert_allclose(proba.compute(), local.predict_proba(TABLE), rtol=1e-12)
    assert model.score(rows, labels) == local.score(TABLE, CLASSES)
    np.testing.assert_array_equal(model.predict(TABLE), local.predict(TABLE))  # what is here stays here


def test_predictions_of_arrays_and_empty_chunks(client):
    model = AdaptiveMLPClassifier(**NETWORK, max_iter=3).fit(*arrays(60, X, CLASSES))
    local = model.to_local()
    rows = da.from_array(X, chunks=((100, 0, 140), 2))
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function", "hidden_activations"):
        lazy, expected = getattr(model, method)(rows), getattr(local, method)(X)
        assert (lazy.shape, lazy.dtype) == (expected.shape, expected.dtype)
        assert lazy.chunks[0] == (100, 0, 140)
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(lazy.compute(), expected, rtol=1e-12)
        else:
            np.testing.assert_array_equal(lazy.compute(), expected)


def test_the_model_is_sent_once(client):
    model = AdaptiveMLPRegressor(**{**NETWORK, "hidden_layer_sizes": (300, 300)}, max_iter=1)
    model.fit(*arrays(60, X, Y))
    first = model.predict(arrays(10, X)[0])
    sent = model._sent.model
    second = model.predict(arrays(30, X)[0])
    assert model._sent.model is sent
    for lazy in (first, second):
        assert len(pickle.dumps(lazy.__dask_graph__())) < model.theta_.nbytes / 2
        np.testing.assert_allclose(lazy.compute(), model.to_local().predict(X), rtol=1e-12)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_partial_fit_takes_one_partition_after_another(estimator, client):
    classification = estimator is AdaptiveMLPClassifier
    y, more = (CLASSES, {"classes": ["low", "mid", "top"]}) if classification else (Y, {})
    model = estimator(**NETWORK)
    local = fit = model.to_local()
    for cut in (slice(0, 100), slice(100, 200), slice(200, 240)):
        fit = local.partial_fit(X[cut], y[cut], **more)
    model.partial_fit(*arrays(100, X, y), **more)
    np.testing.assert_array_equal(model.theta_, fit.theta_)


def test_partitions_are_chunks_for_one_machine():
    model = sk_adaptive.AdaptiveMLPRegressor(**NETWORK, solver="lbfgs", max_iter=12)
    for chunks in (dask_chunks(*arrays(70, X, Y, WEIGHTS)), dask_chunks(*frames(4, TABLE, Y))):
        parts = zip(*chunks, strict=True)
        whole = [pd.concat(each) if hasattr(each[0], "iloc") else np.concatenate(each) for each in parts]
        assert_same(fit_chunks(clone(model), chunks), clone(model).fit(*whole))
