"""Tables as people have them: categories, missing values, columns of every dtype."""

import datetime as dt
import decimal
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
import skrub
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor, HiddenLayerTransformer

pd = pytest.importorskip("pandas")

ESTIMATORS = [AdaptiveMLPClassifier, AdaptiveMLPRegressor]
SHORT = {"hidden_layer_sizes": (6,), "max_iter": 5, "random_state": 0}
N = 120
RNG = np.random.RandomState(0)
TOWN = RNG.choice(["Oslo", "Paris", "Rome"], N)
SIZE = RNG.normal(70, 20, N)
KEY = RNG.choice(["a", "b", "c", "d"], N)
Y = (TOWN == "Rome").astype(int) + (SIZE > 70)


def _table(**changes):
    columns = {"size": np.where(np.arange(N) % 11 == 3, np.nan, SIZE), "town": TOWN.astype(object), "key": KEY}
    return pd.DataFrame({**columns, **changes})


def _polars(table):
    return pytest.importorskip("polars").from_pandas(table)


def _answers(model, rows):
    return model.predict_proba(rows) if hasattr(model, "predict_proba") else model.predict(rows)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_table_is_learned_as_it_is(estimator, solver):
    model = estimator(random_state=0, solver=solver).fit(_table(), Y)
    assert model.score(_table(), Y) > 0.85
    names = ["size", "town=", "key="]
    assert all(any(name.startswith(start) for start in names) for name in model.input_names_)
    assert len(model.input_names_) == len(model.coefs_[0]) == 1 + 1 + 3 + 4


@pytest.mark.parametrize(
    "convert",
    [
        lambda table: table.astype({"town": "category", "key": "category"}),
        lambda table: table.astype({"town": "string", "key": "str"}),
        lambda table: table.astype({"town": pd.CategoricalDtype(["unused", "Rome", "Paris", "Oslo"])}),
        lambda table: table.astype({"size": "Float64"}),
        _polars,
        lambda table: _polars(table.astype({"town": "category"})),
    ],
    ids=["category", "string", "declared levels", "nullable", "polars", "polars category"],
)
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")  # of polars 2, to scikit-learn before 1.7
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_dtype_of_a_table_does_not_matter(estimator, convert):
    model = estimator(**SHORT).fit(_table(), Y)
    other = estimator(**SHORT).fit(convert(_table()), Y)
    np.testing.assert_allclose(_answers(other, convert(_table())), _answers(model, _table()), rtol=1e-7)
    np.testing.assert_allclose(_answers(model, convert(_table())), _answers(model, _table()), rtol=1e-7)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_names_of_levels_do_not_matter(estimator):
    renamed = _table(town=pd.Series(TOWN).map({"Oslo": "z", "Paris": "y", "Rome": "x"}))
    model, other = (estimator(**SHORT).fit(table, Y) for table in (_table(), renamed))
    np.testing.assert_allclose(_answers(other, renamed), _answers(model, _table()), rtol=1e-10)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_order_of_columns_does_not_matter(estimator):
    other = _table()[["key", "size", "town"]]
    first, second = estimator(**SHORT).fit(_table(), Y), estimator(**SHORT).fit(other, Y)
    np.testing.assert_allclose(_answers(second, other), _answers(first, _table()), rtol=1e-7)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_one_row_is_predicted_as_among_many(estimator):
    model = estimator(**SHORT).fit(_table(), Y)
    one_by_one = np.concatenate([_answers(model, _table().iloc[[i]]) for i in range(20)])
    np.testing.assert_allclose(one_by_one, _answers(model, _table())[:20], rtol=1e-10)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_weighted_rows_are_repeated_rows(estimator):
    counts = np.arange(N) % 3
    rows = np.repeat(np.arange(N), counts)
    knobs = {**SHORT, "batch_size": 10**6, "min_frequency": 30}
    weighted = estimator(**knobs).fit(_table(), Y, sample_weight=counts)
    repeated = estimator(**knobs).fit(_table().iloc[rows], Y[rows])
    np.testing.assert_allclose(_answers(weighted, _table()), _answers(repeated, _table()), rtol=1e-6, atol=1e-9)


def _one_hot_by_hand(table):
    return np.column_stack([table["key"] == level for level in "abcd"]).astype(float)


def test_a_level_is_a_row_of_the_first_layers_weights():
    model = AdaptiveMLPRegressor(hidden_layer_sizes=5, n_members=1, random_state=0).fit(_table()[["key"]], Y)
    order = [name.split("=")[1] for name in model.input_names_]
    coef, intercept = model.coefs_, model.intercepts_
    one_hot = _one_hot_by_hand(_table())[:, ["abcd".index(level) for level in order]]
    z = one_hot @ coef[0] + intercept[0]
    h = model.activations_[0](z)
    shift, scale = model._targets.scaling
    np.testing.assert_allclose(model.predict(_table()[["key"]]), (h @ coef[1] + intercept[1])[:, 0] * scale + shift)


