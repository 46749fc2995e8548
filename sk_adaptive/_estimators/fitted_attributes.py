"""Fitted attributes of an estimator."""

from __future__ import annotations

from typing import Any

import numpy as np

from sk_adaptive._core import engine
from sk_adaptive._data.targets import Targets
from sk_adaptive._network.plan import Plan
from sk_adaptive._training.state import State
from sk_adaptive.activations.fitted import pre_activation_quantiles


def results(
    plan: Plan,
    network: engine.Network,
    targets: Targets,
    state: State,
    X: Any,
    temperature: float = 1.0,
) -> dict:
    """Return the fitted attributes that training stands for.

    Parameters
    ----------
    plan : Plan
        The network's layout.
    network : Network
        The compiled network of it.
    targets : ClassTargets or NumberTargets
        The meaning of y.
    state : State
        What training has changed; its arrays and lists are kept as they are and not copied.
    X : ndarray or CSR matrix
        The training rows.
    temperature : float, default=1.0
        What the raw outputs were divided by after training.

    Returns
    -------
    dict of str to object
        Public and private attributes by name, documented on the estimators.
    """
    validated = bool(state.validation_scores)
    return {
        "_plan": plan,
        "_targets": targets,
        "_network": network,
        "_quantiles": pre_activation_quantiles(network, state.theta, X),
        "_temperature": temperature,
        "theta_": state.theta,
        "loss_": state.loss_curve[-1] if state.loss_curve else np.inf,
        "loss_curve_": state.loss_curve,
        "best_loss_": None if validated else state.best_loss,
        "validation_loss_curve_": state.validation_loss_curve if validated else None,
        "validation_scores_": state.validation_scores if validated else None,
        "best_validation_score_": float(state.best_score) if validated else None,
        "learning_rate_curve_": state.learning_rate_curve or None,
        "n_iter_": state.epochs,
        "t_": state.rows_seen,
        "n_layers_": len(plan.layers) + 1,
        "n_outputs_": targets.n_outputs,
        "out_activation_": targets.out_activation,
    }
