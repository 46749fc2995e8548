"""The classifier: its signature, targets of every kind, probabilities, class weights."""

import inspect
import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from reference import PLAIN
from scipy.special import logit
from sklearn.datasets import load_iris, make_classification, make_multilabel_classification
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils import get_tags
from solving import each_general_solver

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.activations import FIXED, LEARNED, Swish

X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = (X_IRIS - X_IRIS.mean(axis=0)) / X_IRIS.std(axis=0)
QUICK = {"hidden_layer_sizes": (8,), "max_iter": 60, "learning_rate_init": 0.02, "random_state": 0}


@pytest.mark.parametrize(
    ("ours", "theirs"), [(AdaptiveMLPClassifier, MLPClassifier), (AdaptiveMLPRegressor, MLPRegressor)]
)
def test_shared_parameters_keep_scikit_learns_order_and_kind(ours, theirs):
    mine, other = inspect.signature(ours).parameters, inspect.signature(theirs).parameters
    shared = [name for name in other if name in mine]
    assert shared == [name for name in mine if name in other]
    assert [mine[name].kind for name in shared] == [other[name].kind for name in shared]
    assert set(other) - set(mine) == {
        "power_t",
        "momentum",
        "nesterovs_momentum",
        "beta_1",
        "beta_2",
        "epsilon",
        "max_fun",
    }
    assert len(mine) <= 30


@each_general_solver
@pytest.mark.parametrize("labels", [[0, 1, 2], [-7, 3, 100], ["c", "a", "b"], [True, False]], ids=str)
def test_labels_of_every_kind(labels, solver):
    y = np.array(labels)[Y_IRIS % len(labels)]
    model = AdaptiveMLPClassifier(solver=solver, **QUICK).fit(X_IRIS, y)
    np.testing.assert_array_equal(model.classes_, np.unique(labels))
    assert model.predict(X_IRIS).dtype == y.dtype
    assert model.score(X_IRIS, y) > 0.6
    assert model.out_activation_ == ("softmax" if len(labels) > 2 else "logistic")
    assert model.n_outputs_ == (3 if len(labels) > 2 else 1)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("n_members", [1, 3])
def test_probabilities_agree_with_each_other(n_members, n_classes):
    X, y = X_IRIS[n_classes > Y_IRIS], Y_IRIS[n_classes > Y_IRIS]
    model = AdaptiveMLPClassifier(n_members=n_members, **QUICK).fit(X, y)
    p = model.predict_proba(X)
    assert p.shape == (len(X), n_classes)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), p, rtol=1e-10, atol=1e-300)
    np.testing.assert_array_equal(model.predict(X), model.classes_[p.argmax(axis=1)])
    decision = model.decision_function(X)
    assert decision.shape == ((len(X),) if n_classes == 2 else (len(X), n_classes))
    if n_classes == 2:
        unsaturated = (p.min(axis=1) > 1e-6).nonzero()
        np.testing.assert_allclose(decision[unsaturated], logit(p[:, 1])[unsaturated], rtol=1e-6)
    else:
        np.testing.assert_array_equal(decision.argmax(axis=1), p.argmax(axis=1))


@each_general_solver
def test_multilabel(solver):
    X, Y = make_multilabel_classification(n_samples=60, n_classes=4, random_state=0)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = AdaptiveMLPClassifier(solver=solver, **{**QUICK, **PLAIN, "hidden_layer_sizes": (20,)}).fit(X, Y)
    p = model.predict_proba(X)
    assert p.shape == Y.shape
    assert np.abs(p.sum(axis=1) - 1).max() > 0.1
    np.testing.assert_array_equal(model.predict(X), p > 0.5)
    assert model.score(X, Y) > 0.8
    assert model.out_activation_ == "logistic"
    assert get_tags(model).classifier_tags.multi_label


def test_multilabel_sparse_indicator():
    sparse = pytest.importorskip("scipy.sparse")
    X, Y = make_multilabel_classification(n_samples=40, random_state=0)
    dense = AdaptiveMLPClassifier(**QUICK).fit(X, Y)
    np.testing.assert_array_equal(AdaptiveMLPClassifier(**QUICK).fit(X, sparse.csr_matrix(Y)).theta_, dense.theta_)


def test_one_class_is_predicted():
    model = AdaptiveMLPClassifier(**QUICK).fit(X_IRIS, np.full(len(X_IRIS), "only"))
    assert set(model.predict(X_IRIS)) == {"only"}
    assert model.predict_proba(X_IRIS).shape == (len(X_IRIS), 1)


def test_several_outputs_of_several_classes_are_refused():
    with pytest.raises(ValueError, match="multiclass-multioutput"):
        AdaptiveMLPClassifier(**QUICK).fit(X_IRIS, np.c_[Y_IRIS, Y_IRIS])


