"""Losses of models that do not look at X."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.optimize import minimize

from sk_adaptive._network.plan import Plan, make_plan

from .state import Data


def null_model_loss(plan: Plan, data: Data) -> float | None:
    """Return the loss of a network whose outputs are all zero: of equal probabilities, or of y's mean.

    Parameters
    ----------
    plan : Plan
        The network, of which the outputs and the loss are read.
    data : Data
        The rows to train on.

    Returns
    -------
    float or None
        None where it is not positive: y is constant.
    """
    loss = data.mean(partial(_loss_of_zeros, _without_inputs(plan)))
    return loss if loss > 0 else None


def best_constants(plan: Plan, data: Data) -> tuple[np.ndarray, float]:
    """Return the outputs, the same for all rows, that have the least loss: the classes' shares, or y's mean.

    Parameters
    ----------
    plan : Plan
        The network, of which the outputs and the loss are read.
    data : Data
        The rows.

    Returns
    -------
    outputs : ndarray of shape (n_outputs,)
        The raw outputs, float64.
    loss : float
        Their loss.
    """
    silent = _without_inputs(plan)
    dtype = data.targets.dtype
    network, X = silent.network(dtype), np.zeros((data.n_rows, 1), dtype)
    outputs = silent.intercepts(np.arange(silent.n_theta))[0].ravel()

    def objective(constants: np.ndarray) -> tuple[float, np.ndarray]:
        theta, gradient = np.zeros(silent.n_theta, dtype), np.empty(silent.n_theta, dtype)
        theta[outputs] = constants
        loss = network.loss_and_grad(theta, X, data.targets, data.weights, gradient)
        return loss, gradient[outputs].astype(np.float64)

    best = minimize(objective, np.zeros(len(outputs)), jac=True, method="L-BFGS-B")
    return best.x, float(best.fun)


def _without_inputs(plan: Plan) -> Plan:
    """Return the smallest network with the outputs and the loss of another one: its hidden layers do not matter."""
    return make_plan(1, [], plan.layers[-1].n_out, [], loss=plan.loss)


def _loss_of_zeros(silent: Plan, data: Data) -> float:
    dtype = data.targets.dtype
    theta, X = np.zeros(silent.n_theta, dtype), np.zeros((data.n_rows, 1), dtype)
    return silent.network(dtype).loss_and_grad(theta, X, data.targets, data.weights)
