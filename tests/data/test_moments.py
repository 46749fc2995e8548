"""Weighted means and deviations of columns."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.preprocessing import StandardScaler

from sk_adaptive._data.moments import MANY_COLUMNS, VALUES_AT_A_TIME, Moments

RANDOM = np.random.RandomState(0)
X = RANDOM.normal([0, 5, -1e6], [1, 0.1, 20], (200, 3)) * (RANDOM.uniform(size=(200, 3)) > 0.3)
WEIGHTS = RANDOM.uniform(0.1, 2, 200)


def _with_missing():
    return np.where(RANDOM.uniform(size=X.shape) < 0.1, np.nan, X)


@pytest.mark.parametrize("container", [np.asarray, sp.csr_array])
@pytest.mark.parametrize("weights", [np.ones(200), WEIGHTS], ids=["equal", "weighted"])
def test_moments_are_those_of_a_standard_scaler(container, weights):
    values = _with_missing()
    scaler = StandardScaler().fit(values, sample_weight=weights)
    moments = Moments.from_rows(container(values), weights)
    np.testing.assert_allclose(moments.mean, scaler.mean_, rtol=1e-12)
    np.testing.assert_allclose(moments.deviation, scaler.scale_, rtol=1e-12)
    np.testing.assert_allclose(moments.missing, weights @ np.isnan(values), atol=1e-12)


@pytest.mark.parametrize("container", [np.asarray, sp.csr_array])
def test_moments_of_parts_make_those_of_all(container):
    values = _with_missing()
    parts = [Moments.from_rows(container(values[some]), WEIGHTS[some]) for some in (slice(70), slice(70, 200))]
    merged, whole = parts[0].merged(parts[1]), Moments.from_rows(container(values), WEIGHTS)
    for name in vars(whole):
        np.testing.assert_allclose(getattr(merged, name), getattr(whole, name), rtol=1e-12, atol=1e-12)


def test_moments_of_many_rows():
    many = np.tile(X, (VALUES_AT_A_TIME // X.size + 2, 1))
    one, all_of_them = Moments.from_rows(X, np.ones(len(X))), Moments.from_rows(many, np.ones(len(many)))
    np.testing.assert_allclose(all_of_them.mean, one.mean, rtol=1e-10)
    np.testing.assert_allclose(all_of_them.deviation, one.deviation, rtol=1e-10)


@pytest.mark.parametrize("size", [1e300, 1e-300, 1.0])
def test_huge_and_tiny_numbers(size):
    moments = Moments.from_rows(X[:, :1] * size, np.ones(len(X)))
    np.testing.assert_allclose(moments.deviation / size, X[:, 0].std(), rtol=1e-12)
    assert not moments.is_constant.any()


@pytest.mark.parametrize("value", [0.0, 0.1, -1e6 / 3, 1e300])
@pytest.mark.parametrize("container", [np.asarray, sp.csr_array])
def test_constant_columns(value, container):
    column = np.full((1000, 1), value)
    moments = Moments.from_rows(container(column), RANDOM.uniform(0.1, 2, 1000))
    assert moments.is_constant.all()
    np.testing.assert_allclose(moments.mean, value, rtol=1e-12)
    moments.check(1)


@pytest.mark.parametrize("size", [1.7e308, 5e-324, 1e-310, 1.0])
@pytest.mark.parametrize("container", [np.asarray, sp.csr_array])
def test_moments_of_rows_are_possible_ones(container, size):
    values = np.where(np.isnan(_with_missing()), np.nan, RANDOM.choice([-1.0, 0.0, 0.1, 1.0], X.shape)) * size
    parts = [Moments.from_rows(container(values[some]), WEIGHTS[some]) for some in (slice(3), slice(3, 200))]
    for each in (*parts, parts[0].merged(parts[1])):
        each.check(X.shape[1])


@pytest.mark.parametrize("weight", [0.1, 1.0, 9.0])
def test_means_of_opposite_sign_are_merged_at_any_size(weight):
    low, high = (Moments.from_rows(np.full((1, 1), x), np.full(1, w)) for x, w in ((-1.7e308, 1.0), (1.7e308, weight)))
    both, expected = low.merged(high), Moments.from_rows(np.array([[-1.7], [1.7]]), np.array([1, weight]))
    np.testing.assert_allclose(both.mean, expected.mean * 1e308, rtol=1e-12)
    np.testing.assert_allclose(both.deviation, expected.deviation * 1e308, rtol=1e-12)


def test_a_column_without_values():
    moments = Moments.from_rows(np.full((5, 1), np.nan), np.ones(5))
    assert (moments.mean, moments.deviation, moments.missing) == (0, 0, 5)
    merged = moments.merged(Moments.from_rows(X[:, 1:2], WEIGHTS))
    np.testing.assert_allclose(merged.mean, np.average(X[:, 1], weights=WEIGHTS))


def test_a_column_is_rare_by_the_rows_that_store_it_dense_ones_all():
    n_columns = MANY_COLUMNS + 1
    rows = sp.csr_array(np.eye(200, n_columns)) + sp.csr_array(np.ones((200, n_columns)) * (np.arange(n_columns) == 7))
    of_rows = Moments.from_rows(rows, np.ones(200))
    assert of_rows.is_rare.sum() == n_columns - 1
    assert not of_rows.is_rare[7]
    one_dense_row = Moments.from_rows(np.ones((2, n_columns)), np.ones(2))
    merged = of_rows.merged(one_dense_row)
    np.testing.assert_array_equal(merged.stored, of_rows.stored + 2)
    np.testing.assert_array_equal(one_dense_row.merged(of_rows).stored, merged.stored)
    np.testing.assert_array_equal(merged.counted_as(404).stored, 2 * merged.stored)
    assert not one_dense_row.is_rare.any()
    mostly_missing = np.where(np.arange(200)[:, None] > 0, np.nan, np.ones((200, n_columns)))
    assert not Moments.from_rows(mostly_missing, np.ones(200)).is_rare.any()
    assert not merged.with_column(5, Moments.from_rows(np.ones((9, 1)), np.ones(9))).is_rare[5]
    assert not Moments.from_rows(rows[:, :-1], np.ones(200)).is_rare.any()  # not many columns


def test_zeros_that_are_stored_are_zeros_like_others():
    rows = sp.csr_array(sp.random(300, MANY_COLUMNS + 1, density=0.02, random_state=0))
    rows.data[::3] = 0
    rows.data[1] = np.nan
    without = rows.copy()
    without.eliminate_zeros()
    of_both = [Moments.from_rows(each, np.ones(300)) for each in (rows, without)]
    for name in vars(of_both[0]):
        np.testing.assert_array_equal(*(getattr(each, name) for each in of_both), err_msg=name)
    assert rows.nnz > without.nnz