def test_intervals_are_levels():
    table = _table(band=pd.cut(SIZE, [0, 50, 70, 90, 200]))
    model = AdaptiveMLPClassifier(random_state=0).fit(table[["band"]], SIZE > 70)
    assert "band=(70, 90]" in model.input_names_
    assert model.score(table[["band"]], SIZE > 70) == 1
    assert model.partial_fit(table[["band"]], SIZE > 70).coefs_[0].shape[0] == 4


def test_rare_unseen_and_missing_levels():
    key = np.where(np.arange(N) < 2, "rare", np.where(np.arange(N) == 2, "rarer", KEY)).astype(object)
    model = AdaptiveMLPClassifier(random_state=0, min_frequency=3).fit(_table(key=key), Y)
    assert "key=rare" in model.input_names_
    assert not any("rarer" in name for name in model.input_names_)

    def with_key(value):
        return model.predict_proba(_table(key=pd.Series([value] * N, dtype=object)))

    np.testing.assert_array_equal(with_key("rarer"), with_key("rare"))
    np.testing.assert_array_equal(with_key("never seen"), with_key("rare"))
    for missing in (None, np.nan, pd.NA, float("nan")):
        np.testing.assert_array_equal(with_key(missing), with_key(None))
    own = AdaptiveMLPClassifier(**SHORT).fit(_table(key=key), Y)
    assert {"key=rare", "key=rarer"} <= set(own.input_names_)


def test_a_missing_level_is_one_of_its_own_where_training_had_some():
    key = np.where(np.arange(N) % 2, KEY, None)
    model = AdaptiveMLPClassifier(random_state=0).fit(_table(key=key), np.arange(N) % 2)
    assert "key=missing" in model.input_names_
    assert model.score(_table(key=key), np.arange(N) % 2) == 1


@pytest.mark.parametrize("chosen", [[1, 2], [False, True, True], ["town", "key"]], ids=str)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_categories_by_position_mask_or_name(estimator, chosen):
    by_dtype = estimator(**SHORT).fit(_table(), Y)
    by_name = estimator(categorical_features=chosen, **SHORT).fit(_table(), Y)
    np.testing.assert_array_equal(_answers(by_name, _table()), _answers(by_dtype, _table()))
    if not isinstance(chosen[0], str):
        rows = _table().to_numpy(dtype=object)
        of_array = estimator(categorical_features=chosen, **SHORT).fit(rows, Y)
        np.testing.assert_array_equal(_answers(of_array, rows), _answers(by_dtype, _table()))
        np.testing.assert_array_equal(_answers(of_array, rows.tolist()), _answers(by_dtype, _table()))


def test_numbers_that_are_categories():
    codes = RNG.randint(0, 5, (N, 2)).astype(float)
    label = np.isin(codes[:, 0], [1, 4])
    model = AdaptiveMLPClassifier(categorical_features=[0], random_state=0).fit(codes, label)
    assert model.score(codes, label) == 1
    assert len(model.input_names_) == 6
    with pytest.raises(ValueError, match="categorical_features must be None or 'from_dtype' for sparse X"):
        AdaptiveMLPClassifier(categorical_features=[0]).fit(sp.csr_array(codes), label)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ([3], "must be in"),
        ([-1], "must be in"),
        ([True, False], "must have shape"),
        (["nowhere"], "'nowhere' which is not a valid feature name"),
        ([0.5], "must be an array-like of bool, int or str"),
        ("from_name", "categorical_features"),
        (None, "column town of X must hold numbers, or be one of categorical_features"),
        (["town"], "column key of X must hold numbers, or be one of categorical_features"),
    ],
    ids=str,
)
def test_wrong_categories_are_an_error(chosen, message):
    with pytest.raises(ValueError, match=message):
        AdaptiveMLPClassifier(categorical_features=chosen, **SHORT).fit(_table(), Y)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["12.5", "7"] * 60, "numbers stored as text, such as '12.5'"),
        (["2020-01-31", "2021-02-01"] * 60, "dates or times"),
        (["2020-01-31", "unknown", "2021-02-01 10:30"] * 40, "dates or times"),
        (pd.date_range("2020", periods=N), "dates or times"),
        ([dt.date(2020, 1, 1)] * N, "dates or times"),
        (pd.to_timedelta(np.arange(N), "h"), "dates or times"),
        ([f"a long story about {i}" for i in range(N)], "free text or identifiers"),
        ([1, "one"] * 60, "values of types int, str"),
        ([[1]] * N, "values of types list"),
        ([1j] * N, "must hold numbers"),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_what_is_neither_number_nor_category_is_named(method, column, message):
    model = AdaptiveMLPRegressor(**SHORT)
    with pytest.raises(ValueError, match=f"column odd of X .*{message}"):
        getattr(model, method)(_table(odd=pd.Series(column)), Y)
    assert not hasattr(model, "theta_")


@pytest.mark.parametrize(
    "column",
    [
        [True, False] * 60,
        pd.array([True, None] * 60, dtype="boolean"),
        [decimal.Decimal("1.5"), None] * 60,
        pd.array([1, None] * 60, dtype="Int64"),
        [None] * N,
        np.arange(N, dtype=np.uint8),
    ],
    ids=["bool", "nullable bool", "decimal", "nullable int", "nothing", "uint8"],
)
@pytest.mark.parametrize("frame", [pd.DataFrame, lambda table: _polars(pd.DataFrame(table))], ids=["pandas", "polars"])
def test_columns_of_every_dtype(frame, column):
    table = frame(_table(odd=pd.Series(column)))
    model = AdaptiveMLPClassifier(**SHORT).fit(table, Y)
    assert np.isfinite(model.predict_proba(table)).all()


