"""Plots that commands write if matplotlib is installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from sk_adaptive._estimators.base import BaseAdaptiveMLP
from sk_adaptive.activations.fitted import FittedActivation

from ._files import replacing

COLORS = ("#0072B2", "#D55E00")  # told apart by colour-blind readers too (Okabe and Ito)
STYLES = ("-", "--")


def write(path: Path, draw: Callable[[Any], None], width: float = 6.4) -> None:
    """Draw into a new matplotlib figure, write it, and say where; without matplotlib, say what brings it.

    Parameters
    ----------
    path : Path
        The PNG to write; its folder is made if need be.
    draw : callable
        Takes the figure.
    width : float, default=6.4
        Inches.
    """
    if find_spec("matplotlib") is None:
        print(f"{path.name} needs matplotlib: pip install 'sk_adaptive[plot]'")
        return
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, 3.8), dpi=150, layout="constrained")
    draw(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as unfinished:
        figure.savefig(unfinished)
    print(f"wrote {path}")


def loss_name(network: BaseAdaptiveMLP) -> str:
    """Return what a network's loss curve measures."""
    if not is_classifier(network):
        return network.loss.replace("_", " ") if isinstance(network.loss, str) else type(network.loss).__name__
    part = network._plan.loss.constant
    return f"cross-entropy (nats{f', label smoothing {part:g}' if part else ''})"


def draw_losses(figure: Any, curves: Mapping[str, Sequence[float] | np.ndarray], name: str) -> None:
    """Draw losses over epochs, by name; `name` is the loss's."""
    axes = figure.subplots()
    for (label, curve), color, style in zip(curves.items(), COLORS, STYLES, strict=False):
        axes.plot(np.arange(1, len(curve) + 1), curve, style, color=color, label=label)
    highest = max(np.max(curve) for curve in curves.values())
    axes.set(xlabel="epoch", ylabel=name, ylim=(0, 1.05 * highest))
    axes.legend()


def draw_shapes(figure: Any, learned: Sequence[FittedActivation]) -> None:
    """Draw unit 0's activation in each hidden layer, as it began and as it was learned, where it has seen data."""
    panels = figure.subplots(1, len(learned), squeeze=False)[0]
    for index, (axes, activation) in enumerate(zip(panels, learned, strict=True)):
        seen = np.asarray(activation.quantiles)
        x = np.linspace(seen.min(), seen.max(), 200)
        axes.plot(x, activation.start(x)[:, 0], STYLES[1], color=COLORS[1], label="start")
        axes.plot(x, activation(x)[:, 0], STYLES[0], color=COLORS[0], label="learned")
        axes.set(title=f"hidden layer {index}", xlabel="pre-activation x", ylabel="f(x)")
        axes.legend()
