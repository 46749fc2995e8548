"""Record of the activations' parameters after each epoch of a fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from sk_adaptive._estimators.base import BaseAdaptiveMLP
from sk_adaptive._sklearn import callbacks_of


@dataclass(frozen=True)
class ActivationTrajectories:
    """Activation parameters after each epoch of a fit.

    Parameters
    ----------
    epochs : ndarray of shape (n_recorded,), dtype int64
        Number of epochs of the fit before each row: 0, 1, 2, ...
    layers : list of int
        Indices, from 0, of the hidden layers that have parameters; if layers share one set, only the first.
    parameters : list of dict of str to ndarray of shape (n_recorded, n_units) or (n_recorded, 1)
        The parameters of each of `layers` by name: one column per unit, or one column if the units share them.
    shared : bool
        Whether all hidden layers share one set.
    """

    epochs: np.ndarray
    layers: list[int]
    parameters: list[dict[str, np.ndarray]]
    shared: bool


class ActivationRecorder:
    """Callback that records the activations' parameters after every epoch of one fit.

    A callback of scikit-learn 1.9 and later: ``estimator.set_callbacks(recorder).fit(X, y)``.
    :func:`record_activations` does the same with any version.

    Attributes
    ----------
    trajectories_ : ActivationTrajectories
        The recorded parameters; available after the first epoch.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sk_adaptive import AdaptiveMLPClassifier
    >>> from sk_adaptive.inspection import record_activations
    >>> X, y = load_iris(return_X_y=True)
    >>> model = AdaptiveMLPClassifier((5,), "prelu", max_iter=3, n_iter_no_change=float("inf"), random_state=0)
    >>> fitted, trajectories = record_activations(model, X, y)
    >>> trajectories.epochs.tolist(), trajectories.parameters[0]["a"].shape
    ([0, 1, 2, 3], (4, 5))
    """

    def __init__(self) -> None:
        self._plan: Any = None
        self._start: list[np.ndarray] = []  # of a fit that continues an earlier one
        self._rows: list[list[np.ndarray]] = []  # the parameters of each layer, one row per epoch

    def setup(self, estimator: Any, context: Any) -> None:
        """Delete what was recorded in an earlier fit.

        Parameters
        ----------
        estimator : estimator
            The estimator whose fit begins.
        context : CallbackContext
            Its task.
        """
        self._plan, self._start, self._rows = None, [], []
        network = _last_step(estimator)
        if network.warm_start and hasattr(network, "theta_"):
            self._start = [learned.copy() for learned in network._plan.parameters(network.theta_)]

    def teardown(self, estimator: Any, context: Any) -> None:
        """Do nothing: the recorded parameters are kept.

        Parameters
        ----------
        estimator : estimator
            The estimator whose fit has ended.
        context : CallbackContext
            Its task.
        """

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Do nothing.

        Parameters
        ----------
        estimator : estimator
            The estimator that is being fitted.
        context : CallbackContext
            The task that begins.
        """

    def on_fit_task_end(self, estimator: Any, context: Any, *, fitted_estimator: Any = None) -> None:
        """Record the parameters if an epoch has ended.

        Parameters
        ----------
        estimator : estimator
            The estimator that is being fitted.
        context : CallbackContext
            The task that has ended.
        fitted_estimator : estimator, default=None
            The estimator as it would be if the fit stopped here.
        """
        if context.task_name == "epoch" and fitted_estimator is not None:
            self._record(fitted_estimator)

    @property
    def trajectories_(self) -> ActivationTrajectories:
        """The recorded parameters."""
        if self._plan is None:
            raise AttributeError("there are no records yet: fit an estimator with this callback")
        owners = self._owners()
        values = [np.stack([row[i] for row in self._rows]) for i in owners]
        return ActivationTrajectories(
            epochs=np.arange(len(self._rows)),
            layers=owners,
            parameters=[
                dict(zip(self._plan.hidden[i].activation.parameter_names, value.transpose(1, 0, 2), strict=True))
                for i, value in zip(owners, values, strict=True)
            ],
            shared=len(owners) == 1 < len(self._plan.hidden) and self._plan.hidden[0].activation.scope == "network",
        )

    def _record(self, fitted: BaseAdaptiveMLP) -> None:
        parameters = [learned.copy() for learned in fitted._plan.parameters(fitted.theta_)]
        if self._plan is None:
            self._plan = fitted._plan
            starts = self._start or [
                layer.activation.initial_parameters_of_units(layer.parameter_shape[1]) for layer in self._plan.hidden
            ]
            self._rows.append([np.broadcast_to(s, p.shape) for s, p in zip(starts, parameters, strict=True)])
        self._rows.append(parameters)

    def _owners(self) -> list[int]:
        """Return the layers with parameters that they do not share with an earlier layer."""
        seen: dict[int, int] = {}
        for i, layer in enumerate(self._plan.hidden):
            if layer.n_parameters:
                seen.setdefault(layer.parameters_offset, i)
        return list(seen.values())


