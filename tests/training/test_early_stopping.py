"""When training stops, and which epoch is kept."""

import warnings

import numpy as np
import pytest
import reference
from scipy.special import softmax
from sklearn.datasets import load_iris, make_classification, make_multilabel_classification
from sklearn.metrics import get_scorer_names, log_loss, make_scorer, mean_absolute_error
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from solving import each_estimator_and_solver, each_general_solver

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.schedules import Schedule, cosine

X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
FAST = {"hidden_layer_sizes": (10,), "learning_rate_init": 0.05, "max_iter": 200, "random_state": 0}
PLAIN = {**FAST, **reference.PLAIN}
each_estimator = pytest.mark.parametrize("estimator", [AdaptiveMLPClassifier, AdaptiveMLPRegressor])


@each_estimator_and_solver
def test_stops_and_keeps_the_best_epoch(estimator, solver):
    model = estimator(solver=solver, early_stopping=True, validation_fraction=0.2, n_iter_no_change=5, **PLAIN)
    model.fit(X, Y)
    assert 5 < model.n_iter_ < 200
    assert len(model.validation_scores_) == len(model.validation_loss_curve_) == model.n_iter_
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.best_loss_ is None
    np.testing.assert_allclose(model.validation_scores_, -np.array(model.validation_loss_curve_))
    assert max(model.validation_scores_[-5:]) < max(model.validation_scores_) + model.tol


@each_estimator_and_solver
def test_without_it_the_attributes_are_none(estimator, solver):
    model = estimator(solver=solver, **FAST).fit(X, Y)
    assert model.validation_scores_ is None
    assert model.validation_loss_curve_ is None
    assert model.best_validation_score_ is None
    assert model.best_loss_ == min(model.loss_curve_)
    assert model.loss_ == model.loss_curve_[-1]


@each_general_solver
def test_given_rows_are_watched(solver):
    X_train, X_val, y_train, y_val = train_test_split(X, Y, random_state=0)
    model = AdaptiveMLPClassifier(solver=solver, n_iter_no_change=5, label_smoothing=0.0, **PLAIN)
    model.fit(X_train, y_train, X_val=X_val, y_val=y_val)
    losses = model.validation_loss_curve_
    probabilities = softmax(model.decision_function(X_val) * model.temperature_, axis=1)  # of the best epoch
    assert log_loss(y_val, probabilities) == pytest.approx(min(losses), rel=1e-9)
    assert model.best_validation_score_ == pytest.approx(-min(losses))


@each_estimator
def test_given_rows_are_weighted(estimator):
    weights = np.random.RandomState(0).randint(0, 3, len(X))
    model = estimator(**{**FAST, "max_iter": 5})
    weighted = model.fit(X, Y, X_val=X, y_val=Y, sample_weight_val=weights).validation_loss_curve_
    repeated = model.fit(X, Y, X_val=X.repeat(weights, axis=0), y_val=Y.repeat(weights)).validation_loss_curve_
    np.testing.assert_allclose(weighted, repeated)


@pytest.mark.parametrize(
    "scoring", ["accuracy", "neg_log_loss", "roc_auc_ovr", make_scorer(lambda y, p: -np.mean(y != p))]
)
@pytest.mark.parametrize("labels", [[0, 1, 2], ["a", "b", "c"]], ids=["numbers", "strings"])
def test_any_scorer_decides(labels, scoring):
    y = np.array(labels)[Y]
    model = AdaptiveMLPClassifier(early_stopping=True, scoring=scoring, validation_fraction=0.3, **FAST).fit(X, y)
    assert len(model.validation_scores_) == model.n_iter_
    assert np.isfinite(model.validation_scores_).all()
    assert (
        not np.allclose(model.validation_scores_, -np.array(model.validation_loss_curve_)) or scoring == "neg_log_loss"
    )


def test_scorer_of_a_regressor_sees_the_units_of_y():
    model = AdaptiveMLPRegressor(scoring="neg_mean_absolute_error", **FAST)
    model.fit(X, 1000.0 * Y, X_val=X, y_val=1000.0 * Y)
    assert model.best_validation_score_ == pytest.approx(-mean_absolute_error(1000.0 * Y, model.predict(X)))


def test_scorer_is_given_the_weights():
    weights = np.random.RandomState(0).uniform(0, 1, len(X))
    model = AdaptiveMLPClassifier(scoring="accuracy", **FAST)
    model.fit(X, Y, X_val=X, y_val=Y, sample_weight_val=weights)
    assert model.best_validation_score_ == pytest.approx(model.score(X, Y, weights))


def test_a_scorer_that_fails_to_score_keeps_the_last_epoch():
    scores = iter([0.1, *[np.nan] * 100])
    model = AdaptiveMLPClassifier(scoring=lambda estimator, X, y: next(scores), n_iter_no_change=3, **FAST)
    with pytest.warns(UserWarning, match="scoring gave NaN"):
        model.fit(X, Y, X_val=X, y_val=Y)
    assert model.n_iter_ == 4
    assert model.score(X, Y) > 0.5


