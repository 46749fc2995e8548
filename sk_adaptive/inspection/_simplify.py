"""Removal of linear layers and units from a fitted network."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import qr

from sk_adaptive._data.rows import check_X
from sk_adaptive._estimators.base import BaseAdaptiveMLP
from sk_adaptive._estimators.final_step import fitted_network, with_network

from ._measures import affine_fit, ratio, variation
from ._support import layer_on
from ._surgery import Piece, from_layers, to_layers

Check = Callable[[BaseAdaptiveMLP], bool]

ROUNDING = 1e-12  # relative variance below which a change is rounding


class Simplification(NamedTuple):
    """Summary of a simplification.

    Parameters
    ----------
    layers : list of int
        Indices of the original hidden layers that were merged into the next layer.
    units : list of int
        Number of units removed from each remaining hidden layer.
    n_parameters : tuple of int
        Number of all weights, biases and activation parameters, before and after.
    max_change : float
        Largest absolute change of a raw output (a logit, or the standardised target) on the rows.
    relative_change : float
        Root mean square of the change, divided by that of the raw outputs minus their means.
    """

    layers: list[int]
    units: list[int]
    n_parameters: tuple[int, int]
    max_change: float
    relative_change: float


def simplify(estimator: Any, X: Any, tol: float = 1e-4) -> Any:
    """Return an estimator without the layers and units that are linear on the rows of X.

    A layer is removed by multiplying the best affine fits to its units into the weights of the next layer (A. Ben Dror
    et al., "Layer folding", arXiv:2106.09309). In the remaining layers, linear units are removed (constant units
    included) if the remaining linear units can replace them; a pivoted QR decomposition of their activations selects
    the units that stay. The layers are processed from the input to the output. Each step is undone if it changes the
    outputs by more than `tol`.

    Parameters
    ----------
    estimator : estimator
        A fitted AdaptiveMLPClassifier or AdaptiveMLPRegressor, or a Pipeline that ends in one. It is not changed.
    X : array-like or sparse matrix of shape (n_rows, n_features)
        Rows on which outputs are compared.
    tol : float, default=1e-4
        Largest loss of variance, 1 - R^2, of each raw output (a logit, or the standardised target). It is also the
        largest 1 - R^2 of the affine fit to a unit that is removed.

    Returns
    -------
    estimator
        A fitted estimator of the same kind. The attribute `simplification_` of its network (the last step of
        a Pipeline) lists what was removed, and the change of the outputs. All hidden layers can be removed.

    Raises
    ------
    ValueError
        If `tol` is negative.
    TypeError
        If `estimator` contains no network of this package.
    """
    if not tol >= 0:
        raise ValueError(f"tol must be at least 0, got {tol}")
    network, X = fitted_network(estimator, X)
    rows = check_X(network, X)
    before = _outputs(network, rows)

    def is_close(other: BaseAdaptiveMLP) -> bool:
        after = _outputs(other, rows)
        lost = ratio(((after - before) ** 2).sum(axis=0), variation(before))
        return bool(np.isfinite(after).all() and (lost <= max(tol, ROUNDING)).all())

    folded, simpler = _fold_layers(from_layers(network, to_layers(network), rows), rows, is_close)
    removed, simpler = _drop_units(simpler, rows, tol, is_close)
    simpler.simplification_ = _compare(network, simpler, rows, folded, removed)
    return with_network(estimator, simpler)


def _outputs(network: BaseAdaptiveMLP, rows: Any) -> np.ndarray:
    """Return the raw outputs of all members side by side, float64 of shape (n_rows, n_members * n_outputs)."""
    raw = network._network.forward(network.theta_, rows).astype(np.float64)
    return raw.transpose(1, 0, 2).reshape(raw.shape[1], -1)


def _fold_layers(network: BaseAdaptiveMLP, rows: Any, is_close: Check) -> tuple[list[int], BaseAdaptiveMLP]:
    folded: list[int] = []
    for original in range(len(network.activations_)):
        index = original - len(folded)
        layer = layer_on(network, rows, index)
        fit = affine_fit(layer.z, layer.fitted(layer.z))
        pieces = to_layers(network)
        pieces[index : index + 2] = [_product(pieces[index], fit.slope, fit.offset, pieces[index + 1])]
        without = from_layers(network, pieces, rows)
        if is_close(without):
            network = without
            folded.append(original)
    return folded, network


def _product(first: Piece, slope: np.ndarray, offset: np.ndarray, second: Piece) -> Piece:
    """Return one layer that computes second(slope * first(x) + offset)."""
    coef = (first.coef * slope) @ second.coef
    intercept = (first.intercept * slope + offset)[:, None, :] @ second.coef
    shift = None if first.shift is None else ((first.shift * slope)[:, None, :] @ second.coef)[:, 0, :]
    return replace(second, coef=coef, intercept=intercept[:, 0, :] + second.intercept, shift=shift)


def _drop_units(network: BaseAdaptiveMLP, rows: Any, tol: float, is_close: Check) -> tuple[list[int], BaseAdaptiveMLP]:
    removed: list[int] = []
    for index in range(len(network.activations_)):
        layer = layer_on(network, rows, index)
        pieces = to_layers(network)
        h = layer.fitted(layer.z)
        linear = np.flatnonzero(affine_fit(layer.z, h).nonlinearity <= tol)
        order = linear[_by_importance(h[:, linear], pieces[index + 1].coef[:, linear])]
        least = int(len(linear) == layer.fitted.n_units)  # a layer keeps at least one unit
        shrink = partial(_shrunk, network, rows, index, h, order)
        kept = bisect_left(range(len(order)), True, lo=min(least, len(order)), key=lambda rank: is_close(shrink(rank)))
        removed.append(len(order) - kept)
        network = shrink(kept)
    return removed, network


def _by_importance(h: np.ndarray, outgoing: np.ndarray) -> np.ndarray:
    """Return units ordered by how much signal each adds to that of the units before it.

    Parameters
    ----------
    h : ndarray of shape (n_rows, n_units)
        Activations of the units.
    outgoing : ndarray of shape (n_members, n_units, n_out)
        The weights of the next layer.

    Returns
    -------
    ndarray of shape (n_units,), dtype int
        Indices of the units.
    """
    if h.shape[1] == 0:
        return np.empty(0, dtype=np.intp)
    passed = (h - h.mean(axis=0, dtype=np.float64)) * np.linalg.norm(outgoing, axis=(0, 2))
    return qr(passed, mode="r", pivoting=True)[1]


def _shrunk(
    network: BaseAdaptiveMLP, rows: Any, index: int, h: np.ndarray, order: np.ndarray, rank: int
) -> BaseAdaptiveMLP:
    """Return the network in which the first `rank` of some units of a layer replace the others."""
    if rank == len(order):
        return network
    pieces = to_layers(network)
    pieces[index : index + 2] = _without(pieces[index], pieces[index + 1], h, order[:rank], order[rank:])
    return from_layers(network, pieces, rows)


def _without(first: Piece, second: Piece, h: np.ndarray, kept: np.ndarray, dropped: np.ndarray) -> tuple[Piece, Piece]:
    """Remove units from `first`; `second` computes them from the kept units."""
    h = h.astype(np.float64)
    basis = np.column_stack([np.ones(len(h)), h[:, kept]])
    shares = np.linalg.lstsq(basis, h[:, dropped], rcond=None)[0]
    outgoing = second.coef[:, dropped]
    coef = second.coef.astype(np.float64)
    coef[:, kept] += shares[1:] @ outgoing
    intercept = second.intercept + shares[0] @ outgoing
    staying = np.setdiff1d(np.arange(h.shape[1]), dropped)
    own = first.parameters.shape[1] > 1
    parameters = first.parameters[:, staying] if own else first.parameters
    slim = replace(
        first,
        coef=first.coef[:, :, staying],
        intercept=first.intercept[:, staying],
        parameters=parameters,
        shift=None if first.shift is None else first.shift[:, staying],
    )
    return slim, replace(second, coef=coef[:, staying], intercept=intercept)


def _compare(
    network: BaseAdaptiveMLP, simpler: BaseAdaptiveMLP, rows: Any, layers: list[int], units: list[int]
) -> Simplification:
    before, after = _outputs(network, rows), _outputs(simpler, rows)
    change = np.sqrt(ratio(((after - before) ** 2).sum(), variation(before).sum()))
    return Simplification(
        layers, units, (network.theta_.size, simpler.theta_.size), float(np.abs(after - before).max()), float(change)
    )
