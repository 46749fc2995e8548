"""Plots of learned activations over the range of their data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sk_adaptive._estimators.final_step import fitted_network

from ._plotting import GREY, LEARNED, LINES, SINGLE, axes_for, layer_name, legend_below, pyplot
from ._support import OUTER, SeenLayer, seen_layers
from ._text import describe_parameters

POINTS = 301  # of each curve
BINS = 60  # of each density
DENSITY_HEIGHT = 0.22  # of the axes


@dataclass(frozen=True)
class LayerCurves:
    """Data of the plot of one layer.

    Attributes
    ----------
    layer : int
        Which hidden layer, from 0.
    units : tuple of int
        The unit of each curve; empty if all units share one function.
    one_by_one : bool
        Whether each unit has its own colour; otherwise the curves are drawn as a fan.
    x : ndarray of shape (n_points,)
        Pre-activations, between the 0.5 % and 99.5 % quantiles of the data of all units together.
    median : ndarray of shape (n_points,)
        Median of all learned functions at x, including those without data there.
    start : ndarray of shape (n_points,)
        The initial function, at x.
    seen : ndarray of shape (n_points, n_curves)
        Pre-activations of each curve: the range between the same quantiles of the data of its unit.
    learned : ndarray of shape (n_points, n_curves)
        The learned functions, at `seen`.
    edges : ndarray of shape (n_bins + 1,)
        Edges of the bins of the density.
    density : ndarray of shape (n_bins,)
        Density of the pre-activations.
    title : str
        The layer, its family and units.
    parameters : list of str
        The learned parameters as text; empty if there are none.
    """

    layer: int
    units: tuple[int, ...]
    one_by_one: bool
    x: np.ndarray
    median: np.ndarray
    start: np.ndarray
    seen: np.ndarray
    learned: np.ndarray
    edges: np.ndarray
    density: np.ndarray
    title: str
    parameters: list[str]

    @property
    def extremes(self) -> tuple[int, int]:
        """The units whose curves are farthest below and above the median, on average over their own data."""
        mean = (self.learned - np.interp(self.seen, self.x, self.median)).mean(axis=0)
        return self.units[int(np.argmin(mean))], self.units[int(np.argmax(mean))]


class ActivationDisplay:
    """Learned activation functions, one plot per hidden layer.

    The learned function of each layer is drawn over the range of its data, because outside that range its shape has no
    meaning. The initial function is dashed, and the density of the pre-activations is shaded. If each unit has its own
    function, they are drawn as a fan, with their median and the two units that are farthest from it.

    Create it with :meth:`from_estimator`.

    Parameters
    ----------
    curves : list of LayerCurves
        What to draw.

    Attributes
    ----------
    ax_ : matplotlib Axes or ndarray of Axes of shape (n_layers,)
        The axes of each layer; a single Axes if there is one layer.
    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sk_adaptive import AdaptiveMLPClassifier
    >>> from sk_adaptive.inspection import ActivationDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> model = AdaptiveMLPClassifier((10, 5), "prelu", solver="lbfgs", random_state=0).fit(X, y)
    >>> display = ActivationDisplay.from_estimator(model, X)  # doctest: +SKIP
    """

    def __init__(self, curves: Sequence[LayerCurves]) -> None:
        self.curves = list(curves)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any = None,
        layers: Sequence[int] | None = None,
        units: Sequence[int] | None = None,
        *,
        ax: Any = None,
        curve_kwargs: Mapping[str, Any] | None = None,
    ) -> ActivationDisplay:
        """Plot the learned activations of a fitted network.

        Parameters
        ----------
        estimator : estimator
            A fitted AdaptiveMLPClassifier or AdaptiveMLPRegressor, or a Pipeline that ends in one.
        X : array-like or sparse matrix of shape (n_rows, n_features), default=None
            Rows that show the range of the data of each layer. None uses the quantiles of each unit's pre-activations
            on the training rows, which the estimator stores.
        layers : sequence of int, default=None
            Indices of hidden layers, from 0; None is all.
        units : sequence of int, default=None
            Indices of units, from 0; up to seven are drawn one by one. None is all.
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw; see :meth:`plot`.
        curve_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.plot` for the learned function, or the median of a fan.

        Returns
        -------
        ActivationDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        IndexError
            If there is no such layer or unit.
        TypeError
            If `estimator` contains no network of this package.
        """
        network, X = fitted_network(estimator, X)
        display = cls([_curves(layer, units) for layer in seen_layers(network, X, layers)])
        return display.plot(ax=ax, curve_kwargs=curve_kwargs)

    def plot(self, ax: Any = None, *, curve_kwargs: Mapping[str, Any] | None = None) -> ActivationDisplay:
        """Plot the curves.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of Axes, default=None
            One axes per layer; a single one is divided for several layers. None creates a new figure.
        curve_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.plot` for the learned function, or the median of a fan.

        Returns
        -------
        ActivationDisplay
            This display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the number of axes is not the number of layers.
        """
        pyplot("ActivationDisplay")
        axes = axes_for(len(self.curves), ax)
        for each, curves in zip(axes, self.curves, strict=True):
            _draw(each, curves, dict(curve_kwargs or {}))
        self.ax_ = axes[0] if len(axes) == 1 else np.array(axes)
        self.figure_ = axes[0].figure
        return self


def _curves(layer: SeenLayer, units: Sequence[int] | None) -> LayerCurves:
    n_units = layer.fitted.n_units
    chosen = list(range(n_units) if units is None else units)
    beyond = [u for u in chosen if not 0 <= u < n_units]
    if beyond:
        raise IndexError(f"units: {beyond[0]} is not one of the {n_units} units of layer {layer.index} (from 0)")
    low, high = layer.span(chosen)
    x = np.linspace(low, high, POINTS)
    density, edges = np.histogram(layer.z[:, chosen], BINS, (low, high), density=True)
    curves = chosen if layer.per_unit else [0]
    seen = np.tile(x[:, None], layer.fitted.n_units)
    if layer.per_unit:
        first, last = np.clip(np.quantile(layer.z, OUTER, axis=0), low, high)
        seen = np.linspace(first, last, POINTS)
    return LayerCurves(
        layer=layer.index,
        units=tuple(chosen) if layer.per_unit else (),
        one_by_one=units is not None and len(chosen) <= len(LINES),
        x=x,
        median=np.median(layer.fitted(x)[:, curves], axis=1),
        start=layer.fitted.start(x)[:, 0],
        seen=seen[:, curves],
        learned=layer.fitted(seen)[:, curves],
        edges=edges,
        density=density,
        title=f"{layer_name(layer.index)}: {layer.family}, {n_units} unit{'s' if n_units > 1 else ''}",
        parameters=describe_parameters(layer.fitted, units),
    )


def _draw(ax: Any, curves: LayerCurves, style: dict[str, Any]) -> None:
    in_axes = ax.get_xaxis_transform()
    height = DENSITY_HEIGHT * curves.density / curves.density.max()
    ax.stairs(height, curves.edges, fill=True, color="0.85", transform=in_axes, zorder=0, label="data")
    if curves.learned.shape[1] == 1:
        label = "learned" if curves.parameters else "fixed"
        ax.plot(curves.seen, curves.learned, **{"color": LEARNED, "linewidth": 2.2, "label": label, **style})
    elif curves.one_by_one:
        for unit, line, x, curve in zip(curves.units, LINES, curves.seen.T, curves.learned.T, strict=False):
            ax.plot(x, curve, **{**line, "linewidth": 1.8, "label": f"unit {unit}", **style})
    else:
        _draw_fan(ax, curves, style)
    if curves.parameters:
        ax.plot(curves.x, curves.start, **GREY, linestyle="--", linewidth=1.4, label="start")
    ax.set(xlim=(curves.x[0], curves.x[-1]), xlabel="pre-activation", ylabel="activation")
    ax.set_title("\n".join([curves.title, *curves.parameters]), fontsize="medium")
    _leave_room(ax)
    legend_below(ax)


def _draw_fan(ax: Any, curves: LayerCurves, style: dict[str, Any]) -> None:
    alpha = float(np.clip(12 / len(curves.units), 0.06, 0.45))
    ax.plot(curves.seen, curves.learned, color=LEARNED, alpha=alpha, linewidth=0.8, label="_unit")
    for unit, line, side in zip(curves.extremes, SINGLE, ("lowest", "highest"), strict=True):
        at = curves.units.index(unit)
        ax.plot(curves.seen[:, at], curves.learned[:, at], **line, linewidth=1.6, label=f"{side}: unit {unit}")
    ax.plot(curves.x, curves.median, **{"color": LEARNED, "linewidth": 2.6, "label": "median", **style})


def _leave_room(ax: Any) -> None:
    """Lower the bottom of the axes so that curves run above the density."""
    low, high = ax.get_ylim()
    ax.set_ylim(low - (high - low) * DENSITY_HEIGHT / (1 - DENSITY_HEIGHT), high)
