"""The core's matrix products are NumPy's, whatever the sizes, strides and orders."""

import numpy as np
import pytest

from sk_adaptive._core import engine

# Rows, columns and inner size: below, at and above whole vectors, tiles and the slice of 128.
SIZES = [(1, 1, 1), (5, 3, 10), (32, 10, 4), (33, 16, 16), (7, 37, 129), (64, 31, 140), (50, 100, 300), (40, 130, 20)]
MAX_VECTOR = 16


def _matrix(rows, columns, dtype, *, transposed=False, padded=False, seed=0):
    """Return a view with unit stride along one axis; rows of a padded one end in NaN up to a whole vector."""
    if transposed:
        return _matrix(columns, rows, dtype, padded=padded, seed=seed).T
    stride = -(-columns // MAX_VECTOR) * MAX_VECTOR if padded else columns
    memory = np.full((rows, stride), np.nan, dtype=dtype)
    memory[:, :columns] = np.random.RandomState(seed).normal(size=(rows, columns))
    return memory[:, :columns]


@pytest.mark.parametrize("padded", [False, True], ids=["tight", "padded"])
@pytest.mark.parametrize("b_transposed", [False, True], ids=["B", "B.T"])
@pytest.mark.parametrize("a_transposed", [False, True], ids=["A", "A.T"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_products_are_numpys(size, a_transposed, b_transposed, padded, dtype, instruction_set):
    m, n, k = size
    a = _matrix(m, k, dtype, transposed=a_transposed, seed=1)
    b = _matrix(k, n, dtype, transposed=b_transposed, padded=padded, seed=2)
    out = _matrix(m, n, dtype, padded=padded, seed=3)
    before = out.astype(np.float64)
    exact = a.astype(np.float64) @ b.astype(np.float64)
    tolerance = {"rtol": 0, "atol": 20 * np.finfo(dtype).eps * np.sqrt(k) * 4}
    engine.multiply(a, b, out)
    np.testing.assert_allclose(out, exact, **tolerance)
    out[...] = before
    engine.multiply(a, b, out, add=True)
    np.testing.assert_allclose(out, before + exact, **tolerance)


def test_nothing_is_written_beside_the_product(dtype, instruction_set):
    """Rows without room for whole vectors end where the next ones begin, or the memory does."""
    memory = np.full(64 + 9 * 37 + 64, 7, dtype=dtype)
    out = memory[64 : 64 + 9 * 37].reshape(9, 37)
    engine.multiply(_matrix(9, 5, dtype), _matrix(5, 37, dtype), out)
    assert (memory[:64] == 7).all()
    assert (memory[-64:] == 7).all()


def test_a_strided_right_side_is_refused(dtype):
    with pytest.raises(ValueError, match="contiguous along an axis"):
        engine.multiply(np.zeros((2, 4), dtype), np.zeros((8, 6), dtype)[::2, ::2], np.zeros((2, 3), dtype))
