"""Fold what turned out to be linear into its neighbours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import qr
from sklearn.pipeline import Pipeline

from sk_adaptive._base import BaseAdaptiveMLP

from ._measures import affine_fit, ratio, variation
from ._support import as_rows, seen_layers, unwrap
from ._surgery import Piece, put_together, take_apart


class Simplification(NamedTuple):
    """What `simplify` did.

    Parameters
    ----------
    layers : list of int
        Hidden layers of the original that were folded into the next.
    units : list of int
        How many units each hidden layer that stayed has lost.
    n_parameters : tuple of int
        Number of all weights, biases and activation parameters, before and after.
    max_change : float
        Greatest absolute change of a raw output (a logit, or the standardised target) over the rows.
    relative_change : float
        Root mean square of the change over that of the raw outputs around their mean.
    """

    layers: list[int]
    units: list[int]
    n_parameters: tuple[int, int]
    max_change: float
    relative_change: float


def simplify(estimator: Any, X: Any, tol: float = 1e-3) -> Any:
    """Return an estimator without the layers and units that are linear on the rows of X.

    A hidden layer whose nonlinearity, as :func:`activation_report` gives it, is at most `tol` is replaced by its best
    affine fit and multiplied into the next layer's weights (after A. Ben Dror et al., "Layer folding",
    arXiv:2106.09309). In a layer that stays, linear units of which others of the same layer already carry the signal
    (constant ones among them) are taken out, and what they passed on is passed on by those that stay; which ones stay,
    a pivoted QR decomposition of their activations decides. Layers are treated from the input on, each on what the
    simplified layers before it give.

    Parameters
    ----------
    estimator : estimator
        A fitted AdaptiveMLPClassifier or AdaptiveMLPRegressor, or a Pipeline that ends in one. It is left as it is.
    X : array-like or sparse matrix of shape (n_rows, n_features)
        Rows on which functions must be linear.
    tol : float, default=1e-3
        Share of the variance of a layer or a unit, 1 - R^2, that its best affine fit may leave.

    Returns
    -------
    estimator
        A fitted estimator of the same kind. Its network (the Pipeline's last step) says what was done in
        `simplification_`, with the change in output. All of its hidden layers may be gone.

    Raises
    ------
    ValueError
        If `tol` is negative.
    TypeError
        If `estimator` holds no network of this package.
    """
    if not tol >= 0:
        raise ValueError(f"tol must be at least 0, got {tol}")
    network, X = unwrap(estimator, X)
    rows = as_rows(network, X)
    folded, simpler = _fold_layers(network, rows, tol)
    lost, simpler = _drop_units(simpler, rows, tol)
    simpler.simplification_ = _compare(network, simpler, rows, folded, lost)
    return _in_place_of(estimator, simpler)


def _fold_layers(network: BaseAdaptiveMLP, rows: Any, tol: float) -> tuple[list[int], BaseAdaptiveMLP]:
    folded: list[int] = []
    for original in range(len(network.activations_)):
        index = original - len(folded)
        (layer,) = seen_layers(network, rows, [index])
        fit = affine_fit(layer.z, layer.fitted(layer.z))
        if ratio(fit.residual.sum(), fit.total.sum()) <= tol:
            pieces = take_apart(network)
            pieces[index : index + 2] = [_product(pieces[index], fit.slope, fit.offset, pieces[index + 1])]
            network = put_together(network, pieces, rows)
            folded.append(original)
    return folded, network


def _product(first: Piece, slope: np.ndarray, offset: np.ndarray, second: Piece) -> Piece:
    """Return one layer that computes second(slope * first(x) + offset)."""
    coef = (first.coef * slope) @ second.coef
    intercept = (first.intercept * slope + offset)[:, None, :] @ second.coef
    return replace(second, coef=coef, intercept=intercept[:, 0, :] + second.intercept)


def _drop_units(network: BaseAdaptiveMLP, rows: Any, tol: float) -> tuple[list[int], BaseAdaptiveMLP]:
    lost: list[int] = []
    for index in range(len(network.activations_)):
        (layer,) = seen_layers(network, rows, [index])
        h = layer.fitted(layer.z)
        linear = np.flatnonzero(affine_fit(layer.z, h).nonlinearity <= tol)
        kept, dropped = _spanning(h, linear, tol)
        if len(dropped) == h.shape[1]:  # a layer keeps one unit
            kept, dropped = dropped[:1], dropped[1:]
        lost.append(len(dropped))
        if len(dropped):
            pieces = take_apart(network)
            pieces[index : index + 2] = _without(pieces[index], pieces[index + 1], h, kept, dropped)
            network = put_together(network, pieces, rows)
    return lost, network


def _spanning(h: np.ndarray, candidates: np.ndarray, tol: float) -> tuple[np.ndarray, np.ndarray]:
    """Part candidate columns of h into some that span all, but for `tol` of the variance of each, and the others."""
    if not len(candidates):
        return candidates, candidates
    centred = h[:, candidates] - h[:, candidates].mean(axis=0, dtype=np.float64)
    deviation = np.sqrt(variation(h[:, candidates]))
    scaled = np.divide(centred, deviation, out=np.zeros_like(centred), where=deviation > 0)
    _, r, order = qr(scaled, mode="economic", pivoting=True)
    left = np.array([(r[rank:] ** 2).sum(axis=0).max() for rank in range(len(r) + 1)])  # of the worst unit
    rank = int(np.argmax(left <= max(tol, 1e-12)))
    return candidates[order[:rank]], candidates[order[rank:]]


def _without(first: Piece, second: Piece, h: np.ndarray, kept: np.ndarray, dropped: np.ndarray) -> tuple[Piece, Piece]:
    """Take units out of `first`; `second` reads them off the kept ones instead."""
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
    slim = replace(first, coef=first.coef[:, :, staying], intercept=first.intercept[:, staying], parameters=parameters)
    return slim, replace(second, coef=coef[:, staying], intercept=intercept)


def _compare(
    network: BaseAdaptiveMLP, simpler: BaseAdaptiveMLP, rows: Any, layers: list[int], units: list[int]
) -> Simplification:
    before, after = (each._raw(rows).astype(np.float64) for each in (network, simpler))
    size = np.sqrt(np.mean((before - before.mean(axis=1, keepdims=True)) ** 2))
    change = np.sqrt(np.mean((after - before) ** 2))
    return Simplification(
        layers,
        units,
        (network.theta_.size, simpler.theta_.size),
        float(np.abs(after - before).max()),
        float(change / size) if size > 0 else float(change),
    )


def _in_place_of(estimator: Any, simpler: BaseAdaptiveMLP) -> Any:
    """Return an estimator that ends in `simpler` instead of its network; of a search, the best one."""
    if isinstance(estimator, Pipeline):
        *first, (name, last) = estimator.steps
        return Pipeline([*first, (name, _in_place_of(last, simpler))])
    if hasattr(estimator, "best_estimator_"):
        return _in_place_of(estimator.best_estimator_, simpler)
    return simpler
