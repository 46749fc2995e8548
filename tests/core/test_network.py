"""The whole network: its outputs are a plain NumPy forward pass's, its gradient that of finite differences."""

import copy
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import scipy.sparse as sp
from reference import ACTIVATIONS, LEARNED_ACTIVATIONS, LOSSES, forward, smooth_derivative
from sklearn.base import clone

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive._core import engine
from sk_adaptive._data.inputs import Inputs
from sk_adaptive._network.plan import make_plan
from sk_adaptive.activations import Activation, Blend, Fixed, Rational, Spline

N_FEATURES, SIZES, N_OUTPUTS = 4, [7, 5], 3

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)


CLIPPED = replace(
    Inputs.raw(N_FEATURES),
    centre=np.array([0.5, 0.0, -1, 2]),
    factor=np.array([2.0, 0.0, 1.0, 0.3]),
    lower=np.full(N_FEATURES, -0.8),
    upper=np.full(N_FEATURES, 0.8),
)


def _plan(activations, *, n_members=1, loss=LOSSES["cross_entropy"], inputs=N_FEATURES, **knobs):
    signs = np.random.RandomState(5).choice([-1.0, 1.0], (n_members, N_FEATURES)) if n_members > 1 else None
    return make_plan(inputs, SIZES, N_OUTPUTS, activations, loss=loss, n_members=n_members, signs=signs, **knobs)


def _theta(plan, dtype=np.float64):
    """Return random weights, and activation parameters near where they start."""
    rng = np.random.RandomState(0)
    theta = rng.normal(scale=0.6, size=plan.n_theta)
    for layer, p in zip(plan.hidden, plan.parameters(theta), strict=True):
        p[...] = layer.activation.initial_parameters()[:, None] + 0.1 * rng.normal(size=p.shape)
    if plan.input_scale >= 0:
        theta[plan.input_scale :] += 1
    return theta.astype(dtype)


def _data(rows=12, dtype=np.float64, loss=LOSSES["cross_entropy"]):
    rng = np.random.RandomState(1)
    X = rng.normal(size=(rows, N_FEATURES))
    X[rng.uniform(size=X.shape) < 0.3] = 0
    numbered = loss.kernel == "cross_entropy"
    y = rng.randint(0, N_OUTPUTS, (rows, 1)) if numbered else rng.randint(0, 2, (rows, N_OUTPUTS))
    return X.astype(dtype), y.astype(dtype), rng.uniform(0.2, 3, rows).astype(dtype)


def _check_gradient(plan, *, weighted=True, sparse=False):
    X, y, weights = _data(loss=plan.loss)
    X = sp.csr_array(X) if sparse else X
    weights = weights if weighted else None
    network, theta = plan.network(np.dtype(np.float64)), _theta(plan)
    gradient = np.empty_like(theta)
    network.loss_and_grad(theta, X, y, weights, gradient)
    n_smooth = 0
    for i, one in enumerate(np.eye(plan.n_theta)):
        derivative, smooth = smooth_derivative(
            lambda by, one=one: np.array(network.loss_and_grad(theta + by * one, X, y, weights)), 2e-4
        )
        n_smooth += smooth
        if smooth:
            np.testing.assert_allclose(gradient[i], derivative, rtol=1e-7, atol=1e-8, err_msg=f"theta[{i}]")
    assert n_smooth > 0.7 * plan.n_theta  # elsewhere a step crosses a kink


@pytest.mark.parametrize("n_members", [1, 3])
@every_activation
def test_gradient_by_finite_differences(activation, n_members):
    _check_gradient(_plan([activation] * 2, n_members=n_members, learn_scales=n_members == 3))


@pytest.mark.parametrize("scope", ["unit", "layer", "network"])
@pytest.mark.parametrize("activation", LEARNED_ACTIVATIONS.values(), ids=LEARNED_ACTIVATIONS)
def test_gradient_in_every_scope(activation, scope):
    activation = clone(activation).set_params(scope=scope)
    plan = _plan([activation] * 2)
    sets = {"unit": sum(SIZES), "layer": 2, "network": 1}[scope]
    weights = sum(layer.n_in * layer.n_out + layer.n_out for layer in plan.layers)
    assert plan.n_theta == weights + sets * activation.n_parameters
    _check_gradient(plan)


