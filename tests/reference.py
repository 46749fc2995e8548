"""What others are compared with: slow, plain NumPy for the compiled core, and the settings of a plain network."""

from collections.abc import Callable

import numpy as np

from sk_adaptive import losses
from sk_adaptive._network.plan import Plan
from sk_adaptive.activations import FIXED, LEARNED, Activation, Blend, Fixed, Polynomial, Rational, Spline
from sk_adaptive.losses import Loss
from sk_adaptive.losses.classification import BinaryCrossEntropy, CrossEntropy
from sk_adaptive.solvers import Adam

# One network, not an ensemble, at a constant rate, without weight decay.
PLAIN = {"learning_rate": "constant", "n_members": 1, "alpha": 0.0, "standardize": False, "dtype": "float64"}
# MLPClassifier's defaults, but for its weight decay, which is another.
SKLEARNS = {
    **PLAIN,
    "hidden_layer_sizes": (100,),
    "activation": "relu",
    "solver": Adam(beta_2=0.999),
    "batch_size": 200,
    "learning_rate_init": 0.001,
    "max_iter": 200,
    "label_smoothing": 0.0,
    "init": "glorot",
}

# Every activation that is registered, and what else is worth a kernel's attention.
ACTIVATIONS: dict[str, Activation] = {
    **{name: Fixed(name) for name in FIXED},
    **{name: family() for name, family in LEARNED.items()},
    "polynomial-1": Polynomial(degree=1),
    "polynomial-2": Polynomial(degree=2),
    "polynomial-7": Polynomial(degree=7),
    "blend-3": Blend(("relu", "tanh", "gelu")),
    "rational-3-2": Rational(degrees=(3, 2)),
    "spline-2": Spline(n_knots=2),
    "spline-4": Spline(n_knots=4),
    "spline-fine": Spline(n_knots=80),  # more than a table of segments has room for
    "spline-narrow": Spline(n_knots=40, knot_range=1.5, start="tanh"),
}
LEARNED_ACTIVATIONS = {name: activation for name, activation in ACTIVATIONS.items() if activation.n_parameters}

CENTRAL = {1: 3 / 4, 2: -3 / 20, 3: 1 / 60}  # sixth order


def central_difference(f: Callable[[float], np.ndarray], step: float) -> np.ndarray:
    """Return the derivative at 0 of a function of one number."""
    return sum(c * (f(i * step) - f(-i * step)) for i, c in CENTRAL.items()) / step


