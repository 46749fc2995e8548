"""Plot of the loss per epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sk_adaptive._estimators.final_step import final_step

from ._plotting import AXES_SIZE, LINES, legend_below, pyplot

RATE_AXIS = "learning rate"
LOG_ABOVE = 20.0  # the axis is logarithmic if the ratio of the largest loss to the smallest is above this


class LossCurveDisplay:
    """Training and validation loss per epoch, the learning rate, and the best epoch.

    Create it with :meth:`from_estimator`. To compare estimators, pass the axes of one display to the next.

    Parameters
    ----------
    loss_curve : array-like of shape (n_epochs,)
        Training loss of each epoch.
    validation_loss_curve : array-like of shape (n_epochs,), default=None
        Validation loss of each epoch.
    validation_scores : array-like of shape (n_epochs,), default=None
        Validation score of each epoch; the best epoch has the highest.
    learning_rate_curve : array-like of shape (n_epochs,), default=None
        Learning rate of each epoch.
    name : str, default=None
        Name of the curves in the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the losses.
    rate_ax_ : matplotlib Axes or None
        The axes of the learning rate, at the right; None if it is constant or unknown and therefore not drawn.
    figure_ : matplotlib Figure
        The figure.
    line_ : matplotlib Line2D
        The training loss.
    best_epoch : int
        The epoch, from 1, with the highest validation score; without validation, with the lowest training loss.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sk_adaptive import AdaptiveMLPClassifier
    >>> from sk_adaptive.inspection import LossCurveDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> spline = AdaptiveMLPClassifier((10,), "spline", max_iter=20, n_iter_no_change=float("inf")).fit(X, y)
    >>> relu = AdaptiveMLPClassifier((10,), "relu", max_iter=20, n_iter_no_change=float("inf")).fit(X, y)
    >>> display = LossCurveDisplay.from_estimator(spline, name="spline")  # doctest: +SKIP
    >>> LossCurveDisplay.from_estimator(relu, name="relu", ax=display.ax_)  # doctest: +SKIP
    """

    def __init__(
        self,
        loss_curve: Any,
        *,
        validation_loss_curve: Any = None,
        validation_scores: Any = None,
        learning_rate_curve: Any = None,
        name: str | None = None,
    ) -> None:
        self.loss_curve = loss_curve
        self.validation_loss_curve = validation_loss_curve
        self.validation_scores = validation_scores
        self.learning_rate_curve = learning_rate_curve
        self.name = name

    @property
    def best_epoch(self) -> int:
        """The epoch, from 1, with the highest validation score; without validation, with the lowest training loss."""
        scores = -np.asarray(self.loss_curve) if self.validation_scores is None else np.asarray(self.validation_scores)
        return int(np.nanargmax(scores)) + 1

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        name: str | None = None,
        ax: Any = None,
        curve_kwargs: Mapping[str, Any] | None = None,
    ) -> LossCurveDisplay:
        """Plot the training of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted AdaptiveMLPClassifier or AdaptiveMLPRegressor, another estimator with a `loss_curve_` such as
            scikit-learn's MLPClassifier, or a Pipeline or search that contains one.
        name : str, default=None
            Name of the curves; None is the name of the class.
        ax : matplotlib Axes, default=None
            Where to draw, for instance `ax_` of another such display. None creates a new figure.
        curve_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.plot` for the training loss.

        Returns
        -------
        LossCurveDisplay
            The drawn display.

        Raises
        ------
        AttributeError
            If the estimator has no `loss_curve_`.
        ImportError
            If matplotlib is not installed.
        """
        estimator, _ = final_step(estimator)
        display = cls(
            estimator.loss_curve_,
            validation_loss_curve=getattr(estimator, "validation_loss_curve_", None),
            validation_scores=getattr(estimator, "validation_scores_", None),
            learning_rate_curve=getattr(estimator, "learning_rate_curve_", None),
            name=type(estimator).__name__ if name is None else name,
        )
        return display.plot(ax=ax, curve_kwargs=curve_kwargs)

    def plot(
        self, ax: Any = None, *, name: str | None = None, curve_kwargs: Mapping[str, Any] | None = None
    ) -> LossCurveDisplay:
        """Plot the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None creates a new figure.
        name : str, default=None
            Name of the curves; None is the name of the display.
        curve_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.plot` for the training loss.

        Returns
        -------
        LossCurveDisplay
            This display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = pyplot("LossCurveDisplay")
        if ax is None:
            _, ax = plt.subplots(figsize=(1.5 * AXES_SIZE[0], AXES_SIZE[1]), layout="constrained")
        name = name or self.name
        prefix = f"{name}, " if name else ""
        drawn = sum(line.get_gid() == "training" for line in ax.lines)
        style: dict[str, Any] = {"color": LINES[drawn % len(LINES)]["color"], **(curve_kwargs or {})}
        epochs = np.arange(1, len(self.loss_curve) + 1)
        (self.line_,) = ax.plot(epochs, self.loss_curve, **{"label": f"{prefix}training", **style})
        self.line_.set_gid("training")
        if self.validation_loss_curve is not None:
            ax.plot(epochs, self.validation_loss_curve, "--", color=self.line_.get_color(), label=f"{prefix}validation")
        self._mark_best(ax, prefix)
        self.rate_ax_ = self._draw_rate(ax, epochs, prefix)
        ax.set(xlabel="epoch", ylabel="loss", yscale=_scale(ax))
        legend_below(ax, [*ax.lines, *(self.rate_ax_.lines if self.rate_ax_ else [])])
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _mark_best(self, ax: Any, prefix: str) -> None:
        epoch = self.best_epoch
        curve = self.loss_curve if self.validation_loss_curve is None else self.validation_loss_curve
        what = "best" if self.validation_scores is not None else "lowest"
        ax.plot(
            [epoch],
            [curve[epoch - 1]],
            "o",
            color=self.line_.get_color(),
            markeredgecolor="black",
            label=f"{prefix}{what}: epoch {epoch}",
        )

    def _draw_rate(self, ax: Any, epochs: np.ndarray, prefix: str) -> Any:
        rates = self.learning_rate_curve
        if rates is None or len(rates) != len(epochs) or np.ptp(rates) == 0:
            return _rate_axis(ax)
        right = _rate_axis(ax) or ax.twinx()
        right.set_label(RATE_AXIS)
        right.set_ylabel("learning rate", color="0.35")
        right.tick_params(axis="y", colors="0.35")
        right.plot(epochs, rates, ":", color=self.line_.get_color(), linewidth=1.2, label=f"{prefix}learning rate")
        return right


def _rate_axis(ax: Any) -> Any:
    """Return the axes of the learning rate that an earlier display has added to `ax`, or None."""
    return next((other for other in ax.get_shared_x_axes().get_siblings(ax) if other.get_label() == RATE_AXIS), None)


def _scale(ax: Any) -> str:
    values = np.concatenate([np.asarray(line.get_ydata(), dtype=np.float64) for line in ax.lines])
    values = values[np.isfinite(values)]
    return "log" if len(values) and values.min() > 0 and values.max() > LOG_ABOVE * values.min() else "linear"
