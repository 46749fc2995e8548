"""Plots of activation parameters over the epochs."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._plotting import LINES, axes_for, layer_name, legend_below, lines, pyplot
from ._record import ActivationTrajectories


class TrajectoryDisplay:
    """Activation parameters over the epochs of a fit, one plot per hidden layer.

    If each unit has its own parameters, thin lines are the units and a thick line is the median. Layers that share one
    set have one plot.

    Create it with :meth:`from_trajectories`.

    Parameters
    ----------
    trajectories : ActivationTrajectories
        What to draw.

    Attributes
    ----------
    ax_ : matplotlib Axes or ndarray of Axes of shape (n_layers,)
        The axes of each layer; a single Axes if there is one layer.
    figure_ : matplotlib Figure
        The figure.
    """

    def __init__(self, trajectories: ActivationTrajectories) -> None:
        self.trajectories = trajectories

    @classmethod
    def from_trajectories(cls, trajectories: ActivationTrajectories, *, ax: Any = None) -> TrajectoryDisplay:
        """Plot recorded parameters.

        Parameters
        ----------
        trajectories : ActivationTrajectories
            From :func:`record_activations` or an `ActivationRecorder`.
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw; see :meth:`plot`.

        Returns
        -------
        TrajectoryDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        return cls(trajectories).plot(ax=ax)

    def plot(self, ax: Any = None) -> TrajectoryDisplay:
        """Plot the parameters.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of Axes, default=None
            One axes per layer; a single one is divided for several layers. None creates a new figure.

        Returns
        -------
        TrajectoryDisplay
            This display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the number of axes is not the number of layers, or no layer has parameters.
        """
        pyplot("TrajectoryDisplay")
        recorded = self.trajectories
        axes = axes_for(len(recorded.layers), ax)
        for each, layer, parameters in zip(axes, recorded.layers, recorded.parameters, strict=True):
            _draw(each, recorded.epochs, parameters)
            each.set_title("all hidden layers" if recorded.shared else layer_name(layer), fontsize="medium")
        self.ax_ = axes[0] if len(axes) == 1 else np.array(axes)
        self.figure_ = axes[0].figure
        return self


def _draw(ax: Any, epochs: np.ndarray, parameters: dict[str, np.ndarray]) -> None:
    for (name, values), style in zip(parameters.items(), _styles(len(parameters)), strict=True):
        if values.shape[1] > 1:
            ax.plot(epochs, values, color=style["color"], alpha=min(0.5, 4 / values.shape[1]), linewidth=0.7, label="_")
        ax.plot(epochs, np.median(values, axis=1), **style, linewidth=2, label=name)
    ax.set(xlabel="epoch", ylabel="parameter", xlim=(epochs[0], epochs[-1]))
    legend_below(ax, columns=2 if len(parameters) <= len(LINES) else 5)


def _styles(n: int) -> list[dict[str, Any]]:
    """Return n line styles; many parameters belong to ordered knots or powers and get ordered colours."""
    if n <= len(LINES):
        return lines(n)
    colours = pyplot("TrajectoryDisplay").get_cmap("cividis")(np.linspace(0, 0.95, n))
    return [{"color": colour} for colour in colours]
