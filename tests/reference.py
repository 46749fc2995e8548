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
PLAIN = {"learning_rate": "constant", "n_members": 1, "alpha": 0.0, "clip_inputs": None}
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
    "spline-4": Spline(n_knots=4),  # no more knots than a vector has lanes, on most instruction sets
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


def forward(plan: Plan, theta: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Return raw outputs (n_members, n_rows, n_outputs) of a network."""
    members = []
    for m in range(plan.n_members):
        h = X if plan.limits is None else np.clip(X, -plan.limits, plan.limits)
        h = h if plan.signs is None else h * plan.signs[m]
        if plan.input_scale >= 0:
            h = h * theta[plan.input_scale : plan.input_scale + X.shape[1]]
        coefs, intercepts = plan.coefs(theta), plan.intercepts(theta)
        for layer, W, b, p in zip(plan.hidden, coefs, intercepts, plan.parameters(theta), strict=False):
            h = layer.activation.value(h @ W + b, np.broadcast_to(p, (len(p), layer.n_out)))
        W, b = coefs[-1], intercepts[-1]
        members.append(h @ W + b if plan.n_members == 1 else h @ W[m] + b[m])
    return np.stack(members)


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