@each_general_solver
def test_class_weights_multiply_sample_weights(solver):
    weights = np.random.RandomState(0).uniform(0.5, 2, len(Y_IRIS))
    factors = {0: 1.0, 1: 3.0, 2: 0.5}
    knobs = {**QUICK, "solver": solver, "alpha": 0.0}  # decay counts rows, whatever their classes weigh
    by_class = AdaptiveMLPClassifier(class_weight=factors, **knobs).fit(X_IRIS, Y_IRIS, weights)
    by_row = AdaptiveMLPClassifier(**knobs)
    by_row.fit(X_IRIS, Y_IRIS, weights * np.array([1.0, 3.0, 0.5])[Y_IRIS])
    np.testing.assert_array_equal(by_class.theta_, by_row.theta_)


@each_general_solver
def test_only_ratios_of_class_weights_matter(solver):
    one, other = (
        AdaptiveMLPClassifier(solver=solver, class_weight={0: scale, 1: 1000 * scale, 2: scale}, **QUICK).fit(
            X_IRIS, Y_IRIS
        )
        for scale in (1.0, 2.0**-10)
    )
    np.testing.assert_allclose(one.theta_, other.theta_, rtol=1e-9)


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({0: np.nan}, "weight of class 0 must be a number"),
        ({1: -1.0}, "weight of class 1 must be a number"),
        ({2: np.inf}, "weight of class 2 must be a number"),
        ({0: "heavy"}, "weight of class 0 must be a number"),
        ({7: 1.0}, "classes that y does not have"),
        ({0: 0.0, 1: 0, 2: 0}, "weights of all rows are zero"),
        ([{0: 1.0}, {1: 1.0}], "2 dicts for 1 outputs"),
    ],
    ids=str,
)
def test_bad_class_weights_are_named(class_weight, message):
    model = AdaptiveMLPClassifier(class_weight=class_weight, **QUICK)
    with pytest.raises(ValueError, match=f"class_weight.*{message}"):
        model.fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match=f"class_weight.*{message}"):
        model.partial_fit(X_IRIS, Y_IRIS, [0, 1, 2])


def test_rows_without_one_of_the_classes_take_class_weights_too():
    model = AdaptiveMLPClassifier(class_weight={0: 1, 2: 3}, **QUICK).partial_fit(X_IRIS, Y_IRIS, [0, 1, 2])
    some = Y_IRIS != 2
    model.partial_fit(X_IRIS[some], Y_IRIS[some])
    model.fit(X_IRIS, Y_IRIS, X_val=X_IRIS[some], y_val=Y_IRIS[some])


def test_balanced_weights_of_validation_rows_are_those_of_the_training_rows():
    """With 50 rows of each class in training, all weigh the same, whatever the validation rows are."""
    some = np.arange(70)
    knobs = {**QUICK, "scoring": "loss"}
    plain, balanced = (
        AdaptiveMLPClassifier(class_weight=weight, **knobs).fit(X_IRIS, Y_IRIS, X_val=X_IRIS[some], y_val=Y_IRIS[some])
        for weight in (None, "balanced")
    )
    np.testing.assert_allclose(plain.validation_loss_curve_, balanced.validation_loss_curve_, rtol=1e-9)


def test_balanced_weights_count_a_weighted_row_as_that_many_rows():
    X, y = make_classification(60, weights=[0.8], random_state=0)
    counts = np.random.RandomState(0).randint(0, 4, len(y))
    model = AdaptiveMLPClassifier(class_weight="balanced", batch_size=200, **QUICK)
    weighted = model.fit(X, y, counts).predict_proba(X)
    repeated = model.fit(X.repeat(counts, axis=0), y.repeat(counts)).predict_proba(X)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-7)


def test_class_of_zero_weight_is_left_out():
    model = AdaptiveMLPClassifier(class_weight={0: 0}, batch_size=10, **QUICK).fit(X_IRIS, Y_IRIS)
    assert np.isfinite(model.theta_).all()
    assert model.score(X_IRIS[Y_IRIS > 0], Y_IRIS[Y_IRIS > 0]) > 0.9


def test_class_weight_of_labels():
    X, Y = make_multilabel_classification(n_samples=60, n_classes=2, random_state=0)
    factors = [{0: 1.0, 1: 2.0}, {0: 3.0, 1: 1.0}]
    by_class = AdaptiveMLPClassifier(class_weight=factors, **QUICK).fit(X, Y)
    weights = np.array([1.0, 2.0])[Y[:, 0]] * np.array([3.0, 1.0])[Y[:, 1]]
    np.testing.assert_array_equal(by_class.theta_, AdaptiveMLPClassifier(**QUICK).fit(X, Y, weights).theta_)


def test_label_smoothing_keeps_probabilities_from_the_ends():
    sharp, smooth = (
        AdaptiveMLPClassifier(solver="lbfgs", label_smoothing=s, **QUICK).fit(X_IRIS, Y_IRIS).predict_proba(X_IRIS)
        for s in (0.0, 0.3)
    )
    assert np.median(sharp.max(axis=1)) > 0.99
    assert np.median(smooth.max(axis=1)) == pytest.approx(0.8, abs=0.05)  # 1 - 0.3 + 0.3 / 3


