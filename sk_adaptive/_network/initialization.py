"""Weight initialization."""

from __future__ import annotations

import numpy as np

from sk_adaptive.activations import Activation

from .plan import Layer, Plan

INITS = ("gain", "glorot")

# Nodes and weights of the integral over a standard normal variable.
_Z = np.linspace(-8, 8, 3201)[:, None]
_WEIGHTS = np.exp(-(_Z[:, 0] ** 2) / 2)
_WEIGHTS /= _WEIGHTS.sum()


def second_moment(activation: Activation, p: np.ndarray) -> float:
    """Return E[f(z)^2] for z ~ N(0, 1), by the trapezoidal rule, which is accurate at kinks too.

    Parameters
    ----------
    activation : Activation
        The function.
    p : ndarray of shape (n_parameters,)
        Its parameters.

    Returns
    -------
    float
        The second moment.
    """
    f = activation.value(_Z.copy(), p[:, None].copy())[:, 0]  # a user's function may work in what it is given
    return float(np.dot(f**2, _WEIGHTS))


def initial_theta(
    plan: Plan, init: str, random: np.random.RandomState, dtype: np.dtype, order: np.ndarray | None = None
) -> np.ndarray:
    """Return the initial weights, biases, activation parameters and input scales.

    Parameters
    ----------
    plan : Plan
        The network.
    init : {"gain", "glorot"}
        "gain": weights are uniform with variance 1 / (n_in E[f^2]), f being the activation that they read, so that
        pre-activations have unit variance in every layer whatever the family; biases and weights of levels are
        zero. "glorot": weights and
        biases are uniform as scikit-learn draws them (X. Glorot and Y. Bengio, AISTATS 2010).
    random : RandomState
        Source of the draws; their number does not depend on the data.
    dtype : dtype
        float32 or float64.
    order : ndarray of shape (n_inputs,), default=None
        The inputs in the order in which their weights are drawn, numbers first.

    Returns
    -------
    ndarray of shape (n_theta,)
        The vector.
    """
    theta = np.zeros(plan.n_theta, dtype=dtype)
    moment = 1.0  # of the inputs: standardised
    for layer, coef, intercept in zip(plan.layers, plan.coefs(theta), plan.intercepts(theta), strict=True):
        # Weights of levels start at zero: their number and order do not matter then.
        drawn = coef[..., : plan.inputs.n_numbers, :] if layer is plan.layers[0] else coef
        if init == "glorot":
            bound = _glorot_bound(layer, plan)
            drawn[...] = random.uniform(-bound, bound, drawn.shape)
            intercept[...] = random.uniform(-bound, bound, intercept.shape)
            continue
        n_in = plan.inputs.n_used_columns if layer is plan.layers[0] else layer.n_in
        bound = np.sqrt(3 / (n_in * moment))
        drawn[...] = random.uniform(-bound, bound, drawn.shape)
        if layer.activation is not None:
            moment = max(second_moment(layer.activation, layer.activation.initial_parameters()), 1e-12)
    for layer, parameters in zip(plan.hidden, plan.parameters(theta), strict=True):
        if layer.activation is not None:
            parameters[...] = layer.activation.initial_parameters_of_units(parameters.shape[1])
    if plan.input_scale >= 0:
        theta[plan.input_scale :] = 1
    if order is not None:
        numbers, first = order[: plan.inputs.n_numbers], plan.coefs(theta)[0]
        first[..., numbers, :] = first[..., : len(numbers), :].copy()
    return theta


def random_signs(
    random: np.random.RandomState, n_members: int, n_inputs: int, order: np.ndarray | None = None
) -> np.ndarray | None:
    """Return +1 or -1 for each member and input, drawn in an order of the inputs; None for a single network."""
    if n_members == 1:
        return None
    drawn = random.choice([-1.0, 1.0], (n_members, n_inputs))
    return drawn if order is None else drawn.take(np.argsort(order), axis=1)  # C-contiguous, as the core reads them


def _glorot_bound(layer: Layer, plan: Plan) -> float:
    looked_at = [layer] if layer.activation is not None else plan.hidden[-1:]  # the output takes the last hidden's
    factor = 2.0 if any(each.kernel == "logistic" for each in looked_at) else 6.0
    return float(np.sqrt(factor / (layer.n_in + layer.n_out)))
