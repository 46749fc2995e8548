"""The model behind the app: what it reads, what it answers, how it fails."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils.validation import check_is_fitted

from sk_adaptive._estimators.base import BaseAdaptiveMLP
from sk_adaptive._estimators.final_step import network_of

from ._errors import RequestError
from ._features import Feature, describe
from ._limits import Limits
from ._metrics import Metrics
from ._rows import as_table, checked_rows, first_missing


@dataclass(frozen=True)
class Answer:
    """What a model says of some rows, in Python's own types.

    Parameters
    ----------
    predictions : list
        One label or number a row; a list of them where there are several outputs.
    probabilities : list of list of float, or None
        One a class; None if the model gives none.
    """

    predictions: list[Any]
    probabilities: list[list[float]] | None


@dataclass(frozen=True)
class Service:
    """Everything that requests share. Nothing here changes but the metrics and `draining`."""

    model: BaseEstimator
    name: str
    version: str
    features: tuple[Feature, ...]
    limits: Limits
    metrics: Metrics
    draining: threading.Event = field(default_factory=threading.Event)  # set once no more requests should come

    @staticmethod
    def of(
        model: BaseEstimator, name: str, version: str, example: Sequence | Mapping | None, limits: Limits
    ) -> Service:
        """Return the service of a fitted model, warmed up.

        Raises
        ------
        ValueError
            If the model cannot predict the row that it begins with.
        """
        check_is_fitted(model)
        service = Service(model, name, version, describe(model, example), limits, Metrics(name, version))
        try:
            service.answer(service.checked([service.example], "example"))
        except RequestError as error:
            raise ValueError(f"the model cannot predict the example row {service.example}: {error}") from error
        return service

    @property
    def example(self) -> list[Any]:
        """A row to begin with."""
        return [feature.example for feature in self.features]

    @property
    def named(self) -> bool:
        """Whether the model was fitted with feature names."""
        return hasattr(self.model, "feature_names_in_")

    @property
    def is_classifier(self) -> bool:
        """Whether predictions are classes."""
        return is_classifier(self.model)

    @property
    def classes(self) -> list[Any] | None:
        """The classes, in the order of the probabilities."""
        classes = getattr(self.model, "classes_", None)
        return classes.tolist() if isinstance(classes, np.ndarray) else None

    @property
    def gives_probabilities(self) -> bool:
        """Whether the model has predict_proba."""
        return hasattr(self.model, "predict_proba")

    @property
    def network(self) -> BaseAdaptiveMLP | None:
        """The network at the end of pipelines and searches; None if there is none."""
        return network_of(self.model)

    def checked(self, rows: Any, field: str) -> list[list[Any]]:
        """Return rows of a request as lists of checked cells; see `checked_rows`."""
        return checked_rows(rows, self.features, self.limits, field)

    def answer(self, rows: list[list[Any]], *, predictions: bool = True, probabilities: bool = True) -> Answer:
        """Return what the model says of checked rows.

        Parameters
        ----------
        rows : list of list
            From `checked`.
        predictions, probabilities : bool, default=True
            What is wanted; what is not is left empty or None.

        Raises
        ------
        RequestError
            If the model refuses the rows, or what it gives is not finite.
        """
        table = as_table(rows, self.features, self.named)
        predicted: list[Any] = []
        probable = None
        try:
            with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused below
                if predictions:
                    predicted = _finite(self.model.predict(table)).tolist()
                if probabilities and self.gives_probabilities:
                    probable = _finite(np.asarray(self.model.predict_proba(table))).tolist()
        except (ValueError, TypeError) as error:
            missing = first_missing(rows, self.features)
            if missing:
                message = "row {}: feature {!r} is null, and the model takes no missing values".format(*missing)
                raise RequestError(message) from error
            raise RequestError(f"the model refuses these rows: {' '.join(str(error).split())}") from error
        self.metrics.count_rows(len(rows))
        return Answer(predicted, probable)


def _finite(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        row = int(np.argwhere(~np.isfinite(values))[0, 0])
        raise RequestError(f"row {row}: the model's answer is not a finite number; its values are too large", 422)
    return values
