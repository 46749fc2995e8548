"""Inputs that change while training continues: new levels, means and deviations that move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sk_adaptive._data.columns import Columns
from sk_adaptive._data.inputs import Inputs, Levels
from sk_adaptive._data.moments import Moments
from sk_adaptive._network.initialization import random_signs
from sk_adaptive._network.plan import Plan, make_plan

from .state import State

MIN_ROWS_OF_SCALE = 20  # of fewer, a deviation is a guess


def grow(plan: Plan, state: State, columns: Columns, moments: Moments, random: np.random.RandomState) -> Plan:
    """Return a plan with inputs for new levels, and for numbers that are missing for the first time.

    Parameters
    ----------
    plan : Plan
        The network so far.
    state : State
        Its training; its arrays grow in place of the old ones. New weights are zero, so that predictions stay.
    columns : Columns
        The columns, with the levels of the new rows.
    moments : Moments
        Of the new rows.
    random : RandomState
        Source of the new inputs' signs.

    Returns
    -------
    Plan
        The plan, the same one if nothing is new.
    """
    inputs = _with_new_levels(plan.inputs, columns).with_missing(moments)
    n_new = inputs.n_inputs - plan.inputs.n_inputs
    if not n_new:
        return replace(plan, inputs=inputs)
    signs = random_signs(random, plan.n_members, n_new)
    grown = make_plan(
        inputs,
        [layer.n_out for layer in plan.hidden],
        plan.layers[-1].n_out,
        [layer.activation for layer in plan.hidden if layer.activation is not None],
        loss=plan.loss,
        n_members=plan.n_members,
        signs=None if signs is None or plan.signs is None else np.hstack([plan.signs, signs]),
        learn_scales=plan.input_scale >= 0,
        dropout=plan.dropout,
    )
    places = _places(plan, grown)
    theta = np.zeros(grown.n_theta, state.theta.dtype)
    if grown.input_scale >= 0:
        theta[grown.input_scale :] = 1
    theta[places] = state.theta
    state.theta = theta
    if state.moments is not None:
        moments_of_solver = np.zeros((len(state.moments), grown.n_theta), theta.dtype)
        moments_of_solver[:, places] = state.moments
        state.moments = moments_of_solver
    return grown


def follow_moments(plan: Plan, state: State, before: Moments, more: Moments) -> tuple[Plan, Moments]:
    """Return a plan whose inputs are scaled by other moments; the weights change so that the function does not.

    An input x becomes (x - centre) factor. With another centre and factor, weights times old over new factor give the
    same but for a constant. It differs from member to member by their signs, and is added as `Inputs.shift`. Where
    there were few rows before, or a column was constant, the factor was a guess: the weights stay, and the function at
    the old mean.

    Parameters
    ----------
    plan : Plan
        The network so far.
    state : State
        Its training, whose first weights are rescaled in place.
    before, more : Moments
        Of the earlier rows, and of the new ones.

    Returns
    -------
    plan : Plan
        The plan.
    moments : Moments
        Of all rows.
    """
    old, moments = plan.inputs, before.merged(more)
    new = old.scaled_by(moments, standardize=old.standardized)
    coef = plan.coefs(state.theta)[0][..., : old.n_numbers, :]  # those of pieces keep their centre and factor
    known = (old.factor > 0) & (new.factor > 0) & (before.weight[old.columns] >= MIN_ROWS_OF_SCALE)
    ratio = np.divide(old.factor, new.factor, out=np.ones(old.n_numbers), where=known)
    scaled = ratio != 1
    coef[..., scaled, :] *= ratio[scaled, None].astype(coef.dtype)
    moved = (new.centre - old.centre) * new.factor
    if plan.input_scale >= 0:
        moved = moved * state.theta[plan.input_scale :][: old.n_numbers]
    some = np.flatnonzero(moved)  # of a million sparse columns a few
    signs = np.ones((1, len(some))) if plan.signs is None else plan.signs[:, some]
    of_members = np.broadcast_to(coef[..., some, :], (plan.n_members, len(some), coef.shape[-1]))
    change = np.einsum("mi,mij->mj", signs * moved[some], of_members, dtype=np.float64)
    if not change.any() and old.shift is None:
        return replace(plan, inputs=new), moments
    return replace(plan, inputs=replace(new, shift=change if old.shift is None else old.shift + change)), moments


def _with_new_levels(inputs: Inputs, columns: Columns) -> Inputs:
    levels, n_inputs = [], inputs.n_inputs
    for each in inputs.levels:
        if not each.is_missing:
            n_new = len(columns.categories[each.column].levels) + 2 - len(each.inputs)
            added = np.arange(n_inputs, n_inputs + n_new)
            each = Levels(each.column, np.concatenate([each.inputs[:-2], added, each.inputs[-2:]]))
            n_inputs += n_new
        levels.append(each)
    return replace(inputs, levels=tuple(levels), n_inputs=n_inputs)


def _places(old: Plan, new: Plan) -> np.ndarray:
    """Return where each parameter of the old plan stands in the new one."""
    places = np.empty(old.n_theta, dtype=np.int64)
    numbers = np.arange(new.n_theta)
    for to, of in zip(old.coefs(places), new.coefs(numbers), strict=True):
        to[...] = of[..., : to.shape[-2], :]
    for to, of in zip(old.intercepts(places), new.intercepts(numbers), strict=True):
        to[...] = of
    for to, of in zip(old.parameters(places), new.parameters(numbers), strict=True):
        to[...] = of
    if old.input_scale >= 0:
        places[old.input_scale :] = numbers[new.input_scale :][: old.layers[0].n_in]
    return places