@pytest.mark.parametrize(
    ("scorer", "message"),
    [
        (lambda estimator, X, y: np.nan, "NaN"),
        (lambda estimator, X, y: "good", "must return a number, got 'good'"),
        (lambda estimator, X, y: {"accuracy": 1.0}, "must return a number"),
        (lambda estimator, X, y: np.ones(3), "must return a number"),
        (lambda estimator, X, y: estimator.no_such_method(X), "no_such_method"),
        ("neg_mean_squared_log_error", "scoring cannot score"),
    ],
    ids=["nan", "text", "dict", "array", "broken", "regression of negative numbers"],
)
def test_a_scorer_that_cannot_score_is_an_error_before_training(scorer, message):
    model = AdaptiveMLPRegressor(scoring=scorer, **FAST)
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y - 5.0, X_val=X, y_val=Y - 5.0)
    assert not hasattr(model, "theta_")


SCORERS = {
    "plain": lambda estimator, X, y: estimator.score(X, y),
    "NumPy scalar": lambda estimator, X, y: np.float32(estimator.score(X, y)),
    "0-d array": lambda estimator, X, y: np.array(estimator.score(X, y)),
    "with weights": lambda estimator, X, y, sample_weight=None: estimator.score(X, y, sample_weight),
    "keywords": lambda estimator, X, y, **others: estimator.score(X, y, **others),
    "made without weights": make_scorer(lambda y, predicted: np.mean(y == predicted)),
    "probabilities": lambda estimator, X, y: -log_loss(y, estimator.predict_proba(X)),
    "decisions": lambda estimator, X, y: np.mean(np.argmax(estimator.decision_function(X), axis=1) == y),
}


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("scorer", SCORERS.values(), ids=SCORERS)
def test_scorers_of_every_kind_with_and_without_weights(scorer, weighted):
    weights = np.random.RandomState(0).uniform(0.5, 2, len(Y)) if weighted else None
    model = AdaptiveMLPClassifier(scoring=scorer, class_weight={0: 2.0} if weighted else None, **FAST)
    model.set_params(early_stopping=True).fit(X, Y, weights)
    assert np.isfinite(model.validation_scores_).all()
    model.fit(X, Y, weights, X_val=X, y_val=Y, sample_weight_val=weights)
    assert model.best_validation_score_ == max(model.validation_scores_)


@pytest.mark.parametrize("name", get_scorer_names())
def test_every_scorer_of_scikit_learn_scores_or_says_why_not(name):
    weights = np.random.RandomState(0).uniform(0.5, 2, len(Y))
    for estimator, y in ((AdaptiveMLPClassifier, Y), (AdaptiveMLPClassifier, Y == 1), (AdaptiveMLPRegressor, Y + 1.0)):
        model = estimator(scoring=name, early_stopping=True, **{**FAST, "max_iter": 2})
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                model.fit(X, y, weights)
            except ValueError as error:
                message = str(error)
            else:
                message = " ".join(str(warning.message) for warning in told if "scoring gave" in str(warning.message))
        assert "scoring" in message or np.isfinite(model.validation_scores_).all()


def test_a_scorer_of_several_outputs():
    model = AdaptiveMLPRegressor(scoring="r2", early_stopping=True, **FAST).fit(X, np.column_stack([Y, -Y]))
    assert np.isfinite(model.validation_scores_).all()


def test_the_split_is_stratified():
    features, y = make_classification(400, weights=[0.95], flip_y=0, random_state=0)
    seen = []

    def scorer(estimator, X, y):
        seen.append(np.mean(y))
        return 0.0

    AdaptiveMLPClassifier(early_stopping=True, scoring=scorer, **FAST).fit(features, y)
    assert set(seen) == {y.mean()}


def test_multilabel_is_not_stratified():
    features, labels = make_multilabel_classification(200, random_state=0)
    model = AdaptiveMLPClassifier(early_stopping=True, **FAST).fit(features, labels)
    assert model.validation_scores_


@each_estimator
def test_too_few_rows_to_tell_anything(estimator):
    model = estimator(early_stopping=True, **FAST)
    with pytest.warns(RuntimeWarning, match="fewer than 10; none are set aside"):
        model.fit(X[::4], Y[::4])
    assert model.validation_scores_ is None
    assert model.best_loss_ is not None


@pytest.mark.parametrize("weights", [None, np.arange(1, 151) / 75], ids=["unweighted", "weighted"])
def test_classes_of_one_row_stay_in_training(weights):
    y = np.r_[np.zeros(100, int), np.ones(47, int), 2, 3, 4]
    model = AdaptiveMLPClassifier(early_stopping=True, class_weight={2: 3.0}, **FAST).fit(X, y, weights)
    assert model.classes_.tolist() == [0, 1, 2, 3, 4]
    seen = []
    model.set_params(scoring=lambda estimator, X, y: seen.append(set(y)) or 0.0).fit(X, y, weights)
    assert seen[0] == {0, 1}