@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"learn_scales": True},
        {"n_members": 3},
        {"loss": LOSSES["binary_cross_entropy"]},
        {"loss": LOSSES["binary_cross_entropy"], "n_members": 3, "learn_scales": True},
        {"loss": LOSSES["cross_entropy-smoothed"]},
        {"inputs": CLIPPED, "n_members": 3, "learn_scales": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "csr"])
@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
def test_gradient_of_every_kind_of_network(knobs, sparse, weighted):
    _check_gradient(_plan([Fixed("silu"), Fixed("tanh")], **knobs), weighted=weighted, sparse=sparse)


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "csr"])
@pytest.mark.parametrize("knobs", [{}, {"n_members": 3, "learn_scales": True}, {"inputs": CLIPPED}], ids=str)
def test_jacobian_by_finite_differences(knobs, sparse):
    """A row for each output of each member of each row of the table."""
    plan = _plan([LEARNED_ACTIVATIONS["swish"], Fixed("tanh")], loss=LOSSES["squared_error"], **knobs)
    network, theta, X = plan.network(np.dtype(np.float64)), _theta(plan), _data()[0]
    X = sp.csr_array(X) if sparse else X
    outputs, jacobian = network.jacobian(theta, X, engine.Team(2))
    expected = network.forward(theta, X).swapaxes(0, 1)
    np.testing.assert_allclose(outputs, expected, rtol=1e-12)
    assert jacobian.shape == (*expected.shape, plan.n_theta)
    for i, one in enumerate(np.eye(plan.n_theta)):
        derivative, smooth = smooth_derivative(
            lambda by, one=one: network.forward(theta + by * one, X).swapaxes(0, 1), 2e-4
        )
        assert smooth.all()
        np.testing.assert_allclose(jacobian[..., i], derivative, rtol=1e-7, atol=1e-8, err_msg=f"theta[{i}]")


