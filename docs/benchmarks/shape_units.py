"""What the units of a fitted network have learned: their functions on the range of their data, and their weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from sk_adaptive.inspection._measures import affine_fit
from sk_adaptive.inspection._support import SeenLayer, seen_layers
from sk_adaptive.inspection._surgery import Piece, to_layers

N_POINTS = 33  # of a function
OUTER = (0.01, 0.99)  # quantiles of the pre-activations between which a function is looked at
ROWS = 256  # of the training rows


def units_of(network: Any, X: Any) -> dict[str, np.ndarray]:
    """Return one row for each hidden unit of a fitted network.

    Returns
    -------
    dict of str to ndarray
        `layer`; `f`, the function at N_POINTS between the quantiles `low` and `high` of the unit's pre-activations;
        `z_mean` and `z_std` of them; `bent` and `whole`, the mean squares of what the outputs would lose, to first
        order, if the unit's function became its best line, or its mean; `p`, its parameters if it has its own.
    """
    seen, pieces = seen_layers(network, X[:ROWS]), to_layers(network)
    bent, whole = contributions(pieces, seen)
    columns: list[dict[str, np.ndarray]] = []
    for layer, b, w in zip(seen, bent, whole, strict=True):
        low, high = np.quantile(layer.z, OUTER, axis=0)
        f = layer.fitted(np.linspace(low, high, N_POINTS, dtype=layer.z.dtype))
        p = np.stack([np.broadcast_to(v, low.shape) for v in layer.fitted.params.values()], axis=1)
        columns.append(
            {
                "layer": np.full(len(b), layer.index),
                "f": f.T.astype(np.float32),
                "low": low,
                "high": high,
                "z_mean": layer.z.mean(axis=0),
                "z_std": layer.z.std(axis=0),
                "bent": b,
                "whole": w,
                "p": p.astype(np.float32),
            }
        )
    return {name: np.concatenate([column[name] for column in columns]) for name in columns[0]}


def contributions(pieces: list[Piece], seen: list[SeenLayer]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the mean squares of the bent and of the whole contribution of each layer's units to the raw outputs.

    The gradient of each member's outputs with respect to a unit, times how far its function is from its best line or
    from its mean. Of several classes only differences between outputs count.
    """
    weights = pieces[-1].coef.astype(np.float64)
    if weights.shape[2] > 1:
        weights = weights - weights.mean(axis=2, keepdims=True)
    away = [_residuals(layer) for layer in seen]
    bent, whole = ([np.zeros(layer.fitted.n_units) for layer in seen] for _ in range(2))
    for output in range(weights.shape[2]):
        gradient = np.repeat(weights[:, :, output], len(seen[0].z) // len(weights), axis=0)
        for i in reversed(range(len(seen))):
            bent[i] += ((gradient * away[i][0]) ** 2).mean(axis=0)
            whole[i] += ((gradient * away[i][1]) ** 2).mean(axis=0)
            gradient = (gradient * seen[i].fitted.derivative(seen[i].z)) @ pieces[i].coef[0].T
    return bent, whole


def _residuals(layer: SeenLayer) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each activation is from the unit's best line, and from its mean."""
    f = layer.fitted(layer.z).astype(np.float64)
    line = affine_fit(layer.z, f)
    return f - line.slope * layer.z - line.offset, f - f.mean(axis=0)