@pytest.mark.filterwarnings("ignore:The network predicts the same for every row")
@each_general_solver
def test_larger_alpha_gives_smaller_weights(solver):
    y = Y_IRIS
    small, large = (AdaptiveMLPClassifier(solver=solver, alpha=alpha, **QUICK).fit(X_IRIS, y) for alpha in (0.0, 10.0))
    for a, b in zip(small.coefs_, large.coefs_, strict=True):
        assert np.abs(b).sum() < np.abs(a).sum()


@each_general_solver
def test_dtype_is_kept_and_both_agree(solver, dtype):
    # Before rounding has had time to grow.
    knobs = {**QUICK, "activation": "tanh", "learning_rate_init": 0.001, "max_iter": 15}
    model = AdaptiveMLPClassifier(solver=solver, **knobs).fit(X_IRIS.astype(dtype), Y_IRIS)
    assert {a.dtype for a in (*model.coefs_, *model.intercepts_, model.predict_proba(X_IRIS.astype(dtype)))} == {
        np.dtype(dtype)
    }
    exact = AdaptiveMLPClassifier(solver=solver, **knobs).fit(X_IRIS, Y_IRIS)
    np.testing.assert_allclose(model.predict_proba(X_IRIS), exact.predict_proba(X_IRIS), rtol=1e-2, atol=1e-3)


def test_shuffle_matters_and_the_seed_decides():
    def theta(**knobs):
        return AdaptiveMLPClassifier(batch_size=10, **{**QUICK, "max_iter": 2, **knobs}).fit(X_IRIS, Y_IRIS).theta_

    for shuffle in (True, False):
        np.testing.assert_array_equal(theta(shuffle=shuffle), theta(shuffle=shuffle))
    assert not np.array_equal(theta(shuffle=True), theta(shuffle=False))
    assert not np.array_equal(theta(), theta(random_state=1))


@pytest.mark.parametrize("family", LEARNED)
def test_there_are_eight_members_where_an_activation_is_learned(family):
    for activation in (family, [family, "relu"]):
        sizes = (4,) if activation == family else (4, 4)
        model = AdaptiveMLPClassifier(sizes, activation, max_iter=1).fit(X_IRIS, Y_IRIS)
        assert model.coefs_[-1].shape == (8, 4, 3)
        assert model.intercepts_[-1].shape == (8, 3)


@pytest.mark.parametrize("activation", [*FIXED, Swish(trainable=False), Swish(learning_rate_factor=0.0)], ids=repr)
def test_there_is_one_network_where_all_activations_are_fixed(activation):
    assert AdaptiveMLPClassifier((4,), activation, max_iter=1).fit(X_IRIS, Y_IRIS).coefs_[-1].shape == (4, 3)


def test_documentation_link_names_the_class():
    assert "sk_adaptive.AdaptiveMLPClassifier" in AdaptiveMLPClassifier()._get_doc_link()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("max_iter", [1, 5, 20])
def test_lbfgs_goes_scikit_learns_way(max_iter, activation):
    """From the same start, with the same penalty; later, rounding leads each its own way through flat valleys."""
    knobs = {"hidden_layer_sizes": (7,), "activation": activation, "alpha": 0.1, "solver": "lbfgs", "random_state": 0}
    plain = {"init": "glorot", "label_smoothing": 0.0, "standardize": False}
    ours = AdaptiveMLPClassifier(max_iter=max_iter, **plain, **knobs).fit(X_IRIS, Y_IRIS)
    theirs = MLPClassifier(max_iter=max_iter, **knobs).fit(X_IRIS, Y_IRIS)
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-7)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "csr"])
def test_members_are_averaged_in_bounded_memory(method, sparse):
    """Raw outputs of all members never exist for all rows, and blocks of rows change nothing."""
    n_rows, n_classes = 6000, 60
    X = np.random.RandomState(0).normal(size=(n_rows, 3))
    X = sp.csr_array(X) if sparse else X
    model = AdaptiveMLPClassifier((4,), max_iter=1, n_members=8, random_state=0).fit(X, np.arange(n_rows) % n_classes)
    tracemalloc.start()
    got = getattr(model, method)(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - got.nbytes < 8 * n_rows * n_classes * 8
    np.testing.assert_array_equal(got[-50:], getattr(model, method)(X[n_rows - 50 :]))


@pytest.mark.parametrize(
    "knobs", [{"n_members": 10**10}, {"hidden_layer_sizes": (10**7, 10**7)}, {"hidden_layer_sizes": 10**15}], ids=str
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_no_memory_holds_is_refused_before_any_work(knobs, dtype):
    tracemalloc.start()
    with pytest.raises(MemoryError, match=r"hidden_layer_sizes=.*n_members=.*GiB to train, this machine has"):
        AdaptiveMLPClassifier(**{**QUICK, **knobs}).fit(X_IRIS.astype(dtype), Y_IRIS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**24


def test_many_members_fit_into_little_memory():
    model = AdaptiveMLPClassifier((4,), n_members=5000, max_iter=1, random_state=0)
    tracemalloc.start()
    model.fit(X_IRIS[:40], Y_IRIS[:40])
    model.predict(X_IRIS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**28
