"""The classifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils import compute_sample_weight
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call

from ._base import BaseAdaptiveMLP, Init, is_stochastic
from ._callbacks import with_callbacks
from ._data import Rows
from ._failures import all_or_nothing
from ._targets import ClassTargets
from .activations import Activation
from .schedules import Schedule
from .solvers import Solver


class AdaptiveMLPClassifier(ClassifierMixin, BaseAdaptiveMLP):
    """Multilayer perceptron classifier whose activation functions are learned with the weights."""

    _numeric_y = False
    _parameter_constraints: ClassVar[dict] = {
        **BaseAdaptiveMLP._parameter_constraints,
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
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
        learning_rate: str | Schedule = "constant",
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
        class_weight: Mapping | Sequence[Mapping] | Literal["balanced"] | None = None,
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

    @with_callbacks
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
        """Fit the network to labelled rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training rows. float32 is trained in float32, everything else in float64.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Classes of any kind, or an indicator matrix of labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, >= 0; a row of weight 2 counts as two rows, one of weight 0 is left out.
        X_val : array-like or sparse matrix of shape (n_val, n_features), default=None
            Rows to validate on: training then stops by them and the best epoch is kept, whatever `early_stopping`
            says. In a Pipeline they must be transformed as X is: ``Pipeline(..., transform_input=["X_val"])``.
        y_val : array-like of shape (n_val,) or (n_val, n_labels), default=None
            Their classes.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.

        Returns
        -------
        AdaptiveMLPClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is malformed, or if not even one epoch ends with finite numbers; the estimator then stays as
            it was.
        """
        self._fit(X, y, sample_weight, X_val, y_val, sample_weight_val)
        return self

    @available_if(is_stochastic)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> AdaptiveMLPClassifier:
        """Go on training with one pass over more rows, with a solver other than "lbfgs".

        Moments of the solver, learned activations and learning-rate schedule are carried over. Nothing is held out:
        `early_stopping` is for `fit`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Their classes.
        classes : array-like of shape (n_classes,), default=None
            All classes that any call will bring: needed in the first call, unless `fit` came before.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        AdaptiveMLPClassifier
            The estimator.

        Raises
        ------
        ValueError
            If y has a class that is not among `classes`, or `class_weight` is "balanced".
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' is not supported for partial_fit, which does not see all rows. Give the "
                "weights as a dict"
            )
        with all_or_nothing(self):
            _check_partial_fit_first_call(self, classes)
            self._fit_part(X, y, sample_weight, lambda rows: ClassTargets(self.classes_, rows.y.ndim == 2))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Classes, or an indicator matrix of the labels whose probability is above one half.
        """
        raw = self._raw(X)
        return self._targets.decode(raw)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`; of an ensemble, their mean.
        """
        raw = self._raw(X)
        return self._targets.probabilities(raw)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probabilities, finite where a probability rounds to zero.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Logarithms in the order of `classes_`.
        """
        raw = self._raw(X)
        return self._targets.log_probabilities(raw)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logits: what the network puts out before the softmax or the logistic.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            One logit a row for two classes, of the second one; otherwise one a class. Of an ensemble, the logits of
            the mean probability.
        """
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
        if self.class_weight == "balanced" and rows.y.ndim == 1:
            classes, index = np.unique(rows.y, return_inverse=True)
            counts = np.bincount(index, rows.weights)  # weighted, unlike scikit-learn's
            weights = (counts.sum() / (len(classes) * counts))[index]
        else:
            weights = compute_sample_weight(self.class_weight, rows.y)
        return rows.times(weights.astype(rows.X.dtype))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
