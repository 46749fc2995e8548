"""The regressor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if

from . import losses
from ._base import BaseAdaptiveMLP, Init, is_stochastic
from ._callbacks import with_callbacks
from ._data import Rows
from ._targets import NumberTargets
from .activations import Activation
from .losses import Loss
from .schedules import Schedule
from .solvers import Solver


class AdaptiveMLPRegressor(RegressorMixin, BaseAdaptiveMLP):
    """Multilayer perceptron regressor whose activation functions are learned with the weights."""

    _numeric_y = True
    _parameter_constraints: ClassVar[dict] = {
        "loss": [StrOptions(set(losses.LOSSES)), Loss],
        **BaseAdaptiveMLP._parameter_constraints,
    }

    def __init__(
        self,
        loss: Literal["squared_error", "absolute_error", "huber", "quantile", "poisson"] | Loss = "squared_error",
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
        dropout: float = 0.0,
        n_members: int = 1,
        scale_inputs: bool = False,
        init: Init = "gain",
    ) -> None:
        self.loss = loss
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
    ) -> AdaptiveMLPRegressor:
        """Fit the network to rows with numbers.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training rows. float32 is trained in float32, everything else in float64.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers; for loss "poisson" >= 0.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, >= 0; a row of weight 2 counts as two rows, one of weight 0 is left out.
        X_val : array-like or sparse matrix of shape (n_val, n_features), default=None
            Rows to validate on: training then stops by them and the best epoch is kept, whatever `early_stopping`
            says. In a Pipeline they must be transformed as X is: ``Pipeline(..., transform_input=["X_val"])``.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Their numbers.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.

        Returns
        -------
        AdaptiveMLPRegressor
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
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> AdaptiveMLPRegressor:
        """Go on training with one pass over more rows, with a solver other than "lbfgs".

        Moments of the solver, learned activations and learning-rate schedule are carried over. The first call fixes
        by which shift and scale y is standardised. Nothing is held out: `early_stopping` is for `fit`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        AdaptiveMLPRegressor
            The estimator.
        """
        self._fit_part(X, y, sample_weight, self._make_targets)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the predicted numbers.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions in the units of y and the dtype of the network; of an ensemble, their mean.
        """
        raw = self._raw(X)
        return self._targets.decode(raw)

    def _make_targets(self, rows: Rows) -> NumberTargets:
        return NumberTargets.of(rows.y, rows.weights, losses.resolve(self.loss).kernel)

    def _loss_constant(self) -> float:
        return losses.resolve(self.loss).constant

    def _check_parts(self) -> None:
        super()._check_parts()
        losses.resolve(self.loss)._validate_params()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = self.loss == "poisson" or isinstance(self.loss, losses.Poisson)
        return tags
