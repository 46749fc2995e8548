"""Parameters that may change between calls that continue training, and those that may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sk_adaptive._identity import same_parameters
from sk_adaptive._network.plan import Plan
from sk_adaptive.activations import Activation
from sk_adaptive.losses import Loss

# Parameters of an activation that say how it is trained, not what it is.
TRAINING_OF_ACTIVATIONS = ("learning_rate_factor", "penalty", "trainable")


def continued_plan(
    plan: Plan,
    *,
    hidden_layer_sizes: Sequence[int],
    activations: Sequence[Activation],
    n_members: int | None,
    clip_inputs: float | None,
    standardize: bool,
    n_bins: int | None,
    learn_scales: bool,
    loss: Loss,
    dropout: float,
) -> Plan:
    """Return a fitted network's plan with what training reads of the estimator's parameters now.

    Parameters
    ----------
    plan : Plan
        The fitted network.
    hidden_layer_sizes : sequence of int
        What the estimator asks for now.
    activations : sequence of Activation
        One per hidden layer; `learning_rate_factor`, `penalty` and `trainable` may differ from the fitted ones.
    n_members : int or None
        None keeps what there is.
    clip_inputs : float or None
        Limit of the standardised inputs.
    standardize : bool
        Whether the inputs are standardised.
    n_bins : int or None
        Pieces per column; None keeps what there is.
    learn_scales : bool
        Whether each input has a learned factor.
    loss : Loss
        The loss; another one may take its place if its predictions come from raw outputs in the same way.
    dropout : float
        Probability of dropout.

    Returns
    -------
    Plan
        The plan.

    Raises
    ------
    ValueError
        If a parameter differs that a fitted network cannot take on; the message names it.
    """
    if list(hidden_layer_sizes) != [layer.n_out for layer in plan.hidden]:
        raise _changed("hidden_layer_sizes", [layer.n_out for layer in plan.hidden], list(hidden_layer_sizes))
    fitted = [layer.activation for layer in plan.hidden if layer.activation is not None]
    for old, new in zip(fitted, activations, strict=True):
        if not same_parameters(old, new, but=TRAINING_OF_ACTIVATIONS):
            raise _changed("activation", old, new)
    if n_members not in (None, plan.n_members):
        raise _changed("n_members", plan.n_members, n_members)
    if standardize != plan.inputs.standardized:
        raise _changed("standardize", plan.inputs.standardized, standardize)
    if n_bins not in (None, plan.inputs.n_bins):
        raise _changed("n_bins", plan.inputs.n_bins, n_bins)
    if learn_scales != (plan.input_scale >= 0):
        raise _changed("learn_scales", plan.input_scale >= 0, learn_scales)
    if loss.out_activation != plan.loss.out_activation:
        raise _changed("loss", plan.loss, loss)
    *hidden, output = plan.layers
    layers = [replace(layer, activation=new) for layer, new in zip(hidden, activations, strict=True)]
    inputs = plan.inputs.clipped_at(clip_inputs)
    return replace(plan, layers=(*layers, output), loss=loss, inputs=inputs, dropout=dropout)


def _changed(name: str, old: object, new: object) -> ValueError:
    return ValueError(
        f"{name} cannot change between calls that continue training: the network was fitted with {name}={old!r}, "
        f"now it is {new!r}. Fit with warm_start=False, or on a clone"
    )