class _Task:
    """Replacement of scikit-learn's callback context, which does not exist before version 1.9."""

    def __init__(self, recorder: ActivationRecorder, task_name: str) -> None:
        self._recorder = recorder
        self.task_name = task_name

    def subcontext(self, task_name: str) -> _Task:
        """Return the task of an epoch."""
        return _Task(self._recorder, task_name)

    def call_on_fit_task_begin(self, **given: Any) -> None:
        """Do nothing."""

    def call_on_fit_task_end(self, *, estimator: Any, reconstruction_attributes: Any, **given: Any) -> None:
        """Call the recorder with the estimator as it would be if the fit stopped now."""
        if callable(reconstruction_attributes):
            fitted = clone(estimator)
            vars(fitted).update(reconstruction_attributes())
            self._recorder.on_fit_task_end(estimator, self, fitted_estimator=fitted)


def record_activations(estimator: Any, X: Any, y: Any, **fit_params: Any) -> tuple[Any, ActivationTrajectories]:
    """Fit a clone of an estimator and record its activations' parameters after every epoch.

    Recording does not change the training: the results are bitwise the same.

    Parameters
    ----------
    estimator : AdaptiveMLPClassifier, AdaptiveMLPRegressor or Pipeline that ends in one
        Estimator to clone; it is not changed.
    X : array-like or sparse matrix of shape (n_rows, n_features)
        Training rows.
    y : array-like of shape (n_rows,) or (n_rows, n_outputs)
        Targets.
    **fit_params : dict
        Passed to `fit`.

    Returns
    -------
    estimator : estimator
        The fitted clone.
    trajectories : ActivationTrajectories
        The parameters over the epochs.
    """
    recorder, fitted = ActivationRecorder(), clone(estimator)
    network: Any = _last_step(fitted)
    if hasattr(network, "set_callbacks"):
        others = callbacks_of(network)
        network.set_callbacks(*others, recorder)
        fitted.fit(X, y, **fit_params)
        network.set_callbacks(*others)
    else:
        hooks = {
            "_skl_callbacks": [recorder],
            "_init_callback_context": lambda **given: _Task(recorder, "fit"),
        }
        vars(network).update(hooks)
        fitted.fit(X, y, **fit_params)
        for name in hooks:
            vars(network).pop(name, None)
    return fitted, recorder.trajectories_


def _last_step(estimator: Any) -> BaseAdaptiveMLP:
    """Return the network in the last step of an estimator, fitted or not."""
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    if not isinstance(estimator, BaseAdaptiveMLP):
        raise TypeError(
            f"expected an AdaptiveMLPClassifier or AdaptiveMLPRegressor, or a Pipeline that ends in one, got "
            f"{type(estimator).__name__}: set the callback on the network inside"
        )
    return estimator
