"""Base class of classifier and regressor: validation, training, prediction, pickling."""

from __future__ import annotations

import copy
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import get_scorer_names
from sklearn.utils import check_random_state

from sk_adaptive import schedules, solvers
from sk_adaptive._core import engine
from sk_adaptive._data.columns import Columns
from sk_adaptive._data.rows import Rows, check_rows, refuse_too_large, split
from sk_adaptive._data.targets import ClassTargets, Targets
from sk_adaptive._data.weights import ClassWeights
from sk_adaptive._network.initialization import INITS
from sk_adaptive._network.plan import Plan
from sk_adaptive._network.threads import team_of_threads
from sk_adaptive._sklearn import (
    CallbackSupportMixin,
    HasMethods,
    Interval,
    Options,
    RealNotInt,
    StrOptions,
    validate_params,
)
from sk_adaptive._training.callbacks import FitTask, Watch
from sk_adaptive._training.held_back import HeldBack
from sk_adaptive._training.null_model import null_model_loss
from sk_adaptive._training.state import Data, Problem, State
from sk_adaptive._training.temperature import best_temperature, divide_outputs
from sk_adaptive._training.train import train
from sk_adaptive.activations import NAMES, Activation
from sk_adaptive.losses import Loss

from .beginning import BeginningOfFit
from .fitted_attributes import results
from .html_repr import ActivationsInHTML
from .rollback import all_or_nothing
from .validation import Validator, check_given, make_score

INPUT_SCALE_RATE = 6.0  # arXiv:2407.04491

# What to give instead of a string whose parameters are to be set.
EXAMPLES_OF_OBJECTS = {"activation": "activation=Spline()", "solver": "solver=Adam()", "loss": "loss=Huber()"}