def smooth_derivative(f: Callable[[float], np.ndarray], step: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the derivative at 0, and where it exists: where half the step gives the same."""
    derivative, finer = central_difference(f, step), central_difference(f, step / 2)
    return finer, np.isclose(derivative, finer, rtol=1e-7, atol=1e-8)


def read_inputs(plan: Plan, X: np.ndarray) -> np.ndarray:
    """Return what the first layer reads of the rows (n_rows, n_inputs): numbers, then ones where there is a level."""
    inputs = plan.inputs
    read = np.zeros((len(X), inputs.n_inputs))
    numbers = X[:, inputs.columns].astype(float)
    scaled = np.clip((numbers - inputs.centre) * inputs.factor, inputs.lower, inputs.upper)
    read[:, : inputs.n_numbers] = np.where(np.isnan(numbers), inputs.missing, scaled)
    for each in inputs.levels:
        for row, value in enumerate(X[:, each.column]):
            if not each.is_missing or np.isnan(value):
                position = each.inputs[0 if each.is_missing else int(value)]
                read[row, position] = position >= 0 or read[row, position]
    return read


def shift_of(plan: Plan, layer: int, member: int) -> np.ndarray | float:
    """Return what is added to a layer's pre-activations of a member."""
    return 0.0 if layer or plan.inputs.shift is None else plan.inputs.shift[member]


def forward(plan: Plan, theta: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Return raw outputs (n_members, n_rows, n_outputs) of a network."""
    members = []
    for m in range(plan.n_members):
        h = read_inputs(plan, X)
        h = h if plan.signs is None else h * plan.signs[m]
        if plan.input_scale >= 0:
            h = h * theta[plan.input_scale :]
        coefs, intercepts = plan.coefs(theta), plan.intercepts(theta)
        for i, (layer, W, b, p) in enumerate(zip(plan.hidden, coefs, intercepts, plan.parameters(theta), strict=False)):
            h = layer.activation.value(h @ W + b + shift_of(plan, i, m), np.broadcast_to(p, (len(p), layer.n_out)))
        W, b = coefs[-1], intercepts[-1]
        raw = h @ W + b if plan.n_members == 1 else h @ W[m] + b[m]
        members.append(raw + shift_of(plan, len(plan.hidden), m))
    return np.stack(members)


def draw(stream: int, i: np.ndarray | int) -> np.ndarray:
    """Return random bits by their number, the sequence of splitmix64."""
    with np.errstate(over="ignore"):
        x = np.uint64(stream) + (np.asarray(i, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def dropout_mask(plan: Plan, epoch: int, layer: int, member: int, n_rows: int) -> np.ndarray:
    """Return the factors (n_rows, n_units) on a layer's activations; `epoch` is the epoch's random number."""
    stream = draw(epoch, layer * plan.n_members + member)
    bits = np.array([draw(row, np.arange(plan.layers[layer].n_out)) for row in draw(stream, np.arange(n_rows))])
    kept = bits >= np.uint64(int(plan.dropout * 18446744073709551615.0))
    return kept / (1 - plan.dropout)


def loss_and_gradient(
    plan: Plan, theta: np.ndarray, X: np.ndarray, y: np.ndarray, weights: np.ndarray, epoch: int | None = None
) -> tuple[float, np.ndarray]:
    """Return the weighted mean loss and its gradient; with an epoch's random number, units are dropped."""
    gradient, loss = np.zeros_like(theta), 0.0
    scale = 1 / (weights.sum() * plan.n_members)
    coefs, intercepts = plan.coefs(theta), plan.intercepts(theta)
    coefs_gradient, intercepts_gradient = plan.coefs(gradient), plan.intercepts(gradient)
    factors = theta[plan.input_scale :] if plan.input_scale >= 0 else 1.0
    for m in range(plan.n_members):
        of_member = ... if plan.n_members == 1 else m
        given = read_inputs(plan, X)
        given = given if plan.signs is None else given * plan.signs[m]
        outputs, layers = [given * factors], []
        for i, (layer, p) in enumerate(zip(plan.hidden, plan.parameters(theta), strict=True)):
            p = np.broadcast_to(p, (len(p), layer.n_out))
            z = outputs[-1] @ coefs[i] + intercepts[i] + shift_of(plan, i, m)
            mask = 1.0 if epoch is None else dropout_mask(plan, epoch, i, m, len(X))
            layers.append((layer.activation, z, p, mask))
            outputs.append(layer.activation.value(z, p) * mask)
        raw = outputs[-1] @ coefs[-1][of_member] + intercepts[-1][of_member] + shift_of(plan, len(plan.hidden), m)
        loss += scale * np.sum(weights[:, None] * plan.loss.value(raw, y))
        d = scale * weights[:, None] * plan.loss.gradient(raw, y)
        coefs_gradient[-1][of_member] += outputs[-1].T @ d
        intercepts_gradient[-1][of_member] += d.sum(axis=0)
        d = d @ coefs[-1][of_member].T
        for i, (activation, z, p, mask) in reversed(list(enumerate(layers))):
            d = d * mask
            into = plan.parameters(gradient)[i]
            for j, derivative in enumerate(activation.parameter_gradients(z, p)):
                into[j] += np.sum(d * derivative, axis=0 if plan.layers[i].per_unit else None)
            d = d * activation.derivative(z, p)
            coefs_gradient[i] += outputs[i].T @ d
            intercepts_gradient[i] += d.sum(axis=0)
            d = d @ coefs[i].T
        if plan.input_scale >= 0:
            gradient[plan.input_scale :] += np.sum(d * given, axis=0)
    return loss, gradient


# Every loss that is registered, and what else is worth a kernel's attention.
LOSSES: dict[str, Loss] = {
    **{name: loss() for name, loss in losses.LOSSES.items()},
    "cross_entropy": CrossEntropy(),
    "cross_entropy-smoothed": CrossEntropy(0.2),
    "binary_cross_entropy": BinaryCrossEntropy(),
    "binary_cross_entropy-smoothed": BinaryCrossEntropy(0.2),
    "huber-0.3": losses.Huber(0.3),
    "quantile-0.9": losses.Quantile(0.9),
    "tweedie-1.1": losses.Tweedie(1.1),
}
