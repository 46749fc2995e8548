"""Learned activations as inline SVG pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup, escape

from sk_adaptive._fitted import FittedActivation

WIDTH, HEIGHT, MARGIN = 300, 200, 24
REACH = 4.0  # pre-activations start with unit variance
MOST_CURVES = 16


def picture(fitted: FittedActivation, layer: int) -> Markup:
    """Return the learned activation of a hidden layer, one curve a unit, as an SVG element with a text alternative."""
    z = np.linspace(-REACH, REACH, 121)
    shared = all(len(values) == 1 for values in fitted.params.values())
    n_curves = 1 if shared else min(fitted.n_units, MOST_CURVES)
    curves = np.asarray(fitted(z), dtype=np.float64)[:, :n_curves]
    low, high = min(0.0, float(curves.min())), max(0.0, float(curves.max()))
    high = high if high > low else low + 1
    x = _scale(z, -REACH, REACH, MARGIN, WIDTH - 8)
    paths = (_path(x, _scale(curve, low, high, HEIGHT - MARGIN, 8)) for curve in curves.T)
    family = type(fitted.activation).__name__
    each = "shared by all units" if shared else f"of {n_curves} of {fitted.n_units} units, a curve each"
    title = f"Hidden layer {layer}: {family}, {each}; from {low:.3g} to {high:.3g}"
    lines = "".join(f'<path d="{path}" class="curve"/>' for path in paths)
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{_axes(low, high)}{lines}</svg>'
    )


def _axes(low: float, high: float) -> str:
    zero_x = _scale(np.zeros(1), -REACH, REACH, MARGIN, WIDTH - 8)[0]
    zero_y = _scale(np.zeros(1), low, high, HEIGHT - MARGIN, 8)[0]
    return (
        f'<path class="axis" d="M{MARGIN} {zero_y:.1f}H{WIDTH - 8}M{zero_x:.1f} 8V{HEIGHT - MARGIN}"/>'
        f'<text x="{MARGIN}" y="{HEIGHT - 6}">{-REACH:g}</text>'
        f'<text x="{WIDTH - 8}" y="{HEIGHT - 6}" text-anchor="end">{REACH:g}</text>'
        f'<text x="{zero_x + 4:.1f}" y="18">{high:.3g}</text>'
        f'<text x="{zero_x + 4:.1f}" y="{HEIGHT - MARGIN - 2}">{low:.3g}</text>'
    )


def _scale(values: np.ndarray, low: float, high: float, at_low: float, at_high: float) -> np.ndarray:
    return at_low + (values - low) / (high - low) * (at_high - at_low)


def _path(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> str:
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))
