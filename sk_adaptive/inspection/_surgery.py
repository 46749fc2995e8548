"""Conversion of a fitted network to layers and back."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone

from sk_adaptive._estimators.base import BaseAdaptiveMLP
from sk_adaptive._network.plan import make_plan
from sk_adaptive.activations import Activation, Polynomial
from sk_adaptive.activations.fitted import pre_activation_quantiles


@dataclass(frozen=True)
class Piece:
    """Layer of a network with its weights and parameters.

    Parameters
    ----------
    coef : ndarray of shape (n_members, n_in, n_out)
        Weights; n_members is 1, except on the output layer of an ensemble.
    intercept : ndarray of shape (n_members, n_out)
        Biases.
    activation : Activation or None
        None on the output layer.
    parameters : ndarray of shape (n_parameters, n_out) or (n_parameters, 1)
        Learned parameters of the activation; n_parameters is 0 on the output layer.
    shift : ndarray of shape (n_members, n_out) or None
        What each member of the ensemble adds on the first layer, beside the intercept that they share.
    """

    coef: np.ndarray
    intercept: np.ndarray
    activation: Activation | None
    parameters: np.ndarray
    shift: np.ndarray | None = None


def affine_activation(slope: np.ndarray, offset: np.ndarray) -> tuple[Activation, np.ndarray]:
    """Return the activation slope z + offset, one line per unit, and its parameters."""
    return Polynomial(degree=1, scope="unit"), np.stack([offset, slope])


def to_layers(network: BaseAdaptiveMLP) -> list[Piece]:
    """Return the layers of a fitted network, the output layer last."""
    plan, theta = network._plan, network.theta_
    parameters = [*plan.parameters(theta), np.empty((0, 1), theta.dtype)]
    first, *others = (
        Piece(
            coef.reshape(layer.n_members, layer.n_in, layer.n_out),
            intercept.reshape(layer.n_members, layer.n_out),
            layer.activation,
            learned,
        )
        for layer, coef, intercept, learned in zip(
            plan.layers, plan.coefs(theta), plan.intercepts(theta), parameters, strict=True
        )
    )
    return [replace(first, shift=plan.inputs.shift), *others]


def unshared(piece: Piece) -> Piece:
    """Return the layer with its own copy of parameters that all hidden layers shared."""
    if piece.activation is None or piece.activation.scope != "network":
        return piece
    return replace(piece, activation=clone(piece.activation).set_params(scope="layer"))


def from_layers(network: BaseAdaptiveMLP, pieces: Sequence[Piece], rows: Any) -> BaseAdaptiveMLP:
    """Return a copy of a fitted network with other layers.

    Parameters
    ----------
    network : AdaptiveMLPClassifier or AdaptiveMLPRegressor
        A fitted network; it is not changed.
    pieces : sequence of Piece
        The layers, the output layer last.
    rows : ndarray or CSR matrix of shape (n_rows, n_features)
        Validated rows, on which the quantiles of the pre-activations are computed.

    Returns
    -------
    AdaptiveMLPClassifier or AdaptiveMLPRegressor
        A fitted network whose `hidden_layer_sizes`, `activation` and `n_members` describe the new layers. It has no
        solver state.
    """
    old, dtype = network._plan, network.theta_.dtype
    sizes = [piece.coef.shape[2] for piece in pieces[:-1]]
    activations = [piece.activation for piece in pieces[:-1] if piece.activation is not None]
    plan = make_plan(
        replace(old.inputs, shift=pieces[0].shift),
        sizes,
        pieces[-1].coef.shape[2],
        activations,
        loss=old.loss,
        n_members=old.n_members,
        signs=old.signs,
        learn_scales=old.input_scale >= 0,
        dropout=old.dropout,
    )
    theta = np.zeros(plan.n_theta, dtype=dtype)
    for piece, coef, intercept in zip(pieces, plan.coefs(theta), plan.intercepts(theta), strict=True):
        coef[...] = piece.coef.reshape(coef.shape)
        intercept[...] = piece.intercept.reshape(intercept.shape)
    for piece, parameters in zip(pieces[:-1], plan.parameters(theta), strict=True):
        parameters[...] = piece.parameters
    if plan.input_scale >= 0:
        theta[plan.input_scale :] = network.theta_[old.input_scale :]
    changed = copy.copy(network).set_params(
        hidden_layer_sizes=tuple(sizes), activation=activations, n_members=old.n_members
    )
    changed._plan, changed._network, changed._state = plan, plan.network(dtype), None
    changed.theta_, changed.n_layers_ = theta, len(plan.layers) + 1
    changed._quantiles = pre_activation_quantiles(changed._network, theta, rows)
    return changed