class BaseAdaptiveMLP(BeginningOfFit, ActivationsInHTML, CallbackSupportMixin, BaseEstimator):
    """Base class of the classifier and the regressor; they add what y means."""

    _doc_link_module = "sk_adaptive"
    _doc_link_template = (
        "https://sk-adaptive.readthedocs.io/en/stable/generated/{estimator_module}.{estimator_name}.html"
    )
    _parameter_constraints: ClassVar[dict] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(NAMES)), Activation, list, tuple],
        "solver": [StrOptions(set(solvers.SOLVERS)), solvers.Solver],
        "alpha": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions(set(schedules.SCHEDULES)), callable],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "scoring": [StrOptions(set(get_scorer_names()) | {"loss"}), callable, HasMethods("__call__")],
        "init": [StrOptions(set(INITS))],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "n_members": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "clip_inputs": [Interval(Real, 0, None, closed="neither"), None],
        "standardize": ["boolean"],
        "n_bins": [StrOptions({"auto"}), Interval(Integral, 0, None, closed="left")],
        "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
        "min_frequency": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
            None,
        ],
        "learn_scales": ["boolean"],
        "dtype": [StrOptions({"auto", "float32", "float64"})],
    }

    # ---- what a subclass says about y --------------------------------------------------------------------------------

    _numeric_y: ClassVar[bool]

    def _make_targets(self, rows: Rows) -> Targets:
        raise TypeError(f"{type(self).__name__} must define _make_targets")

    def _make_loss(self, targets: Any) -> Loss:
        raise TypeError(f"{type(self).__name__} must define _make_loss")

    def _fitted_targets(self) -> Targets:
        return self._targets

    def _follow(self, targets: Any, rows: Rows, plan: Plan, state: State) -> Targets:
        """Return targets that know of more rows; `state` changes so that predictions do not."""
        return targets

    def _class_weights(self, targets: Any, rows: Rows) -> ClassWeights | None:
        return None

    # ---- fitting -----------------------------------------------------------------------------------------------------

    def _fit(self, X: Any, y: Any, sample_weight: Any, X_val: Any, y_val: Any, sample_weight_val: Any) -> None:
        activations = self._check_parts()
        check_given(X_val, y_val, sample_weight_val)
        task = FitTask(self, X, y, sample_weight)
        with all_or_nothing(self):
            is_warm_start = self.warm_start and hasattr(self, "theta_")
            rows, columns = self._check_rows(X, y, sample_weight, continues=is_warm_start)
            targets = self._fitted_targets() if is_warm_start else self._make_targets(rows)
            if is_warm_start:
                targets.check_unchanged(rows.y)
            random = check_random_state(self.random_state)
            class_weights = self._class_weights(targets, rows)
            rows = _weighted(rows, class_weights)
            if X_val is None:
                rows, held_out = self._set_aside(rows, targets, random)
            else:
                held_out, _ = check_rows(
                    self,
                    X_val,
                    y_val,
                    sample_weight_val,
                    columns=columns,
                    numeric=self._numeric_y,
                    name="sample_weight_val",
                )
                held_out = _weighted(held_out, class_weights)
            plan, state = self._begin(rows, columns, targets, random, activations, continues=is_warm_start)
            self._columns = columns
            self._train(plan, state, rows, targets, held_out, task)
            self._state = state if self.warm_start else None
        task.end()

    def _fit_part(self, X: Any, y: Any, sample_weight: Any, make_targets: Callable[[Rows], Targets]) -> None:
        """Train one pass over the rows from where the last call ended; `make_targets` is for the first call."""
        continues = hasattr(self, "theta_")
        if continues:
            validate_params(self)  # which scikit-learn leaves to the first call
        activations = self._check_parts()
        with all_or_nothing(self):
            rows, columns = self._check_rows(X, y, sample_weight, continues=continues)
            targets = self._fitted_targets() if continues else make_targets(rows)
            rows = _weighted(rows, self._class_weights(targets, rows))
            random = check_random_state(self.random_state)
            if continues:
                plan, state = self._continued(targets, activations)
                targets = self._follow(targets, rows, plan, state)
                plan = self._follow_inputs(plan, state, rows, columns, random)
            else:
                plan, state = self._start(rows, columns, targets, random, activations, one_pass=True)
            self._columns = columns
            self._train(plan, state, rows, targets, None, None)
            self._state = state

    def set_params(self, **params: Any) -> BaseAdaptiveMLP:
        """Set parameters, also those of objects among them; see `sklearn.base.BaseEstimator.set_params`."""
        for name in params:
            part, _, of_part = name.partition("__")
            value = params.get(part, getattr(self, part, None))
            if of_part and isinstance(value, str):
                raise ValueError(
                    f"{name} needs an object: {part}={value!r} is a name, which has no parameters. Give one that has, "
                    f"such as {EXAMPLES_OF_OBJECTS.get(part, 'an object')}"
                )
        return super().set_params(**params)

    def _set_aside(self, rows: Rows, targets: Targets, random: np.random.RandomState) -> tuple[Rows, Rows | None]:
        """Return the rows to train on, and those to validate on."""
        if not self.early_stopping:
            return rows, None
        stratify = isinstance(targets, ClassTargets) and not targets.multilabel
        return split(rows, self.validation_fraction, rows.y if stratify else None, random)

    def _check_rows(self, X: Any, y: Any, sample_weight: Any, *, continues: bool) -> tuple[Rows, Columns]:
        """Return the training rows and their columns, which know the levels of these rows as well."""
        columns = self._columns if continues else None
        return check_rows(self, X, y, sample_weight, columns=columns, numeric=self._numeric_y, new_levels=continues)

    def _train(
        self,
        plan: Plan,
        state: State,
        rows: Rows,
        targets: Targets,
        held_out: Rows | None,
        task: FitTask | None,
    ) -> None:
        """Train `state` and store what it stands for; one pass if there is no `task`."""
        network = plan.network(state.theta.dtype)
        data = self._as_data(rows, targets, plan, network.dtype)
        validate = None if held_out is None else self._validator(plan, network, targets, held_out)
        if validate is not None:
            validate.check(state.theta)
        held_back = None if task is None or validate is not None else self._held_back(rows.n_rows, state)
        self._train_on(data, validate, plan, network, state, rows, targets, task, held_back=held_back)

    def _train_on(
        self,
        data: Data,
        validate: Validator | None,
        plan: Plan,
        network: engine.Network,
        state: State,
        rows: Any,
        targets: Targets,
        task: FitTask | None,
        *,
        held_back: np.ndarray | None,
        resumes: bool = False,
    ) -> None:
        """Train `state` on rows as the core takes them, wherever they lie, and store what it stands for."""
        solver = solvers.resolve(self.solver)
        dtype, n_rows = network.dtype, rows.n_rows
        batch_size = self._batch_size(n_rows)
        decay = self._weight_decay(solver, plan, rows, 0 if task else state.rows_seen, one_pass=task is None)
        with team_of_threads((batch_size if solver.in_batches else n_rows) * plan.n_theta * plan.n_members) as team:
            problem = Problem(
                network=network,
                data=data,
                groups=plan.groups(decay, dtype, INPUT_SCALE_RATE),
                null_model_loss=null_model_loss(plan, data),
                decay_follows_loss=self.alpha == "auto" and solver.decay_follows_loss,
                one_pass=task is None,
                max_iter=self._max_iter(solver, plan, n_rows, data.n_batches(batch_size), one_pass=task is None),
                tol=self.tol,
                n_iter_no_change=self.n_iter_no_change,
                batch_size=batch_size,
                shuffle=self.shuffle and batch_size < n_rows,
                schedule=schedules.resolve(self.learning_rate),
                learning_rate_init=self.learning_rate_init,
                team=team,
                validate=validate,
                deadline=None if task is None or self.max_time is None else task.began + self.max_time,
                held_back=None if held_back is None else HeldBack(plan, network, data, held_back, state),
                watch=Watch(self.verbose, task, lambda state: results(plan, network, targets, state.copy(), data.X)),
            )
            train(problem, solver, state, resumes=resumes)
        # Without validation rows the last temperature stays, so that the probabilities do not jump.
        temperature = self._temperature if validate is None else best_temperature(plan, state.theta, validate.data)
        divide_outputs(plan, state.theta, temperature)
        self.__dict__.update(results(plan, network, targets, state, data.X, temperature))

    def _validator(self, plan: Plan, network: engine.Network, targets: Targets, rows: Rows) -> Validator:
        data = self._as_data(rows, targets, plan, network.dtype)
        return Validator(network, data, make_score(self._view(plan, network, targets), data.X, rows.y, data.weights))

    def _view(self, plan: Plan, network: engine.Network, targets: Targets) -> Any:
        """Return a copy that predicts with the parameters of the moment, and needs no feature names."""
        view = copy.copy(self)
        view.__dict__.pop("feature_names_in_", None)
        view._plan, view._targets, view._network = plan, targets, network
        view._columns = Columns.plain(plan.inputs.n_columns)  # the rows are numbers already
        view._quantiles = [None] * len(plan.hidden)  # not known before the end
        return view

    def _as_data(self, rows: Rows, targets: Targets, plan: Plan, dtype: np.dtype) -> Data:
        refuse_too_large(rows.X, plan.inputs, dtype, getattr(self, "feature_names_in_", None))
        weights = rows.weights
        return Data(rows.X, targets.encode(rows.y, dtype), None if weights is None else weights.astype(dtype))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        return tags


def is_stochastic(estimator: BaseAdaptiveMLP) -> bool:
    """Return whether the estimator's solver steps over batches of rows, which partial_fit needs.

    Raises
    ------
    AttributeError
        If it does not.
    """
    solver = solvers.SOLVERS.get(estimator.solver) if isinstance(estimator.solver, str) else estimator.solver
    if not getattr(solver, "in_batches", True):  # what is no solver at all, validation says
        raise AttributeError(
            f"partial_fit is only available for stochastic optimizers. {estimator.solver} is not stochastic."
        )
    return True


def _weighted(rows: Rows, class_weights: ClassWeights | None) -> Rows:
    return rows if class_weights is None else rows.with_factors(class_weights.factors(rows.y))


Init = Literal["gain", "glorot"]
