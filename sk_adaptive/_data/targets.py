"""What y is to the core, and what the core's raw outputs are to the user."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, log_expit, log_softmax, logsumexp
from sklearn.utils.multiclass import type_of_target, unique_labels

from sk_adaptive._arrays import is_array

if TYPE_CHECKING:
    from sk_adaptive.losses import Loss

MARGIN = 1e3  # deviations that float32 keeps the digits of, and room for predictions beyond the training targets


def _softmax(raw: np.ndarray) -> np.ndarray:
    """Return softmax over the last axis; SciPy's takes longer than the network for one row."""
    shares = np.exp(raw - raw.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    return shares


def _positions(classes: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return each label's number among sorted classes, -1 for what is not one of them."""
    try:
        numbers = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
    except TypeError:  # labels of another kind, which cannot be ordered among the classes
        return np.full(len(y), -1)
    return np.where(np.asarray(classes[numbers] == y, dtype=bool), numbers, -1)


@dataclass(frozen=True)
class ClassTargets:
    """Labels as class numbers, or as an indicator matrix when one row may have several."""

    classes: np.ndarray
    multilabel: bool
    rarest: float = 1.0  # share of the rows that the rarest class had when training began; 1 where that is not known

    @staticmethod
    def from_y(y: np.ndarray, weights: np.ndarray | None = None) -> ClassTargets:
        """Return the targets that y's labels make, of rows with or without weights.

        Raises
        ------
        ValueError
            If y is not a classification target, or has several columns of several classes.
        """
        kind = type_of_target(y, input_name="y", raise_unknown=True)
        if kind not in ("binary", "multiclass", "multilabel-indicator"):
            raise ValueError(f"Unknown label type: {kind}; y must hold classes or be an indicator matrix")
        multilabel = kind == "multilabel-indicator"
        if multilabel or y.dtype == object:  # which may mix types: unique_labels refuses that
            classes = unique_labels(y)
        targets = ClassTargets(classes if multilabel else np.unique(y), multilabel)
        return replace(targets, rarest=targets._rarest(y, weights))

    def _rarest(self, y: np.ndarray, weights: np.ndarray | None) -> float:
        """Return the smallest share that a class has among some rows, classes without a row aside."""
        weights = np.ones(len(y)) if weights is None else weights
        numbers = self.class_numbers(y)
        totals = weights @ numbers if self.multilabel else np.bincount(numbers[:, 0], weights)
        return float(totals[totals > 0].min(initial=weights.sum()) / weights.sum())

    def check(self, n_outputs: int, loss: Loss) -> None:
        """Refuse targets that do not fit the network: class numbers are what the core indexes outputs by.

        Raises
        ------
        ValueError
            If `classes` are not a sorted vector, or the network has other outputs or another loss.
        """
        if not isinstance(self.classes, np.ndarray) or self.classes.ndim != 1 or not len(self.classes):
            raise ValueError("classes must be a one-dimensional array that is not empty")
        if not np.array_equal(np.unique(self.classes), self.classes):
            raise ValueError("classes must be sorted, and each there once")
        if not 0 < self.rarest <= 1:
            raise ValueError("the share of the rarest class must be a number in (0, 1]")
        if (self.n_outputs, self.out_activation) != (n_outputs, loss.out_activation):
            raise ValueError(f"{len(self.classes)} classes do not fit {n_outputs} outputs with loss {loss!r}")

    @property
    def n_outputs(self) -> int:
        """Raw outputs: one for two classes."""
        return len(self.classes) if self.multilabel or len(self.classes) > 2 else 1

    @property
    def out_activation(self) -> str:
        """scikit-learn's name of the output function."""
        return "softmax" if self.is_multiclass else "logistic"

    @property
    def is_multiclass(self) -> bool:
        """Whether outputs exclude one another and are more than two."""
        return self.n_outputs > 1 and not self.multilabel

    def encode(self, y: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """Return y as the core takes it: (n_rows, 1) class numbers or (n_rows, n_outputs) of 0 and 1.

        Raises
        ------
        ValueError
            If y is not what training began with; see `class_numbers`.
        """
        return np.ascontiguousarray(self.class_numbers(y), dtype=dtype)

    def class_numbers(self, y: np.ndarray) -> np.ndarray:
        """Return the numbers of y's classes: (n_rows, 1), or an indicator matrix (n_rows, n_labels) of 0 and 1.

        Raises
        ------
        ValueError
            If y is not an indicator matrix of as many labels, or has labels that are not in `classes`.
        """
        if self.multilabel:
            if y.ndim != 2 or y.shape[1] != len(self.classes):
                raise ValueError(f"y must be an indicator matrix with {len(self.classes)} columns, got shape {y.shape}")
            if not np.isin(y, (0, 1)).all():
                raise ValueError("y must be an indicator matrix: it has values other than 0 and 1")
            return y.astype(np.intp)
        if y.ndim != 1:
            raise ValueError(f"y must be one column of classes, as training began with, got shape {y.shape}")
        numbers = _positions(self.classes, y)
        if (numbers < 0).any():
            unknown = np.unique(y[numbers < 0].astype(str))
            raise ValueError(f"y has labels that are not among the classes {self.classes}: {unknown}")
        return numbers[:, None]

    def check_unchanged(self, y: np.ndarray) -> None:
        """Refuse a y of other classes than those that training began with.

        Raises
        ------
        ValueError
            If y has other classes, or another number of labels.
        """
        now = ClassTargets.from_y(y)
        if now.multilabel != self.multilabel or not np.array_equal(now.classes, self.classes):
            raise ValueError(
                f"warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {self.classes}, `y` has {now.classes}"
            )

    def probabilities(self, raw: np.ndarray) -> np.ndarray:
        """Return the mean over members of the probabilities, (n_rows, n_classes); none is rounded to 0."""
        least = np.finfo(raw.dtype).tiny
        if self.is_multiclass:
            return np.maximum(_softmax(raw).mean(axis=0), least)
        p = np.maximum(expit(raw).mean(axis=0), least)
        if self.multilabel:  # strictly between 0 and 1, as scikit-learn asks: a logistic rounds to 1 beyond 37
            return np.minimum(p, 1 - np.finfo(p.dtype).epsneg)
        rest = np.maximum(expit(-raw).mean(axis=0), least)  # 1 - p would round to 0
        return np.hstack([rest, p]) if len(self.classes) > 1 else np.ones_like(p)

    def log_probabilities(self, raw: np.ndarray) -> np.ndarray:
        """Return the logarithm of `probabilities` from log-softmax: finite where a probability underflows."""
        if self.is_multiclass:
            log_p = log_softmax(raw, axis=2)
        elif self.multilabel:
            log_p = log_expit(raw)
        else:
            log_p = np.concatenate([log_expit(-raw), log_expit(raw)], axis=2)
            log_p = log_p if len(self.classes) > 1 else np.zeros_like(raw)
        return logsumexp(log_p, axis=0) - np.log(len(raw)).astype(raw.dtype)

    def decision(self, raw: np.ndarray) -> np.ndarray:
        """Return logits: of the mean probability where there are members."""
        if len(raw) == 1:
            logits = raw[0]
        elif self.is_multiclass:
            logits = self.log_probabilities(raw)
        else:
            logits = logsumexp(log_expit(raw), axis=0) - logsumexp(log_expit(-raw), axis=0)
        return logits[:, 0] if self.n_outputs == 1 and not self.multilabel else logits

    def decode(self, raw: np.ndarray) -> np.ndarray:
        """Return the most probable labels, or the indicator matrix of the probable ones."""
        decision = self.decision(raw)
        if self.multilabel:
            return (decision > 0).astype(np.int64)
        if self.n_outputs == 1:
            return self.classes[
                (decision > 0).astype(np.intp) if len(self.classes) > 1 else np.zeros(len(decision), np.intp)
            ]
        return self.classes[np.argmax(decision, axis=1)]


@dataclass(frozen=True)
class NumberTargets:
    """Numbers, shifted and scaled while training as their loss wants them."""

    loss: Loss
    mean: np.ndarray  # (n_outputs,), of y; this and the others float64
    deviation: np.ndarray  # (n_outputs,), 0 where y is constant
    count: float  # rows that these are of
    one_dimensional: bool  # whether predictions are (n_rows,)

    @staticmethod
    def from_y(y: np.ndarray, weights: np.ndarray | None, count: float, loss: Loss) -> NumberTargets:
        """Return the targets with y's weighted mean and standard deviation.

        Parameters
        ----------
        y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
            Numbers.
        weights : ndarray of shape (n_rows,) or None
            Weights of the rows.
        count : float
            How many rows the rows count for.
        loss : Loss
            The loss.

        Raises
        ------
        ValueError
            If the loss has no meaning for y.
        """
        loss.check_y(y)
        columns = y.reshape(len(y), -1).astype(np.float64)
        largest = _positive(np.abs(columns).max(axis=0))  # squares would overflow, or underflow
        mean = np.average(columns / largest, axis=0, weights=weights)
        deviation = np.sqrt(np.average((columns / largest - mean) ** 2, axis=0, weights=weights))
        return NumberTargets.from_moments(mean * largest, deviation * largest, count, loss, y.ndim == 1)

    @staticmethod
    def from_moments(
        mean: np.ndarray, deviation: np.ndarray, count: float, loss: Loss, one_dimensional: bool
    ) -> NumberTargets:
        """Return the targets of rows of this mean and deviation; see `from_y`."""
        rounding = 10 * np.finfo(np.float64).eps * np.abs(mean)
        targets = NumberTargets(loss, mean, np.where(deviation > rounding, deviation, 0.0), count, one_dimensional)
        _ = targets.scaling  # refuses a mean for which the loss has no meaning
        return targets

    @property
    def scaling(self) -> tuple[np.ndarray, np.ndarray]:
        """What training subtracts from y, and what it then divides y by, (n_outputs,) each."""
        return self.loss.scaling(self.mean, _positive(self.deviation))

    def with_more(self, more: NumberTargets) -> NumberTargets:
        """Return targets with the mean and the deviation of the rows of both."""
        count = self.count + more.count
        share, apart = more.count / count, more.mean - self.mean
        largest = _positive(np.maximum(np.abs(apart), np.maximum(self.deviation, more.deviation)))
        own, other, between = ((each / largest) ** 2 for each in (self.deviation, more.deviation, apart))
        deviation = largest * np.sqrt((1 - share) * own + share * other + share * (1 - share) * between)
        return replace(self, mean=self.mean + share * apart, deviation=deviation, count=count)

    def check(self, n_outputs: int, loss: Loss) -> None:
        """Refuse targets that do not fit the network.

        Raises
        ------
        ValueError
            If mean or deviation are not finite, deviation is negative or count not positive, or if the network has
            other outputs or another loss.
        """
        for values in (self.mean, self.deviation):
            if not is_array(values, np.float64, (n_outputs,)) or not np.isfinite(values).all():
                raise ValueError(f"mean and deviation of the targets must be {n_outputs} finite numbers each")
        if not 0 < self.count < np.inf:
            raise ValueError("the count of the targets' rows must be a number > 0")
        if (self.deviation < 0).any() or type(self.loss) is not type(loss) or not (self.scaling[1] > 0).all():
            raise ValueError("deviation of the targets must be >= 0, and their loss that of the network")

    @property
    def out_activation(self) -> str:
        """scikit-learn's name of the output function."""
        return self.loss.out_activation

    @property
    def n_outputs(self) -> int:
        """Raw outputs."""
        return len(self.mean)

    def encode(self, y: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """Return y standardised, (n_rows, n_outputs).

        Raises
        ------
        ValueError
            If y has another number of outputs than before, or values for which the loss has no meaning.
        """
        self.check_unchanged(y)
        self.loss.check_y(y)
        shift, scale = self.scaling
        return np.ascontiguousarray((y.reshape(len(y), -1) - shift) / scale, dtype=dtype)

    def check_unchanged(self, y: np.ndarray) -> None:
        """Refuse a y of another number of outputs than training began with.

        Raises
        ------
        ValueError
            If the numbers differ.
        """
        n_outputs = 1 if y.ndim == 1 else y.shape[1]
        if n_outputs != self.n_outputs:
            raise ValueError(f"y has {n_outputs} outputs, but training began with {self.n_outputs}")

    def decode(self, raw: np.ndarray) -> np.ndarray:
        """Return the mean over members of the predictions, in y's own units.

        In float64 where the network's dtype has no room for y, or no digits for its deviation from a distant mean.
        """
        standard = self.loss.inverse_link(raw).mean(axis=0)
        shift, scale = self.scaling
        y = (standard * scale + shift).astype(_dtype_with_room(raw.dtype, shift, scale))
        return y[:, 0] if self.one_dimensional else y


def _dtype_with_room(dtype: np.dtype, shift: np.ndarray, scale: np.ndarray) -> np.dtype:
    """Return `dtype`, or float64 where it cannot hold y or the digits of y's deviation."""
    size, limits = np.maximum(np.abs(shift), scale), np.finfo(dtype)
    held = (size < limits.max / MARGIN) & (scale > limits.tiny * MARGIN)
    return dtype if (held & (np.abs(shift) < MARGIN * scale)).all() else np.dtype(np.float64)


def _positive(values: np.ndarray) -> np.ndarray:
    return np.where(values > 0, values, 1.0)


Targets = ClassTargets | NumberTargets
