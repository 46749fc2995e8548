"""Every compiled loss is its formula, and its gradient the derivative; seen through a network that is the identity."""

import numpy as np
import pytest
from reference import LOSSES, smooth_derivative

from sk_adaptive._core import engine
from sk_adaptive._network.plan import make_plan
from sk_adaptive.losses.classification import BinaryCrossEntropy, CrossEntropy

every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)


def _identity(n_outputs, loss, dtype):
    """Return a network without hidden layers whose raw outputs are its inputs, and its theta."""
    plan = make_plan(n_outputs, [], n_outputs, [], loss=loss)
    theta = np.zeros(plan.n_theta, dtype=dtype)
    plan.coefs(theta)[0][...] = np.eye(n_outputs)
    return plan.network(np.dtype(dtype)), theta


def _targets(loss, rows, n_outputs, dtype, seed=1):
    rng = np.random.RandomState(seed)
    if isinstance(loss, CrossEntropy):
        return rng.randint(0, n_outputs, size=(rows, 1)).astype(dtype)
    if isinstance(loss, BinaryCrossEntropy):
        return rng.randint(0, 2, size=(rows, n_outputs)).astype(dtype)
    if loss.y_min == 0:
        return rng.gamma(2, size=(rows, n_outputs)).astype(dtype)
    return rng.normal(size=(rows, n_outputs)).astype(dtype)


def _each_row(network, theta, raw, y):
    """Return each row's loss and gradients: a row's bias gradient is the gradient at its raw outputs."""
    losses, gradients = [], []
    for i in range(len(raw)):
        gradient = np.empty_like(theta)
        losses.append(network.loss_and_grad(theta, raw[i : i + 1], y[i : i + 1], None, gradient))
        gradients.append(gradient[-raw.shape[1] :])
    return np.array(losses), np.array(gradients)


def test_every_compiled_loss_is_tested():
    assert {loss.kernel for loss in LOSSES.values()} == set(engine.LOSSES)


