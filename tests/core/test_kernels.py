"""Every compiled activation is its NumPy formula, and its derivative is that of its value.

All cases come from the registries: a new family is tested without a new test.
"""

import numpy as np
import pytest
from reference import ACTIVATIONS, LEARNED_ACTIVATIONS, smooth_derivative

from sk_adaptive._core import engine

UNITS = (1, 3, 16, 37)  # also fewer, and more, than a whole number of vectors
STEP = 2e-3

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
every_learned = pytest.mark.parametrize("activation", LEARNED_ACTIVATIONS.values(), ids=LEARNED_ACTIVATIONS)


def _parameters(activation, units, dtype=np.float64, seed=1):
    """Return one set of parameters per unit, near the starting values."""
    start = activation.initial_parameters()[:, None]
    return (start + 0.3 * np.random.RandomState(seed).normal(size=(len(start), units))).astype(dtype)


def _inputs(units, dtype=np.float64, rows=60, seed=0):
    """Return pre-activations as a network has them, and some far out."""
    rng = np.random.RandomState(seed)
    z = np.concatenate([rng.normal(scale=2, size=(rows, units)), rng.uniform(-12, 12, size=(rows // 4, units))])
    return z.astype(dtype)


def _compiled(activation, z, p, d):
    return engine.activation(activation.kernel, activation.constants, z, p, d)


def _close(dtype, scale=1.0):
    tolerance = 300 * np.finfo(dtype).eps * scale
    return {"rtol": tolerance, "atol": tolerance}


def _wide(*arrays):
    return [array.astype(np.float64) for array in arrays]


def test_every_compiled_activation_has_a_python_face():
    assert {activation.kernel for activation in ACTIVATIONS.values()} == set(engine.ACTIVATIONS)


@pytest.mark.parametrize("units", UNITS)
@every_activation
def test_value_and_derivatives_are_the_formulas(activation, units, dtype, instruction_set):
    z, p = _inputs(units, dtype), _parameters(activation, units, dtype)
    d = np.random.RandomState(2).normal(size=z.shape).astype(dtype)
    value, derivative, gradient = _compiled(activation, z, p, d)
    z, p, d = _wide(z, p, d)
    np.testing.assert_allclose(value, activation.value(z, p), **_close(dtype))
    np.testing.assert_allclose(derivative, d * activation.derivative(z, p), **_close(dtype))
    expected = [np.sum(d * each, axis=0) for each in activation.parameter_gradients(z, p)]
    scale = [np.sum(np.abs(d * each), axis=0) for each in activation.parameter_gradients(z, p)]
    assert gradient.shape == (activation.n_parameters, units)
    for got, want, size in zip(gradient, expected, scale, strict=True):
        assert (np.abs(got - want) <= 300 * np.finfo(dtype).eps * (1 + size)).all()


@every_activation
def test_derivative_is_that_of_the_value(activation, dtype, instruction_set):
    z, p = _inputs(37, dtype), _parameters(activation, 37, dtype)
    _, derivative, _ = _compiled(activation, z, p, np.ones_like(z))
    z, p = _wide(z, p)
    expected, smooth = smooth_derivative(lambda shift: activation.value(z + shift, p), STEP)
    assert smooth.mean() > 0.8  # the rest lies at a kink
    close = _close(dtype) if dtype is np.float32 else {"rtol": 1e-9, "atol": 1e-9}
    np.testing.assert_allclose(derivative[smooth], expected[smooth], **close)
    np.testing.assert_allclose(activation.derivative(z, p)[smooth], expected[smooth], rtol=1e-9, atol=1e-9)


@every_learned
def test_parameter_gradients_are_those_of_the_value(activation, dtype, instruction_set):
    z, p = _inputs(37, dtype), _parameters(activation, 37, dtype)
    wide_z, wide_p = _wide(z, p)
    for i, twin in enumerate(activation.parameter_gradients(wide_z, wide_p)):
        one = np.eye(activation.n_parameters)[i][:, None]
        derivative, smooth = smooth_derivative(
            lambda shift, one=one: activation.value(wide_z, wide_p + shift * one), STEP
        )
        assert smooth.mean() > 0.8
        np.testing.assert_allclose(twin[smooth], derivative[smooth], rtol=1e-8, atol=1e-8)
        _, _, gradient = _compiled(activation, z, p, smooth.astype(dtype))
        np.testing.assert_allclose(
            gradient[i], np.sum(derivative * smooth, axis=0), rtol=1e-4 if dtype is np.float32 else 1e-8, atol=1e-4
        )


@every_activation
def test_extremes(activation, dtype, instruction_set):
    z = np.array([[-1e30, -1e4, -88.0, -0.0, 0.0, 88.0, 1e4, 1e30]], dtype=dtype)
    p = activation.initial_parameters()[:, None].repeat(z.size, axis=1).astype(dtype)
    value, derivative, gradient = _compiled(activation, z, p, np.ones_like(z))
    assert np.isfinite(value).all()
    assert np.isfinite(derivative).all()
    assert np.isfinite(gradient).all()
    z, p = _wide(z, p)
    np.testing.assert_allclose(value, activation.value(z, p), **_close(dtype))
    np.testing.assert_allclose(derivative, activation.derivative(z, p), **_close(dtype))
    for got, twin in zip(gradient, activation.parameter_gradients(z, p), strict=True):
        np.testing.assert_allclose(got, twin[0], **_close(dtype))


@every_activation
def test_nan_in_nan_out(activation, dtype, instruction_set):
    z = _inputs(37, dtype)
    p = _parameters(activation, 37, dtype)
    clean = _compiled(activation, z, p, np.ones_like(z))
    z[3, 5] = z[7, 0] = np.nan
    value, derivative, gradient = _compiled(activation, z, p, np.ones_like(z))
    for got, before in [(value, clean[0]), (derivative, clean[1])]:
        np.testing.assert_array_equal(np.isnan(got), np.isnan(z))
        np.testing.assert_array_equal(got[~np.isnan(z)], before[~np.isnan(z)])
    hit = np.isnan(z).any(axis=0)
    assert not np.isnan(gradient[:, ~hit]).any()
    assert np.isnan(gradient[:, hit]).any(axis=0).all() or not activation.n_parameters
    for twin in (activation.value(z, p), activation.derivative(z, p)):
        np.testing.assert_array_equal(np.isnan(twin), np.isnan(z))


@every_learned
def test_nan_parameter_spoils_its_own_unit_only(activation, dtype, instruction_set):
    z, p = _inputs(37, dtype), _parameters(activation, 37, dtype)
    p[:, 4] = np.nan
    value, _, _ = _compiled(activation, z, p, np.ones_like(z))
    assert np.isnan(value[:, 4]).any()
    assert not np.isnan(np.delete(value, 4, axis=1)).any()


@every_activation
def test_numpy_twin_keeps_the_dtype(activation, dtype):
    z, p = _inputs(3, dtype), _parameters(activation, 3, dtype)
    assert activation.value(z, p).dtype == dtype
    assert activation.derivative(z, p).dtype == dtype
    assert all(each.dtype == dtype for each in activation.parameter_gradients(z, p))
