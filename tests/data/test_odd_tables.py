"""Tables that are hardly meant so: each is read rightly, or is an error that names the column and changes nothing."""

import datetime as dt
import decimal
import fractions

import numpy as np
import pytest
import scipy.sparse as sp

from sk_adaptive import AdaptiveMLPClassifier

pd = pytest.importorskip("pandas")

N = 60
X = np.random.RandomState(0).normal(size=N)
Y = X > 0
SHORT = {"hidden_layer_sizes": (4,), "max_iter": 3, "n_members": 1, "random_state": 0}


def network(**parameters) -> AdaptiveMLPClassifier:
    return AdaptiveMLPClassifier(**SHORT, **parameters)


def table(column) -> pd.DataFrame:
    return pd.DataFrame({"x": X, "odd": column})


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pd.interval_range(0, N), "column odd of X holds intervals: give it dtype category"),
        (pd.Series([10**400, 1] * 30, dtype=object), "column odd of X must hold numbers, but row 0"),
        ([np.array([1, 2])] * N, "column odd of X holds values of types ndarray"),
    ],
    ids=["interval", "huge", "array"],
)
def test_what_cannot_be_read_is_named(column, message):
    model = network()
    with pytest.raises(ValueError, match=message):
        model.fit(table(column), Y)
    assert not hasattr(model, "n_features_in_")


@pytest.mark.parametrize(
    "column",
    [
        [decimal.Decimal("1.5"), decimal.Decimal("sNaN")] * 30,
        [1.5, pd.NA] * 30,
        [decimal.Decimal("1.5"), float("nan")] * 30,
        [fractions.Fraction(3, 2), None] * 30,
    ],
    ids=["signaling", "NA", "decimal", "fraction"],
)
@pytest.mark.parametrize("as_array", [False, True])
def test_numbers_among_objects(column, as_array):
    odd, plain = table(pd.Series(column, dtype=object)), table([1.5, np.nan] * 30)
    if as_array:
        odd, plain = odd.to_numpy(object), plain.to_numpy()
    np.testing.assert_array_equal(
        network().fit(odd, Y).predict_proba(odd), network().fit(plain, Y).predict_proba(plain)
    )


def test_whole_numbers_of_128_bits():
    pl = pytest.importorskip("polars")
    rows = pl.DataFrame({"x": X, "odd": pl.Series([1, 2**70] * 30, dtype=pl.Int128)})
    plain = table([1.0, 2.0**70] * 30)
    np.testing.assert_array_equal(
        network().fit(rows, Y).predict_proba(rows), network().fit(plain, Y).predict_proba(plain)
    )


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        (np.full((N, 2), np.datetime64("2020-01-01")), ValueError, "column 0 of X holds dates or times"),
        (np.full((N, 2), np.timedelta64(1, "D")), ValueError, "column 0 of X holds dates or times"),
        (
            np.array([[1.0, "a"]] * N, dtype=object),
            ValueError,
            r"column 1 of X must hold numbers, but row 0 .* has 'a'",
        ),
        (np.array([["1", "a"]] * N), ValueError, r"column 1 of X must hold numbers, but row 0 .* has 'a'"),
        (np.array([[1.0, dt.date(2020, 1, 1)]] * N, dtype=object), TypeError, "column 1 of X must hold numbers"),
        (np.zeros(N, dtype=[("a", float), ("b", int)]), ValueError, "X is a structured array"),
        (table(X).to_records(), ValueError, "X is a structured array"),
        (pd.DataFrame(index=range(N)), ValueError, r"0 feature\(s\)"),
    ],
    ids=["dates", "times", "objects", "text", "objects of dates", "structured", "records", "no columns"],
)
@pytest.mark.parametrize("fitted", [False, True])
def test_arrays_that_hold_no_numbers(array, error, message, fitted):
    model = network()
    if fitted:
        model.fit(np.c_[X, X], Y)
        message = f"{message}|feature names should match|expecting 2 features"
    before = dict(vars(model))
    with pytest.raises(error, match=message):
        (model.predict if fitted else lambda rows: model.fit(rows, Y))(array)
    assert vars(model) == before


