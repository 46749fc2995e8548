"""What a fitted estimator can do with its network: show it, predict, be pickled."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils.validation import check_is_fitted

from sk_adaptive._core import engine
from sk_adaptive._data.columns import Columns, as_json, of_json
from sk_adaptive._data.moments import Moments
from sk_adaptive._data.rows import check_X
from sk_adaptive._network.plan import Plan
from sk_adaptive._network.threads import team_of_threads
from sk_adaptive._training.state import State
from sk_adaptive._training.temperature import check_temperature
from sk_adaptive._warnings import warn
from sk_adaptive.activations.fitted import FittedActivation, check_quantiles

from .blocks import in_blocks

PASSES_OF_A_FIT = 100  # at least: a team for a single pass is worth its start a hundred times later
NAMES = "feature_names_in_"


class FittedNetwork(BaseEstimator):
    """The part of an estimator that reads the fitted network."""

    theta_: np.ndarray
    _plan: Plan
    _columns: Columns
    _targets: Any
    _network: engine.Network
    _quantiles: Sequence[np.ndarray | None]
    _state: State | None
    _temperature: float = 1.0  # that the raw outputs were divided by; files of an older version have none

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Weights of each layer, (n_in, n_out); of the output layer (n_members, n_in, n_out) for an ensemble."""
        return self._plan.coefs(self.theta_)

    @property
    def input_names_(self) -> np.ndarray:
        """Names of the inputs, the rows of `coefs_[0]`: "column" for a number, "column=level" for a level."""
        return np.array(self._columns.input_names(self._plan.inputs), dtype=object)

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """Biases of each layer, (n_out,); of the output layer (n_members, n_out) for an ensemble."""
        return self._plan.intercepts(self.theta_)

    @property
    def activations_(self) -> list[FittedActivation]:
        """The learned activation of each hidden layer."""
        return [
            FittedActivation(layer.activation, parameters, layer.n_out, quantiles)
            for layer, parameters, quantiles in zip(
                self._plan.hidden, self._plan.parameters(self.theta_), self._quantiles, strict=True
            )
            if layer.activation is not None
        ]

    def hidden_activations(self, X: Any, layer: int = -1) -> np.ndarray:
        """Return what a hidden layer puts out: features that the network has learned.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        layer : int, default=-1
            Which hidden layer, from 0; negative numbers count from the last.

        Returns
        -------
        ndarray of shape (n_samples, n_units)
            The activations, in the dtype of the network; (n_members, n_samples, n_units) of an ensemble.

        Raises
        ------
        ValueError
            If there is no such layer.
        """
        check_is_fitted(self, "theta_")
        layer = self._layer_number(layer)
        X = check_X(self, X)
        h = self._network.hidden(self.theta_, X, layer)[1]
        return h.reshape(self._plan.n_members, X.shape[0], -1) if self._plan.n_members > 1 else h

    def _layer_number(self, layer: int) -> int:
        n_hidden = len(self._plan.hidden)
        if not -n_hidden <= layer < n_hidden:
            raise ValueError(f"layer={layer} does not exist: there are {n_hidden} hidden layers")
        return layer % n_hidden

    def _predict(self, X: Any, read: Callable[[Any, np.ndarray], np.ndarray]) -> np.ndarray:
        """Return what a method of the targets makes of raw outputs (n_members, n_rows, n_outputs), block by block."""
        check_is_fitted(self, "theta_")
        X = check_X(self, X)
        per_row = self._plan.n_members * self._plan.layers[-1].n_out
        dtype = np.result_type(X.dtype, self.theta_.dtype)
        with team_of_threads(X.shape[0] * self._plan.n_theta // PASSES_OF_A_FIT) as team:

            def predict(some: Any) -> np.ndarray:
                raw = self._network.forward(self.theta_, some, team)
                return read(self._targets, raw.astype(dtype, copy=False))

            return in_blocks(X, per_row, predict)

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in super().__getstate__().items() if name != "_network"}
        if NAMES in state:
            state[NAMES] = as_json(state[NAMES])
        return {**state, "_sk_adaptive_version": _version()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        written_by = state.get("_sk_adaptive_version", "an unknown version")
        if written_by != _version():
            warn(
                InconsistentVersionWarning(
                    estimator_name=f"{type(self).__name__} of sk_adaptive",
                    current_sklearn_version=_version(),
                    original_sklearn_version=written_by,
                )
            )
        known = {name: value for name, value in state.items() if name != "_sk_adaptive_version"}
        if NAMES in known:
            known[NAMES] = np.array(of_json(known[NAMES], NAMES), dtype=object)
        super().__setstate__({**_defaults(type(self)), **known})  # an older version had fewer parameters
        if hasattr(self, "theta_"):
            self._check_parts_fit()
            self._network = self._plan.network(self.theta_.dtype)

    def _check_parts_fit(self) -> None:
        """Refuse parts of which one would read beyond another, or give nonsense: a file may have been forged."""
        self._plan.check(self.theta_)
        self._targets.check(self._plan.layers[-1].n_out, self._plan.loss)
        check_quantiles(self._quantiles, [layer.n_out for layer in self._plan.hidden])
        self._columns.check(self._plan.inputs)
        if not isinstance(self._moments, Moments):
            raise ValueError("the model has no moments of its columns")
        self._moments.check(self._columns.n_columns)
        if self.n_features_in_ != self._columns.n_columns:
            raise ValueError(f"n_features_in_={self.n_features_in_} are not the columns of the network")
        check_temperature(self._temperature)
        if self._state is not None:
            self._state.check(self.theta_)


def _defaults(estimator: type) -> dict[str, Any]:
    """Return the parameters of an estimator that have a default."""
    parameters = inspect.signature(estimator).parameters.values()
    return {each.name: each.default for each in parameters if each.default is not each.empty}


def _version() -> str:
    from sk_adaptive import __version__

    return __version__