@every_activation
def test_jacobian_sums_to_the_gradient(activation):
    plan = _plan([activation] * 2, n_members=2, loss=LOSSES["squared_error"])
    network, theta = plan.network(np.dtype(np.float64)), _theta(plan)
    X, y, weights = _data(loss=plan.loss)
    gradient = np.empty_like(theta)
    network.loss_and_grad(theta, X, y, weights, gradient)
    outputs, jacobian = network.jacobian(theta, X)
    summed = np.einsum("i,imj,imjk->k", weights / (2 * weights.sum()), outputs - y[:, None], jacobian)
    np.testing.assert_allclose(summed, gradient, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n_members", [1, 3])
def test_gradient_without_hidden_layers(n_members):
    signs = np.random.RandomState(5).choice([-1.0, 1.0], (n_members, N_FEATURES)) if n_members > 1 else None
    knobs = {"loss": LOSSES["cross_entropy"], "n_members": n_members, "signs": signs, "learn_scales": True}
    _check_gradient(make_plan(N_FEATURES, [], N_OUTPUTS, [], **knobs))


@pytest.mark.parametrize("n_members", [1, 3])
@every_activation
def test_forward_is_a_plain_forward(activation, n_members, dtype, instruction_set):
    plan = _plan([activation] * 2, n_members=n_members, learn_scales=True, inputs=CLIPPED)
    theta, (X, _, _) = _theta(plan, dtype), _data(30, dtype)
    raw = plan.network(np.dtype(dtype)).forward(theta, X)
    expected = forward(plan, theta.astype(np.float64), X.astype(np.float64))
    assert raw.dtype == dtype
    tolerance = 2000 * np.finfo(dtype).eps
    np.testing.assert_allclose(raw, expected, rtol=tolerance, atol=tolerance * np.abs(expected).max())


@every_activation
def test_hidden_gives_what_the_activation_reads_and_writes(activation):
    plan = _plan([activation] * 2)
    theta, (X, _, _) = _theta(plan), _data(30)
    network = plan.network(np.dtype(np.float64))
    z, h = network.hidden(theta, X, 0)
    np.testing.assert_allclose(z, X @ plan.coefs(theta)[0] + plan.intercepts(theta)[0], rtol=1e-12, atol=1e-13)
    p = plan.parameters(theta)[0]
    np.testing.assert_allclose(h, activation.value(z, np.broadcast_to(p, (len(p), 7))), rtol=1e-12, atol=1e-12)
    each = network.pre_activations(theta, X)
    np.testing.assert_array_equal(each[0], z)
    np.testing.assert_array_equal(each[1], network.hidden(theta, X, 1)[0])


@pytest.mark.parametrize("n_members", [1, 3])
def test_dense_and_csr_agree(n_members, dtype, instruction_set):
    plan = _plan([Spline(), Fixed("tanh")], n_members=n_members, learn_scales=True)
    theta, (X, y, weights) = _theta(plan, dtype), _data(50, dtype)
    network = plan.network(np.dtype(dtype))
    dense, sparse = np.empty_like(theta), np.empty_like(theta)
    losses = [network.loss_and_grad(theta, X, y, weights, dense)]
    losses.append(network.loss_and_grad(theta, sp.csr_array(X), y, weights, sparse))
    tolerance = {"rtol": 200 * np.finfo(dtype).eps, "atol": 20 * np.finfo(dtype).eps}
    np.testing.assert_allclose(losses[0], losses[1], **tolerance)
    np.testing.assert_allclose(dense, sparse, **tolerance)
    np.testing.assert_allclose(network.forward(theta, X), network.forward(theta, sp.csr_array(X)), **tolerance)


@pytest.mark.parametrize("rows", [1, 255, 256, 257, 700])
@pytest.mark.parametrize("n_members", [1, 3])
def test_rows_pass_in_pieces(rows, n_members):
    """A network takes so many rows at a time; the sum over pieces is that over single rows."""
    plan = _plan([Spline(), Fixed("tanh")], n_members=n_members)
    theta, (X, y, weights) = _theta(plan), _data(rows)
    network = plan.network(np.dtype(np.float64))
    gradient, one, total, loss = np.empty_like(theta), np.empty_like(theta), np.zeros_like(theta), 0.0
    for i in range(rows):
        loss += weights[i] * network.loss_and_grad(theta, X[i : i + 1], y[i : i + 1], None, one)
        total += weights[i] * one
    got = network.loss_and_grad(theta, X, y, weights, gradient)
    np.testing.assert_allclose(got, loss / weights.sum(), rtol=1e-12)
    np.testing.assert_allclose(gradient, total / weights.sum(), rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(network.loss_and_grad(theta, X, y, weights), got, rtol=1e-14)


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "csr"])
def test_one_thread_and_two_agree(sparse, dtype):
    plan = _plan([Spline(), Fixed("tanh")], n_members=3, learn_scales=True)
    theta, (X, y, weights) = _theta(plan, dtype), _data(301, dtype)
    X = sp.csr_array(X) if sparse else X
    network, gradients, losses = plan.network(np.dtype(dtype)), [], []
    for size in (1, 2):
        gradients.append(np.empty_like(theta))
        team = engine.Team(size)
        assert team.size == size
        losses.append(network.loss_and_grad(theta, X, y, weights, gradients[-1], team))
        np.testing.assert_array_equal(network.forward(theta, X, team), network.forward(theta, X))
    tolerance = {"rtol": 500 * np.finfo(dtype).eps, "atol": 50 * np.finfo(dtype).eps}
    np.testing.assert_allclose(losses[0], losses[1], **tolerance)
    np.testing.assert_allclose(gradients[0], gradients[1], **tolerance)


def test_team_larger_than_the_rows():
    plan = _plan([Fixed("tanh")] * 2)
    theta, (X, y, _) = _theta(plan), _data(1)
    network, gradient, alone = plan.network(np.dtype(np.float64)), np.empty(plan.n_theta), np.empty(plan.n_theta)
    network.loss_and_grad(theta, X, y, None, gradient, engine.Team(2))
    network.loss_and_grad(theta, X, y, None, alone)
    np.testing.assert_array_equal(gradient, alone)


