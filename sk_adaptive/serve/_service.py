"""Model of the app: inputs, predictions and errors."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils.validation import check_is_fitted

from sk_adaptive._estimators.base import BaseAdaptiveMLP
from sk_adaptive._estimators.final_step import network_of

from ._errors import RequestError
from ._features import Feature, describe
from ._json import plain
from ._limits import Limits
from ._metrics import Metrics
from ._rows import as_table, checked_rows

# What models raise because of their input. The example row was predicted, so another row is at fault.
REFUSALS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)


@dataclass(frozen=True)
class Answer:
    """Predictions of a model for some rows, in Python types.

    Parameters
    ----------
    predictions : list
        One label or number per row, or a list of them for a model with several outputs.
    probabilities : list of list of float, or None
        One a class; None if the model gives none.
    """

    predictions: list[Any]
    probabilities: list[list[float]] | None


@dataclass(frozen=True)
class Service:
    """State that all requests share. Only the metrics, `draining` and cached results change."""

    model: BaseEstimator
    name: str
    version: str
    features: tuple[Feature, ...]
    limits: Limits
    metrics: Metrics
    draining: threading.Event = field(default_factory=threading.Event)  # set once no more requests should come
    _takes_missing: dict[int, bool] = field(default_factory=dict)

    @staticmethod
    def from_model(
        model: BaseEstimator, name: str, version: str, example: Sequence | Mapping | None, limits: Limits
    ) -> Service:
        """Return the service of a fitted model, after a first prediction.

        Raises
        ------
        ValueError
            If the model cannot predict the row that it begins with, or two of its classes are the same text.
        """
        check_is_fitted(model)
        service = Service(model, name, version, describe(model, example), limits, Metrics(name, version))
        try:
            service.answer(service.checked([service.example], "example"))
        except RequestError as error:
            raise ValueError(f"the model cannot predict the example row {service.example}: {error}") from error
        if service.classes is not None and len(set(service.classes)) < len(service.classes):
            raise ValueError(f"two classes of the model are equal in JSON: {service.classes}")
        return service

    @property
    def example(self) -> list[Any]:
        """The example row."""
        return [feature.example for feature in self.features]

    @property
    def named(self) -> bool:
        """Whether the model was fitted with feature names."""
        return hasattr(self.model, "feature_names_in_")

    @property
    def is_classifier(self) -> bool:
        """Whether predictions are classes."""
        return is_classifier(self.model)

    @cached_property
    def classes(self) -> list[Any] | None:
        """The classes as JSON values, in the order of the probabilities; None unless there is one list of classes."""
        classes = getattr(self.model, "classes_", None)
        return plain(classes) if isinstance(classes, np.ndarray) else None

    @property
    def gives_probabilities(self) -> bool:
        """Whether the model has predict_proba and it returns one matrix, not one per output."""
        return hasattr(self.model, "predict_proba") and not isinstance(getattr(self.model, "classes_", None), list)

    @property
    def network(self) -> BaseAdaptiveMLP | None:
        """The network at the end of pipelines and searches; None if there is none."""
        return network_of(self.model)

    @property
    def ready(self) -> bool:
        """Whether the service accepts more requests."""
        return not self.draining.is_set()

    def check_name(self, model: str, version: str | None) -> None:
        """Raise an error unless model and version are those of this service."""
        if model != self.name:
            raise RequestError(f"unknown model {model!r}; the model is {self.name!r}", 404)
        if version not in (None, self.version):
            raise RequestError(f"unknown version {version!r}; the version is {self.version!r}", 404)

    def checked(self, rows: Any, field: str) -> list[list[Any]]:
        """Return rows of a request as lists of checked cells; see `checked_rows`."""
        return checked_rows(rows, self.features, self.limits, field)

    def answer(self, rows: list[list[Any]], *, predictions: bool = True, probabilities: bool = True) -> Answer:
        """Return the predictions for checked rows.

        Parameters
        ----------
        rows : list of list
            From `checked`.
        predictions, probabilities : bool, default=True
            What is wanted; what is not is left empty or None.

        Raises
        ------
        RequestError
            If the model rejects the rows, or a prediction is not finite.
        """
        try:
            with np.errstate(over="ignore", invalid="ignore"):  # overflows raise an error below
                table = as_table(rows, self.features, self.named)
                predicted = np.asarray(self.model.predict(table)) if predictions else np.array([])
                wanted = probabilities and self.gives_probabilities
                probable = np.asarray(self.model.predict_proba(table)) if wanted else None
        except REFUSALS as error:
            raise RequestError(self._reason(rows, error)) from error
        if not self.is_classifier:
            _check_finite(predicted)
        if probable is not None:
            _check_finite(probable)
        self.metrics.count_rows(len(rows))
        return Answer(plain(predicted), None if probable is None else plain(probable))

    def takes_missing(self, number: int) -> bool:
        """Return whether the model predicts the example row without the feature at this position; tried once."""
        if number not in self._takes_missing:
            row = [None if i == number else value for i, value in enumerate(self.example)]
            try:
                self.model.predict(as_table([row], self.features, self.named))
                self._takes_missing[number] = True
            except REFUSALS:
                self._takes_missing[number] = False
        return self._takes_missing[number]

    def _reason(self, rows: list[list[Any]], error: Exception) -> str:
        """Return why the model rejects checked rows: a missing value that it does not accept, or its error message."""
        for i, row in enumerate(rows):
            for number, feature in enumerate(self.features):
                if row[number] is None and not self.takes_missing(number):
                    return f"row {i}: feature {feature.name!r} is null, but the model accepts no missing value there"
        return f"the model rejects these rows: {' '.join(str(error).split())}"


def _check_finite(values: np.ndarray) -> None:
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        row = int(np.argwhere(~np.isfinite(values))[0, 0])
        raise RequestError(f"row {row}: the prediction is not a finite number; the values are too large", 422)