def test_text_among_numbers_at_prediction_is_named():
    model = AdaptiveMLPClassifier(**SHORT).fit(_table(), Y)
    with pytest.raises(ValueError, match=r"column size of X must hold numbers, but row 2 .* has 'big'"):
        model.predict(_table(size=[1, None, "big"] * 40))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(_table()[["town", "size", "key"]])


@pytest.mark.filterwarnings("ignore:The network predicts the same")
def test_more_levels_than_bytes():
    keys = np.arange(100_000).astype(str).astype(object)
    table = pd.DataFrame({"key": pd.Series(keys, dtype="category")})
    model = AdaptiveMLPClassifier(4, "relu", max_iter=1, random_state=0)
    model.fit(table, np.arange(len(keys)) % 2)
    assert model.coefs_[0].shape == (100_000, 4)
    assert len(model.predict(table)) == len(keys)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_new_levels_while_training_continues(estimator):
    first = _table().query("key != 'd'").dropna()
    knobs = {**SHORT, "learning_rate_init": 1e-300}
    extra = [[0, 1, 2]] if estimator is AdaptiveMLPClassifier else []
    model = estimator(**knobs).partial_fit(first, Y[first.index], *extra)
    before = _answers(model, first)
    model.partial_fit(_table(), Y)
    assert list(model.input_names_[-2:]) == ["key=d", "size=missing"]
    np.testing.assert_allclose(_answers(model, first), before, rtol=1e-6, atol=1e-8)
    model.set_params(learning_rate_init=0.01)
    for _ in range(3):
        model.partial_fit(_table(), Y)
    assert np.abs(model.coefs_[0][-2]).max() > 0
    warm = estimator(warm_start=True, **SHORT).fit(first, Y[first.index])
    assert "key=d" in warm.fit(_table(), Y).input_names_


def test_validation_rows_have_levels_of_their_own():
    other = _table(key=np.where(KEY == "d", "new", KEY)).astype({"key": "category", "town": "category"})
    model = AdaptiveMLPClassifier(**SHORT).fit(_table(), Y, X_val=other, y_val=Y)
    assert len(model.validation_scores_) == model.n_iter_
    assert not any("new" in name for name in model.input_names_)


def test_validation_scores_are_those_of_the_table():
    model = AdaptiveMLPClassifier(scoring="accuracy", random_state=0, max_iter=20)
    model.fit(_table(), Y, X_val=_table()[:50], y_val=Y[:50])
    assert model.best_validation_score_ == model.score(_table()[:50], Y[:50]) > 0.8


@pytest.mark.parametrize(
    "knobs", [{"early_stopping": True}, {"class_weight": "balanced"}, {"learn_scales": True}], ids=str
)
def test_tables_with_everything_else(knobs):
    model = AdaptiveMLPClassifier(**SHORT, **knobs).fit(_table(), Y)
    assert model.predict_proba(_table()).shape == (N, 3)
    several = AdaptiveMLPRegressor(**SHORT).fit(_table(), np.column_stack([Y, SIZE]))
    assert several.predict(_table()).shape == (N, 2)
    labels = AdaptiveMLPClassifier(**SHORT).fit(_table(), np.column_stack([Y > 0, Y > 1]).astype(int))
    assert labels.predict(_table()).shape == (N, 2)


def test_tables_in_other_estimators(tmp_path):
    from sk_adaptive import load, save

    transformer = HiddenLayerTransformer(AdaptiveMLPClassifier(n_members=1, **SHORT)).fit(_table(), Y)
    assert transformer.transform(_table()).shape == (N, 6)
    assert transformer.feature_names_in_.tolist() == ["size", "town", "key"]
    model = AdaptiveMLPClassifier(**SHORT).fit(_table(), Y)
    copied = pickle.loads(pickle.dumps(model))
    pytest.importorskip("skops")
    save(model, tmp_path / "model.skops")
    for other in (copied, load(tmp_path / "model.skops")):
        np.testing.assert_array_equal(other.predict_proba(_table()), model.predict_proba(_table()))
        np.testing.assert_array_equal(other.input_names_, model.input_names_)


def test_one_hot_columns_work_as_before():
    encoder = make_column_transformer((OneHotEncoder(), ["town", "key"]), remainder="passthrough")
    model = make_pipeline(encoder, AdaptiveMLPClassifier(random_state=0)).fit(_table(), Y)
    assert model.score(_table(), Y) > 0.85


def test_dates_and_free_text_with_skrub():
    table = _table(day=pd.date_range("2020", periods=N), note=[f"a long story about {i}" for i in range(N)])
    model = skrub.tabular_pipeline(AdaptiveMLPClassifier(random_state=0)).fit(table, Y)
    assert model.score(table, Y) > 0.8