@pytest.mark.parametrize("n_outputs", [1, 3, 19])
@every_loss
def test_loss_and_gradient_are_the_formulas(loss, n_outputs, dtype, instruction_set):
    raw = np.random.RandomState(0).normal(scale=3, size=(40, n_outputs)).astype(dtype)
    y = _targets(loss, 40, n_outputs, dtype)
    losses, gradients = _each_row(*_identity(n_outputs, loss, dtype), raw, y)
    raw, y = raw.astype(np.float64), y.astype(np.float64)
    tolerance = 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(losses, loss.value(raw, y).sum(axis=1), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(gradients, loss.gradient(raw, y), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("n_outputs", [1, 3, 8, 19])
@every_loss
def test_rows_together_are_the_rows_one_by_one(loss, n_outputs, dtype, instruction_set):
    """Rows are taken a vector at a time, also over the end of one; the weights' gradient shows each row's gradient."""
    rng = np.random.RandomState(0)
    raw, y = rng.normal(scale=3, size=(45, n_outputs)).astype(dtype), _targets(loss, 45, n_outputs, dtype)
    weights = rng.uniform(0.5, 2, size=45).astype(dtype)
    network, theta = _identity(n_outputs, loss, dtype)
    losses, gradients = _each_row(network, theta, raw, y)
    gradient = np.empty_like(theta)
    got = network.loss_and_grad(theta, raw, y, weights, gradient)
    # With one class all losses are 0 up to rounding, which is that of the raw outputs.
    tolerance = {"rtol": 0, "atol": 300 * np.finfo(dtype).eps * max(1, np.abs(losses).max())}
    share = (weights / weights.sum(dtype=np.float64)).astype(np.float64)
    np.testing.assert_allclose(got, share @ losses, **tolerance)
    into = gradient[: n_outputs**2].reshape(n_outputs, n_outputs)
    np.testing.assert_allclose(into, (raw * share[:, None]).T @ gradients, **tolerance)


@every_loss
def test_long_doubles_are_left_alone(loss, instruction_set):
    """x87 registers are those of MMX too: code that leaves these full makes the next long double a NaN."""
    y = _targets(loss, 40, 1, np.float32)
    network, theta = _identity(1, loss, np.float32)
    network.loss_and_grad(theta, np.ones((40, 1), np.float32), y, None, np.empty_like(theta))
    assert np.isfinite(np.ones(9, dtype=np.longdouble) * np.longdouble(1.5)).all()


@every_loss
def test_gradient_is_the_derivative_of_the_loss(loss):
    raw = np.random.RandomState(0).normal(size=(30, 4))
    y = _targets(loss, 30, 4, np.float64)
    network, theta = _identity(4, loss, np.float64)
    _, gradients = _each_row(network, theta, raw, y)
    for j, one in enumerate(np.eye(4)):

        def shifted(by, column=one):
            return _each_row(network, theta, raw + by * column, y)[0]

        derivative, smooth = smooth_derivative(shifted, 1e-3)
        assert smooth.mean() > 0.9
        np.testing.assert_allclose(gradients[smooth, j], derivative[smooth], rtol=1e-9, atol=1e-9)


@every_loss
def test_extremes(loss, dtype, instruction_set):
    """Far from the target the loss is that of the formula, which is infinite only where it must be."""
    grows_fast = loss.kernel == "squared_error" or loss.out_activation == "exp"
    far = 1e15 if grows_fast else 1e30
    raw = np.array([[far, 0.0], [-far, 0.0], [-0.0, 0.0], [-far, -far], [50.0, -1000.0]], dtype=dtype)
    y = np.zeros((len(raw), 1 if isinstance(loss, CrossEntropy) else 2), dtype=dtype)
    losses, gradients = _each_row(*_identity(2, loss, dtype), raw, y)
    with np.errstate(over="ignore", invalid="ignore"):
        expected = loss.value(raw.astype(np.float64), y.astype(np.float64)).sum(axis=1)
        gradient = loss.gradient(raw.astype(np.float64), y.astype(np.float64))
    known = np.isfinite(expected)
    tolerance = 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(losses[known], expected[known], rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(gradients[known], gradient[known], rtol=tolerance, atol=tolerance)
    assert not np.isfinite(losses[~known]).any()
    assert known.all() or loss.out_activation == "exp"  # exp(1e15) is infinite, whatever one does


@every_loss
def test_nan_in_nan_out(loss, dtype, instruction_set):
    raw = np.array([[np.nan, 0.5], [0.5, 0.5]], dtype=dtype)
    losses, gradients = _each_row(*_identity(2, loss, dtype), raw, _targets(loss, 2, 2, dtype))
    np.testing.assert_array_equal(np.isnan(losses), [True, False])
    assert np.isnan(gradients[0, 0])
    assert np.isfinite(gradients[1]).all()


@every_loss
def test_sample_weights_multiply(loss, dtype):
    raw = np.random.RandomState(0).normal(size=(21, 3)).astype(dtype)
    y, weights = _targets(loss, 21, 3, dtype), np.random.RandomState(3).uniform(0.1, 5, size=21).astype(dtype)
    network, theta = _identity(3, loss, dtype)
    losses, gradients = _each_row(network, theta, raw, y)
    gradient = np.empty_like(theta)
    mean = network.loss_and_grad(theta, raw, y, weights, gradient)
    tolerance = {"rtol": 50 * np.finfo(dtype).eps, "atol": 50 * np.finfo(dtype).eps}
    np.testing.assert_allclose(mean, np.average(losses, weights=weights), **tolerance)
    np.testing.assert_allclose(gradient[-3:], np.average(gradients, axis=0, weights=weights), **tolerance)


@pytest.mark.parametrize("kind", [CrossEntropy, BinaryCrossEntropy])
def test_label_smoothing_moves_the_minimum(kind):
    """The smoothed loss is smallest where the probabilities are the smoothed labels, not at infinity."""
    smoothing, n = 0.2, 4
    single = kind is CrossEntropy
    label = (1 - smoothing) * np.eye(n)[0] + smoothing / (n if single else 2)
    best = np.log(label) if single else np.log(label / (1 - label))
    y = np.zeros((1, 1)) if single else np.eye(n)[:1]
    _, gradients = _each_row(*_identity(n, kind(smoothing), np.float64), best[None, :], y)
    np.testing.assert_allclose(gradients, 0, atol=1e-15)


def test_binary_cross_entropy_is_that_of_two_classes():
    f = np.linspace(-20, 20, 41)[:, None]
    y = (np.arange(41) % 2)[:, None].astype(np.float64)
    binary, _ = _each_row(*_identity(1, BinaryCrossEntropy(), np.float64), f, y)
    both, _ = _each_row(*_identity(2, CrossEntropy(), np.float64), np.hstack([np.zeros_like(f), f]), y)
    np.testing.assert_allclose(binary, both, rtol=1e-14, atol=1e-14)
