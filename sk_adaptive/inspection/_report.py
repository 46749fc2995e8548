"""Report on learned activations, one row per layer or unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring

from sk_adaptive._data.rows import check_X
from sk_adaptive._estimators.base import BaseAdaptiveMLP
from sk_adaptive._estimators.final_step import fitted_network

from ._columns import Columns
from ._measures import affine_fit, is_monotone, is_saturated, support_grid
from ._support import SeenLayer, seen_layers
from ._surgery import affine_activation, from_layers, to_layers, unshared
from ._text import describe_parameters

NEARLY_LINEAR = 0.01  # largest 1 - R^2 of a nearly linear unit


def activation_report(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    per_unit: bool = False,
    scoring: str | Callable | None = None,
) -> Columns:
    r"""Return measures of the learned activation of each hidden layer, on the rows of X.

    Parameters
    ----------
    estimator : estimator
        A fitted AdaptiveMLPClassifier or AdaptiveMLPRegressor, or a Pipeline that ends in one.
    X : array-like or sparse matrix of shape (n_rows, n_features)
        Rows on which functions are measured and compared.
    y : array-like of shape (n_rows,) or (n_rows, n_outputs), default=None
        Targets of the rows. If given, an ablation measures how much the score depends on each layer's learned shape.
    per_unit : bool, default=False
        One row per unit instead of one per layer.
    scoring : str or callable, default=None
        scikit-learn scorer for the ablation. None uses the `score` method of the estimator.

    Returns
    -------
    dict of str to ndarray of shape (n_layers,), or (n_units of all layers,) with `per_unit`
        Columns for ``pandas.DataFrame``, which print as a table:

        - ``layer``: index of the hidden layer, from 0;
        - ``unit``: index of the unit, from 0 (only with `per_unit`);
        - ``family``, ``scope``, ``parameters``: the learned activation as text;
        - ``change``: :math:`\|f - f_0\| / \|f_0\|` as root mean squares over the rows; f_0 is the initial function
          (1 if f_0 is 0 and f is not);
        - ``nonlinearity``: 1 - R^2 of the best affine fit to a unit on the rows, averaged over units;
        - ``monotone``: share of units that never rise or never fall between their extreme pre-activations;
        - ``lipschitz``: the largest absolute derivative in that range;
        - ``saturated``: share of units whose derivative is at most 5 % of its largest value at 95 % of the rows;
        - ``nearly_linear``: share of units with a nonlinearity of at most 0.01;
        - ``score``, ``drop_to_start``, ``drop_to_affine``: only if y is given: the score, and how much it falls if the
          layer's activation is replaced by its initial function, or by the best affine fit of each unit, and
          everything else stays as learned.

    Raises
    ------
    ValueError
        If y and `per_unit` are both given: the ablation replaces whole layers.
    TypeError
        If `estimator` contains no network of this package.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sk_adaptive import AdaptiveMLPClassifier
    >>> from sk_adaptive.inspection import activation_report
    >>> X, y = load_iris(return_X_y=True)
    >>> model = AdaptiveMLPClassifier((10, 5), "relu", solver="lbfgs", random_state=1).fit(X, y)
    >>> report = activation_report(model, X)
    >>> report["family"].tolist(), report["change"].tolist()
    (['relu', 'relu'], [0.0, 0.0])
    """
    if y is not None and per_unit:
        raise ValueError("the ablation is by layer: give y, or per_unit=True, not both")
    network, X = fitted_network(estimator, X)
    seen = seen_layers(network, X)
    rows = [row for layer in seen for row in _rows(layer, per_unit)]
    if y is not None:
        _add_ablation(rows, network, seen, X, y, check_scoring(network, scoring))
    return Columns({name: np.array([row[name] for row in rows]) for name in (rows[0] if rows else ())})


def _rows(layer: SeenLayer, per_unit: bool) -> list[dict[str, Any]]:
    """Return the row of a layer, or the rows of its units; a unit is reported like a layer with one unit."""
    measures = _measure(layer)
    if not per_unit:
        return [{"layer": layer.index, **_identity(layer, None), **_summary(measures)}]
    return [
        {
            "layer": layer.index,
            "unit": u,
            **_identity(layer, u),
            **_summary({name: values[u : u + 1] for name, values in measures.items()}),
        }
        for u in range(layer.fitted.n_units)
    ]


def _measure(layer: SeenLayer) -> dict[str, np.ndarray]:
    """Return the measures of each unit, each of shape (n_units,)."""
    z, fitted = layer.z, layer.fitted
    f, f0, grid = fitted(z), fitted.start(z), support_grid(z)
    return {
        "moved": ((f - f0).astype(np.float64) ** 2).sum(axis=0),
        "began": (f0.astype(np.float64) ** 2).sum(axis=0),
        "nonlinearity": affine_fit(z, f).nonlinearity,
        "monotone": is_monotone(fitted(grid)),
        "steepest": np.maximum(np.abs(fitted.derivative(grid)).max(axis=0), np.abs(fitted.derivative(z)).max(axis=0)),
        "saturated": is_saturated(fitted, z),
    }


def _summary(measures: dict[str, np.ndarray]) -> dict[str, float]:
    moved, began, nonlinearity = measures["moved"].sum(), measures["began"].sum(), measures["nonlinearity"]
    return {
        "change": float(np.sqrt(moved / began) if began > 0 else moved > 0),
        "nonlinearity": float(nonlinearity.mean()),
        "monotone": float(measures["monotone"].mean()),
        "lipschitz": float(measures["steepest"].max()),
        "saturated": float(measures["saturated"].mean()),
        "nearly_linear": float((nonlinearity <= NEARLY_LINEAR).mean()),
    }


def _identity(layer: SeenLayer, unit: int | None) -> dict[str, str]:
    return {
        "family": layer.family,
        "scope": layer.fitted.activation.scope,
        "parameters": "; ".join(describe_parameters(layer.fitted, None if unit is None else [unit])),
    }


def _add_ablation(
    rows: list[dict[str, Any]],
    network: BaseAdaptiveMLP,
    seen: list[SeenLayer],
    X: Any,
    y: Any,
    scorer: Callable[[Any, Any, Any], float],
) -> None:
    score, data = scorer(network, X, y), check_X(network, X)
    pieces = [unshared(piece) for piece in to_layers(network)]
    for row, layer in zip(rows, seen, strict=True):
        fit = affine_fit(layer.z, layer.fitted(layer.z))
        line, line_parameters = affine_activation(fit.slope, fit.offset)
        own = pieces[layer.index]
        start = replace(own, parameters=np.reshape(list(layer.fitted.start.params.values()), own.parameters.shape))
        affine = replace(own, activation=line, parameters=line_parameters)
        row["score"] = score
        for name, other in (("drop_to_start", start), ("drop_to_affine", affine)):
            changed = [*pieces[: layer.index], other, *pieces[layer.index + 1 :]]
            row[name] = score - scorer(from_layers(network, changed, data), X, y)