def test_masked_numbers_are_missing():
    masked = np.ma.masked_array(np.c_[X, X], mask=np.c_[X > 1, X < -1])
    missing = np.where(masked.mask, np.nan, masked.data)
    model = network().fit(masked, Y)
    assert model.input_names_.tolist()[-1] == "1=missing"
    np.testing.assert_array_equal(model.predict_proba(masked), network().fit(missing, Y).predict_proba(missing))


def test_levels_that_are_decimals_are_numbers():
    levels = pd.Categorical([decimal.Decimal("1.5"), decimal.Decimal("0.1")] * 30)
    model = network().fit(table(levels), Y)
    assert {"odd=0.1", "odd=1.5"} < set(model.input_names_)
    for same in ([decimal.Decimal("1.50"), decimal.Decimal("0.10")] * 30, [1.5, 0.1] * 30):
        np.testing.assert_array_equal(model.predict_proba(table(same)), model.predict_proba(table(levels)))


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("method", ["predict", "fit", "partial_fit"])
def test_a_sparse_matrix_in_place_of_a_table(method):
    model = network(warm_start=True).fit(table(["a", "b"] * 30), Y)
    before = model.predict_proba(table(["a", "b"] * 30))
    rows = sp.csr_array(np.c_[X, X])
    with pytest.raises(ValueError, match="X is a sparse matrix, but it had columns of categories in fit"):
        getattr(model, method)(*((rows,) if method == "predict" else (rows, Y)))
    np.testing.assert_array_equal(model.predict_proba(table(["a", "b"] * 30)), before)


@pytest.mark.parametrize(
    ("column", "message"), [(pd.Timestamp("2020-01-01"), "dates or times"), ([["a"]] * N, "values of types list")]
)
def test_what_is_no_category_is_refused_while_training_continues(column, message):
    model = network().partial_fit(table(["a", "b"] * 30), Y, [False, True])
    names = model.input_names_.tolist()
    with pytest.raises(ValueError, match=f"column odd of X .*{message}"):
        model.partial_fit(table(column), Y)
    assert model.input_names_.tolist() == names


@pytest.mark.parametrize("chosen", [None, [False, False], ["x"]], ids=str)
@pytest.mark.parametrize("column", [X > 1, pd.Categorical([1, 2, 5] * 20), pd.array([True, None] * 30, "boolean")])
def test_columns_that_the_user_does_not_choose_are_numbers(chosen, column):
    model = network(categorical_features=chosen, warm_start=True).fit(table(column), Y)
    assert "odd" in model.input_names_
    numbers = [np.nan if value is pd.NA else float(value) for value in column]
    expected = network(categorical_features=chosen).fit(table(numbers), Y).predict_proba(table(numbers))
    np.testing.assert_array_equal(model.predict_proba(table(column)), expected)
    assert model.fit(table(column), Y).partial_fit(table(column), Y).n_features_in_ == 2


@pytest.mark.parametrize(
    "column", [pd.Categorical(["a", "b"] * 30), pd.Categorical(pd.to_datetime(["2020", "2021"] * 30))]
)
def test_categories_that_the_user_does_not_choose_and_are_no_numbers(column):
    with pytest.raises((ValueError, TypeError), match="column odd of X must hold numbers"):
        network(categorical_features=["x"]).fit(table(column), Y)


def test_intervals_are_the_same_with_and_without_missing_ones():
    ages = np.where(np.arange(N) % 9 == 4, np.nan, 50 + 20 * X)
    for bins in ([0, 40, 60, 200], [0.0, 40.0, 60.0, 200.0], [0, 40.5, 60, 200]):
        rows = table(pd.cut(ages, bins))
        model = network(solver="lbfgs").fit(rows, ages > 60)
        together = model.predict_proba(rows)
        assert {f"odd=(0, {bins[1]:g}]", "odd=missing"} < set(model.input_names_)
        one_by_one = np.concatenate([model.predict_proba(rows.iloc[[i]]) for i in range(N)])
        np.testing.assert_allclose(one_by_one, together, rtol=1e-10)
        np.testing.assert_array_equal(model.predict_proba(rows.astype(object)), together)


def test_large_levels_keep_every_digit_beside_missing_ones():
    account = pd.Categorical([2**60, 2**60 + 1, None] * 20)
    model = network().fit(table(account), Y)
    assert {f"odd={2**60}", f"odd={2**60 + 1}", "odd=missing"} < set(model.input_names_)