@pytest.mark.parametrize(
    "broken",
    [
        {"theta": np.zeros(3)},
        {"X": np.zeros((12, N_FEATURES + 1))},
        {"X": np.zeros((24, N_FEATURES))[::2]},
        {"y": np.zeros((11, 1))},
        {"weights": np.ones(11)},
    ],
    ids=lambda broken: next(iter(broken)),
)
def test_arrays_are_checked_before_they_are_read(broken):
    plan = _plan([Fixed("tanh")] * 2)
    X, y, weights = _data()
    given = {"theta": _theta(plan), "X": X, "y": y, "weights": weights, **broken}
    with pytest.raises(ValueError, match="expected"):
        plan.network(np.dtype(np.float64)).loss_and_grad(given["theta"], given["X"], given["y"], given["weights"])


class ManyConstants(Rational):
    """Gives its kernel more constants than it reads."""

    @property
    def constants(self):
        return (*super().constants, *range(1000))


class NoConstants(Rational):
    """Gives its kernel none."""

    constants = ()


class TooHighDegree(Rational):
    """Lets its kernel read more coefficients than there are."""

    constants = (50, 50, 3)


class FewParameters(Spline):
    """Has one knot where its kernel reads two."""

    parameters: ClassVar = {"a": 1.0}
    parameter_names = ("a",)


class BlendOfNothing(Blend):
    """Names no function."""

    constants = ()


@pytest.mark.parametrize("activation", [NoConstants(), TooHighDegree(), FewParameters(), BlendOfNothing()], ids=repr)
def test_a_kernel_is_not_given_less_than_it_reads(activation):
    theta = np.zeros(10_000)
    with pytest.raises(ValueError, match="are not what the compiled"):
        _plan([activation] * 2).network(theta.dtype)


def test_constants_that_a_kernel_does_not_read_are_harmless():
    theta, (X, _, _) = _theta(_plan([Rational()] * 2)), _data()
    plain, many = (_plan([each] * 2).network(theta.dtype).forward(theta, X) for each in (Rational(), ManyConstants()))
    np.testing.assert_array_equal(plain, many)


# ---- activations written in Python -----------------------------------------------------------------------------------


def _in_python(activation):
    """Return the same activation without its compiled twin."""
    own = type("Own", (type(activation),), {"kernel": None})
    return own(**activation.get_params(deep=False))


@every_activation
def test_python_activation_equals_the_compiled_one(activation, dtype):
    X, y, weights = _data(60, dtype)
    results = []
    for each in (activation, _in_python(activation)):
        plan = _plan([each] * 2, n_members=3)
        theta, gradient = _theta(plan, dtype), np.empty(plan.n_theta, dtype=dtype)
        results.append((plan.network(np.dtype(dtype)).loss_and_grad(theta, X, y, weights, gradient), gradient))
    tolerance = 2000 * np.finfo(dtype).eps
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=tolerance)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=tolerance, atol=tolerance)


def test_python_activation_works_in_a_team():
    plan = _plan([_in_python(Spline())] * 2)
    theta, (X, y, weights) = _theta(plan), _data(301)
    network, gradients = plan.network(np.dtype(np.float64)), np.empty((2, plan.n_theta))
    network.loss_and_grad(theta, X, y, weights, gradients[0])
    network.loss_and_grad(theta, X, y, weights, gradients[1], engine.Team(2))
    np.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-10, atol=1e-14)


class Fails(Activation):
    """A user's activation that raises in the method it is told to."""

    parameters: ClassVar = {"a": 1.0}
    where = None

    def _maybe_fail(self, where, z):
        if where == self.where and len(z) < 1000:  # not while the weights are initialised
            raise ZeroDivisionError(where)
        return np.tanh(z)

    def value(self, z, p):
        return p[0] * self._maybe_fail("value", z)

    def derivative(self, z, p):
        return p[0] * (1 - self._maybe_fail("derivative", z) ** 2)

    def parameter_gradients(self, z, p):
        return [self._maybe_fail("parameter_gradients", z)]