def test_more_classes_than_rows_to_set_aside_are_split_without_regard_to_classes():
    y = np.arange(150) % 40
    model = AdaptiveMLPClassifier(early_stopping=True, **FAST).fit(X, y)
    assert len(model.validation_scores_) == model.n_iter_


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X_val": X}, "must be given together"),
        ({"y_val": Y}, "must be given together"),
        ({"sample_weight_val": np.ones(150)}, "needs X_val and y_val"),
        ({"X_val": X, "y_val": Y + 1}, "not among the classes"),
        ({"X_val": X[:, :2], "y_val": Y}, "X has 2 features"),
        ({"X_val": X, "y_val": Y[:10]}, "inconsistent numbers of samples"),
        ({"X_val": np.where(X > 2, np.inf, X), "y_val": Y}, "contains infinity"),
        ({"X_val": X, "y_val": Y, "sample_weight_val": np.zeros(150)}, "zero"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_validation_rows_are_refused_before_any_work(arguments, message):
    epochs = []
    model = AdaptiveMLPClassifier(learning_rate=lambda progress, steps: epochs.append(1) or np.ones(len(steps)), **FAST)
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y, **arguments)
    assert not epochs


def test_training_loss_stops_after_more_than_n_iter_no_change_epochs():
    model = AdaptiveMLPClassifier(tol=1e9, n_iter_no_change=4, **PLAIN).fit(X, Y)
    assert model.n_iter_ == 6  # the first epoch is an improvement, then more than four are not
    assert AdaptiveMLPClassifier(tol=1e9, **{**PLAIN, "max_iter": 50}, n_iter_no_change=np.inf).fit(X, Y).n_iter_ == 50


@pytest.mark.parametrize("schedule", ["cosine", "coslog4", "one_cycle", lambda progress, steps: np.ones(len(steps))])
def test_a_planned_schedule_stops_before_its_end_by_validation_only(schedule):
    still = {**FAST, "max_iter": 20, "learning_rate_init": 1e-9, "learning_rate": schedule, "n_iter_no_change": 4}
    model = AdaptiveMLPClassifier(**still, tol=1e9)
    assert model.fit(X, Y).n_iter_ == 20
    assert model.fit(X, Y, X_val=X, y_val=Y).n_iter_ == 6


def test_an_open_schedule_of_the_users_own_stops_by_the_training_loss():
    schedule = Schedule(lambda progress, steps: np.ones(len(steps)), end="open")
    still = {**FAST, "max_iter": 20, "learning_rate_init": 1e-9, "learning_rate": schedule, "n_iter_no_change": 4}
    assert AdaptiveMLPClassifier(**still, tol=1e9).fit(X, Y).n_iter_ == 6


def test_adaptive_rate_is_cut_before_training_stops():
    model = AdaptiveMLPClassifier(learning_rate="adaptive", tol=0.5, n_iter_no_change=2, solver="sgd", **FAST).fit(X, Y)
    rates = np.array(model.learning_rate_curve_)
    assert model.n_iter_ < model.max_iter
    assert rates[0] == 0.05
    assert rates[-1] <= 1e-6
    np.testing.assert_allclose(np.unique(np.round(rates[:-1] / rates[1:], 9)), [1, 5])


def test_lbfgs_with_an_adaptive_schedule_stops_by_its_validation_score():
    knobs = {**FAST, "solver": "lbfgs", "learning_rate": "adaptive", "scoring": lambda estimator, X, y: 0.0}
    assert AdaptiveMLPClassifier(n_iter_no_change=2, **knobs).fit(X, Y, X_val=X, y_val=Y).n_iter_ == 4


def test_rates_of_a_long_fit_are_the_schedules():
    knobs = {**FAST, "hidden_layer_sizes": (2,), "max_iter": 700, "n_iter_no_change": np.inf, "tol": 0.0}
    model = AdaptiveMLPClassifier(activation="relu", learning_rate="cosine", batch_size=75, **knobs)
    last_of_epoch = (2 * np.arange(700) + 1) / 1400
    np.testing.assert_allclose(model.fit(X, Y).learning_rate_curve_, 0.05 * cosine(last_of_epoch, None), rtol=1e-12)


def test_verbose_tells_of_each_epoch(capsys):
    AdaptiveMLPClassifier(verbose=True, early_stopping=True, tol=1e9, n_iter_no_change=2, **FAST).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    for number, line in enumerate(lines[:-1], start=1):
        for word in (
            f"Iteration {number}, loss = ",
            "validation loss = ",
            "validation score = ",
            "learning rate = ",
            " s",
        ):
            assert word in line
    assert (
        lines[-1]
        == "Validation score did not improve more than tol=1000000000.000000 for 2 consecutive epochs. Stopping."
    )


@each_general_solver
def test_verbose_with_every_solver(solver, capsys):
    model = AdaptiveMLPClassifier(solver=solver, verbose=True, tol=1e-9, **{**FAST, "max_iter": 3}).fit(X, Y)
    assert capsys.readouterr().out.count("Iteration") == model.n_iter_ == len(model.loss_curve_) == 3
    model.set_params(verbose=False).fit(X, Y)
    assert not capsys.readouterr().out
