"""The transformer that pulls far values in."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.utils.estimator_checks import parametrize_with_checks

from sk_adaptive import SmoothClip

X = np.array([[-30.0, 0.0, 2.0], [0.01, np.nan, 4.0]])


@parametrize_with_checks([SmoothClip()])
def test_follows_scikit_learns_conventions(estimator, check):
    check(estimator)


@pytest.mark.parametrize("limit", [0.5, 3, np.float64(5)])
def test_the_formula(limit, dtype):
    clipped = SmoothClip(limit).fit_transform(X.astype(dtype))
    assert clipped.dtype == dtype
    np.testing.assert_allclose(clipped, X / np.sqrt(1 + (X / limit) ** 2), rtol=1e-6)


def test_the_largest_numbers_reach_the_limit(dtype):
    largest = np.finfo(dtype).max
    np.testing.assert_allclose(SmoothClip(2.0).fit_transform(np.array([[-largest, largest]])), [[-2, 2]])


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_rows_stay_sparse(kind):
    rows = kind(np.nan_to_num(X))
    clipped = SmoothClip().fit_transform(rows)
    assert type(clipped) is type(rows)
    assert clipped.nnz == rows.nnz
    np.testing.assert_array_equal(clipped.toarray(), SmoothClip().fit_transform(np.nan_to_num(X)))
    np.testing.assert_array_equal(rows.toarray(), np.nan_to_num(X))


def test_a_limit_must_be_positive():
    with pytest.raises(ValueError, match="limit"):
        SmoothClip(0.0).fit(X)