@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("where", ["value", "derivative", "parameter_gradients"])
def test_exception_in_a_users_activation_surfaces(where, solver, warm_start, monkeypatch):
    """It comes out of fit as it is, and leaves the estimator as it was."""
    X, y, _ = _data(60)
    y = y[:, 0]
    model = AdaptiveMLPClassifier((5,), Fails(), solver=solver, max_iter=3, random_state=0, warm_start=warm_start)
    model.set_params(tol=10.0 if solver == "lbfgs" else 0.0, n_iter_no_change=np.inf)  # ends without a warning
    model.fit(X, y)
    before = {name: copy.deepcopy(value) for name, value in vars(model).items() if name.endswith("_")}
    with monkeypatch.context() as patch:
        patch.setattr(Fails, "where", where)
        with pytest.raises(ZeroDivisionError, match=f"^{where}$"):
            model.fit(X, y)
    for name, value in before.items():
        np.testing.assert_equal(getattr(model, name), value, err_msg=name)
    again = clone(model).fit(X, y)
    model.fit(X, y)
    assert warm_start or np.array_equal(again.theta_, model.theta_)


def _network_of_width(width):
    plan = make_plan(N_FEATURES, [width], N_OUTPUTS, [ACTIVATIONS["relu"]], loss=LOSSES["cross_entropy"])
    return plan.network(np.dtype(np.float32))


@pytest.mark.parametrize("width", [1, 512])
def test_the_instruction_set_asked_for_is_taken(width, instruction_set):
    assert _network_of_width(width).instruction_set == instruction_set


def test_only_narrow_networks_leave_the_widest_instruction_set(instruction_set):
    engine.use_instruction_set(None)
    widest = engine.instruction_set()
    assert _network_of_width(512).instruction_set == widest
    assert _network_of_width(1).instruction_set == ("avx2" if widest == "avx512" else widest)


# ---- memory ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("training", [False, True], ids=["predicting", "training"])
@pytest.mark.parametrize("knobs", [{"n_features": 20_000}, {"n_members": 2000}], ids=str)
def test_rows_of_a_pass_are_bounded_by_memory(knobs, training, dtype):
    """Where rows are large, fewer pass at a time."""
    n_members = knobs.get("n_members", 8)
    plan = make_plan(
        knobs.get("n_features", 4), [64, 64], 1, [Fixed("tanh")] * 2, loss=LOSSES["huber"], n_members=n_members
    )
    network = plan.network(np.dtype(dtype))
    one, many = (network.workspace_bytes(n_rows, training=training) for n_rows in (1, 10**6))
    assert one < many < one + 2**26


def test_members_share_one_copy_of_the_first_layer():
    alone, many = (
        make_plan(5000, [16], 1, [Fixed("tanh")], loss=LOSSES["huber"], n_members=n).network(np.dtype(np.float64))
        for n in (1, 8)
    )
    weights = 8 * 5000 * 16
    assert many.workspace_bytes(1, dense=False) - alone.workspace_bytes(1, dense=False) < weights


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "csr"])
@pytest.mark.parametrize("learn_scales", [False, True])
def test_wide_rows_give_a_plain_forward(learn_scales, sparse, dtype, instruction_set):
    """More columns than a product takes at a time, more rows of all members than one pass."""
    rng = np.random.RandomState(0)
    signs, X = rng.choice([-1.0, 1.0], (3, 1100)), rng.normal(size=(150, 1100)) * (rng.uniform(size=(150, 1100)) < 0.2)
    knobs = {"n_members": 3, "signs": signs, "learn_scales": learn_scales}
    plan = make_plan(1100, [9], 2, [Fixed("tanh")], loss=LOSSES["squared_error"], **knobs)
    theta, X = (0.1 * _theta(plan)).astype(dtype), X.astype(dtype)
    raw = plan.network(np.dtype(dtype)).forward(theta, sp.csr_array(X) if sparse else X)
    expected = forward(plan, theta.astype(np.float64), X.astype(np.float64))
    np.testing.assert_allclose(raw, expected, rtol=0, atol=2000 * np.finfo(dtype).eps * np.abs(expected).max())
