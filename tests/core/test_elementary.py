"""The elementary functions of _core/simd.hpp keep the errors that their comments state."""

from functools import cache

import mpmath
import numpy as np
import pytest

from sk_adaptive._core import engine

INF = np.inf


def _softplus(x):
    return mpmath.log1p(mpmath.exp(x))


def _logistic(x):
    return 1 / (1 + mpmath.exp(-x))


# Exact function, and largest error in ulp.
EXACT = {
    "exp": (mpmath.exp, 2),
    "expm1": (mpmath.expm1, 3),
    "log": (mpmath.log, 2),
    "tanh": (mpmath.tanh, 3),
    "logistic": (_logistic, 3),
    "softplus": (_softplus, 4),
    "normal_cdf": (mpmath.ncdf, 2),
    "sin": (mpmath.sin, 2),
    "cos": (mpmath.cos, 2),
}
ABSOLUTE = {"normal_cdf", "sin", "cos"}  # error stated in ulp of 1, not of the result
# exp gives 0 below exp_low, where results come near the smallest normal number.
EXP_LOW = {np.float32: -86.5, np.float64: -707.5}
EXP_HIGH = {np.float32: 88.72, np.float64: 709.78}
TRIG_LIMIT = {np.float32: 8192.0, np.float64: 1048576.0}


def _domain(name, dtype):
    low, high = EXP_LOW[dtype], EXP_HIGH[dtype]
    if name == "log":
        return np.finfo(dtype).tiny, np.finfo(dtype).max
    if name in ("sin", "cos"):
        return -TRIG_LIMIT[dtype], TRIG_LIMIT[dtype]
    ends = {"exp": (low, high), "expm1": (-2 * high, high), "softplus": (low, 2 * high), "logistic": (low, -low)}
    return ends.get(name, (-2 * high, 2 * high))


@cache
def _points(name, dtype):
    """Return arguments of every size inside the domain, dense around zero."""
    low, high = _domain(name, dtype)
    rng = np.random.RandomState(0)
    small = 10.0 ** rng.uniform(-30 if dtype is np.float32 else -200, 1, 200) * rng.choice([-1, 1], 200)
    spread = rng.uniform(low / 2, high / 2, 200) * 2
    ends = np.concatenate([low + rng.uniform(0, 1, 50), high - rng.uniform(0, 1, 50)])
    x = np.concatenate([spread, ends, rng.normal(size=400), rng.normal(scale=8, size=200), small])
    if name == "log":
        x = np.concatenate([np.abs(x), 1 + rng.normal(scale=1e-3, size=200), 10.0 ** rng.uniform(-37, 38, 200)])
    x = x.astype(dtype)
    return x[(x >= low) & (x <= high)]


@cache
def _exact(name, dtype):
    """Return the exact values as unevaluated sums of two float64."""
    function, _ = EXACT[name]
    with mpmath.workprec(160):
        exact = [function(mpmath.mpf(float(x))) for x in _points(name, dtype)]
        high = np.array([float(value) for value in exact])
        low = np.array([float(value - mpmath.mpf(h)) for value, h in zip(exact, high, strict=True)])
    return high, low


def test_every_function_has_a_stated_error():
    assert set(EXACT) == set(engine.ELEMENTARY)


@pytest.mark.parametrize("name", EXACT)
def test_error_in_ulp(name, dtype, instruction_set):
    x = _points(name, dtype)
    high, low = _exact(name, dtype)
    error = np.abs((engine.elementary(name, x).astype(np.float64) - high) - low)
    size = np.ones_like(high) if name in ABSOLUTE else np.maximum(np.abs(high), np.finfo(dtype).tiny)
    ulp = np.spacing(size.astype(dtype)).astype(np.float64)
    worst = np.argmax(error / ulp)
    assert error[worst] <= EXACT[name][1] * ulp[worst], f"{name}({x[worst]!r}): {error[worst] / ulp[worst]} ulp"


EXTREMES = {  # at -inf, -1e30, -0, 0, 1e30, inf
    "exp": [0, 0, 1, 1, INF, INF],
    "expm1": [-1, -1, 0, 0, INF, INF],
    "tanh": [-1, -1, -0.0, 0, 1, 1],
    "logistic": [0, 0, 0.5, 0.5, 1, 1],
    "softplus": [0, 0, np.log(2), np.log(2), 1e30, INF],
    "normal_cdf": [0, 0, 0.5, 0.5, 1, 1],
}


@pytest.mark.parametrize("name", EXTREMES)
def test_extremes(name, dtype, instruction_set):
    y = engine.elementary(name, np.array([-INF, -1e30, -0.0, 0.0, 1e30, INF], dtype=dtype))
    np.testing.assert_allclose(y, np.array(EXTREMES[name], dtype=dtype), rtol=2 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_large_arguments_are_reduced_exactly(name, dtype, instruction_set):
    x = np.array([9e3, -3e5, 2e6, -1e15, 1e30], dtype=dtype)
    exact = getattr(np, name)(x.astype(np.float64))
    np.testing.assert_allclose(engine.elementary(name, x), exact, rtol=0, atol=2 * np.finfo(dtype).eps)
    assert np.isnan(engine.elementary(name, np.array([INF, -INF], dtype=dtype))).all()


@pytest.mark.parametrize("name", [name for name in EXACT if name != "log"])  # log is for positive normal numbers only
def test_nan_stays_nan(name, dtype, instruction_set):
    x = np.linspace(-3, 3, 37, dtype=dtype)
    x[::5] = np.nan
    np.testing.assert_array_equal(np.isnan(engine.elementary(name, x)), np.isnan(x))


def test_exponential_ends_in_zero(dtype, instruction_set):
    """Where exp gives up at the lower end of its range, it gives 0 and not something else."""
    x = np.linspace(EXP_LOW[dtype] - 30, EXP_LOW[dtype] + 1, 1001, dtype=dtype)
    y = engine.elementary("exp", x)
    zero = y == 0
    assert not zero[x >= EXP_LOW[dtype]].any()
    assert np.exp(x[zero].astype(np.float64)).max() < 3 * np.finfo(dtype).tiny
    assert (np.diff(y) >= 0).all()
