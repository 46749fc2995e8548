"""Learned activations in an estimator's HTML representation: inline SVG that needs no library and no style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from sk_adaptive._sklearn import HTMLWithExtra
from sk_adaptive.activations.fitted import FittedActivation

WIDTH, HEIGHT, MARGIN = 170, 110, 5  # of one picture, in pixels
POINTS = 33  # of a curve
MAX_CURVES = 20
LEVEL = 1  # of FittedActivation.levels: curves are drawn from the 1 % to the 99 % quantile
COLOUR = "#0c7bdc"  # reads on white and on black; all else is in the colour of the text around


class ActivationsInHTML(HTMLWithExtra):
    """Shows a fitted estimator's activations in its HTML representation."""

    def _extra_html(self) -> str:
        return pictures(self)


def pictures(estimator: Any) -> str:
    """Return the learned activations of a fitted estimator as HTML, nothing for one that is not fitted.

    Parameters
    ----------
    estimator : AdaptiveMLPClassifier or AdaptiveMLPRegressor
        Fitted or not.

    Returns
    -------
    str
        A `div` with one `figure` a hidden layer.
    """
    if not hasattr(estimator, "theta_"):
        return ""
    figures = (figure(fitted, f"layer {i}") for i, fitted in enumerate(estimator.activations_))
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px;padding:4px">{"".join(figures)}</div>'


def figure(fitted: FittedActivation, name: str) -> str:
    """Return the learned function of one layer as an HTML figure.

    Functions are drawn where they have seen data, the one they started from dashed, and the range that holds the middle
    half of the data is shaded. Of many units some are drawn thin, and the median of all thick.

    Parameters
    ----------
    fitted : FittedActivation
        The learned activation.
    name : str
        What the layer is called.

    Returns
    -------
    str
        A `figure` with an `svg` in it.
    """
    units = _distinct_units(fitted)
    low, high, middle = _ranges(fitted)
    x = np.linspace(low, high, POINTS)
    seen, median, start = _own_ranges(fitted, low, high), np.median(fitted(x)[:, units], axis=1), fitted.start(x)[:, 0]
    f = fitted(seen)
    frame = _Frame(low, high, np.concatenate([f[:, units].ravel(), median, start]))
    thin = units[:: -(-len(units) // MAX_CURVES)] if len(units) > 1 else []
    curves = [
        *(frame.curve(seen[:, u], f[:, u], f'stroke="{COLOUR}" stroke-opacity=".35"') for u in thin),
        frame.curve(x, start, 'stroke="currentColor" stroke-dasharray="4 3" stroke-opacity=".7"'),
        frame.curve(x, median, f'stroke="{COLOUR}" stroke-width="2.2"'),
    ]
    title = escape(f"{name}: {_family(fitted)}, {fitted.n_units} unit{'s' if fitted.n_units > 1 else ''}")
    return (
        f'<figure style="margin:0"><svg width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="Learned activation of {title}" fill="none">{frame.band(*middle)}{"".join(curves)}</svg>'
        f'<figcaption style="font-size:11px;text-align:center">{title}<br>x from {low:.3g} to {high:.3g}</figcaption>'
        f"</figure>"
    )


class _Frame:
    """Data coordinates to pixels."""

    def __init__(self, low: float, high: float, values: np.ndarray) -> None:
        finite = values[np.isfinite(values)]
        bottom, top = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        self._x, self._x_range = low, high - low
        self._top, self._y_range = top, (top - bottom) or 1.0

    def curve(self, x: np.ndarray, y: np.ndarray, style: str) -> str:
        """Return a polyline."""
        at = np.isfinite(y)
        right = MARGIN + (x[at] - self._x) / self._x_range * (WIDTH - 2 * MARGIN)
        down = MARGIN + (self._top - y[at]) / self._y_range * (HEIGHT - 2 * MARGIN)
        return f'<polyline points="{" ".join(f"{a:.0f},{b:.1f}" for a, b in zip(right, down, strict=True))}" {style}/>'

    def band(self, low: float, high: float) -> str:
        """Return a shaded stretch of x."""
        left, right = (MARGIN + (x - self._x) / self._x_range * (WIDTH - 2 * MARGIN) for x in (low, high))
        return (
            f'<rect x="{left:.1f}" y="0" width="{right - left:.1f}" height="{HEIGHT}" fill="currentColor" '
            f'fill-opacity=".1"/>'
        )


def _distinct_units(fitted: FittedActivation) -> Sequence[int]:
    """Return all units, or the first where all compute the same."""
    own = any(len(values) > 1 for values in fitted.params.values())
    return range(fitted.n_units) if own else [0]


def _ranges(fitted: FittedActivation) -> tuple[float, float, tuple[float, float]]:
    """Return the range of x to draw, and that of the middle half of the data."""
    if fitted.quantiles is None:
        return -3.0, 3.0, (0.0, 0.0)
    low, high = float(fitted.quantiles[LEVEL].min()), float(fitted.quantiles[-1 - LEVEL].max())
    low, high = (low, high) if high > low else (low - 1, high + 1)
    quarter, three_quarters = (float(np.median(fitted.quantiles[fitted.levels.index(p)])) for p in (0.25, 0.75))
    return low, high, (max(low, quarter), min(high, three_quarters))


def _own_ranges(fitted: FittedActivation, low: float, high: float) -> np.ndarray:
    """Return points over each unit's own data, (POINTS, n_units)."""
    if fitted.quantiles is None:
        return np.tile(np.linspace(low, high, POINTS)[:, None], fitted.n_units)
    return np.linspace(fitted.quantiles[LEVEL], fitted.quantiles[-1 - LEVEL], POINTS)


def _family(fitted: FittedActivation) -> str:
    return str(getattr(fitted.activation, "name", type(fitted.activation).__name__))
