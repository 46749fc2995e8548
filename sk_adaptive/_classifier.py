"""The classifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils import compute_sample_weight
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import _check_partial_fit_first_call

from ._base import BaseAdaptiveMLP, Init
from ._data import Rows
from ._targets import ClassTargets
from .activations import Activation
from .solvers import Solver


class AdaptiveMLPClassifier(ClassifierMixin, BaseAdaptiveMLP):
    """Multilayer perceptron classifier whose activation functions are learned with the weights."""

    _numeric_y = False
    _parameter_constraints: ClassVar[dict] = {
        **BaseAdaptiveMLP._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Activation | Sequence[str | Activation] = "spline",
        *,
        solver: Literal["adam", "lbfgs", "sgd"] | Solver = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: float = 10,
        scoring: str | Callable = "loss",
        class_weight: Mapping | Literal["balanced"] | None = None,
        label_smoothing: float = 0.0,
        dropout: float = 0.0,
        n_members: int = 1,
        scale_inputs: bool = False,
        init: Init = "gain",
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.scoring = scoring
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing
        self.dropout = dropout
        self.n_members = n_members
        self.scale_inputs = scale_inputs
        self.init = init

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> AdaptiveMLPClassifier:
        """Fit the network to labelled rows."""
        self._fit(X, y, sample_weight, X_val, y_val, sample_weight_val)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> AdaptiveMLPClassifier:
        """Go on training with one pass over more rows."""
        targets = None
        if _check_partial_fit_first_call(self, classes):
            targets = ClassTargets(self.classes_, np.ndim(y) == 2 and np.shape(y)[1] > 1)
        self._fit_part(X, y, sample_weight, targets)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each row."""
        raw = self._raw(X)
        return self._targets.decode(raw)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class."""
        raw = self._raw(X)
        return self._targets.probabilities(raw)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probabilities."""
        raw = self._raw(X)
        return self._targets.log_probabilities(raw)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logits."""
        raw = self._raw(X)
        return self._targets.decision(raw)

    def _make_targets(self, rows: Rows) -> ClassTargets:
        targets = ClassTargets.of(rows.y)
        self.classes_ = targets.classes
        return targets

    def _loss_constant(self) -> float:
        return float(self.label_smoothing)

    def _weighted(self, rows: Rows) -> Rows:
        if self.class_weight is None:
            return rows
        weights = compute_sample_weight(self.class_weight, rows.y).astype(rows.X.dtype)
        return Rows(rows.X, rows.y, weights if rows.weights is None else weights * rows.weights)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
