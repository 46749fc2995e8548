"""What classifier and regressor share: the shape of a fit."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, Options, StrOptions
from sklearn.utils.validation import check_is_fitted

from sk_adaptive import activations, solvers
from sk_adaptive._core import engine
from sk_adaptive._data.clipping import input_limits
from sk_adaptive._data.rows import Rows, check_rows, check_X, split
from sk_adaptive._data.targets import ClassTargets, NumberTargets
from sk_adaptive._network.initialization import INITS, initial_theta
from sk_adaptive._network.plan import Plan, make_plan
from sk_adaptive._network.threads import team_of_threads
from sk_adaptive._training.callbacks import CallbackSupportMixin, FitTask, Watch
from sk_adaptive._training.state import Data, Problem, State
from sk_adaptive._training.train import train
from sk_adaptive._training.weight_decay import UNSCALED_ALPHA, automatic_alpha, ignorant_loss
from sk_adaptive.activations import Activation
from sk_adaptive.activations.fitted import FittedActivation
from sk_adaptive.schedules import SCHEDULES

from .blocks import in_blocks
from .fitted_attributes import results
from .html_repr import ActivationsInHTML
from .rollback import all_or_nothing

SMALL_BATCH, LARGE_BATCH, BATCHES = 64, 256, 64  # of batch_size="auto"
AUTO_MEMBERS = 8
PASSES_OF_A_FIT = 100  # at least: a team for a single pass is worth its start a hundred times later
INPUT_SCALE_RATE = 6.0  # arXiv:2407.04491

Targets = ClassTargets | NumberTargets


class BaseAdaptiveMLP(ActivationsInHTML, CallbackSupportMixin, BaseEstimator):
    """Everything but what y means."""

    _doc_link_module = "sk_adaptive"
    _doc_link_template = (
        "https://sk-adaptive.readthedocs.io/en/stable/generated/{estimator_module}.{estimator_name}.html"
    )
    _parameter_constraints: ClassVar[dict] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(activations.NAMES)), Activation, list, tuple],
        "solver": [StrOptions(set(solvers.SOLVERS)), *solvers.SOLVERS.values()],
        "alpha": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions(set(SCHEDULES)), callable],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
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
        "scale_inputs": ["boolean"],
    }

    # ---- what a subclass says about y --------------------------------------------------------------------------------

    _numeric_y: ClassVar[bool]

    def _make_targets(self, rows: Rows) -> Targets:
        raise TypeError(f"{type(self).__name__} must define _make_targets")

    def _loss_constant(self) -> float:
        return 0.0

    def _weighted(self, rows: Rows) -> Rows:
        return rows

    # ---- fitting -----------------------------------------------------------------------------------------------------

    def _fit(self, X: Any, y: Any, sample_weight: Any, X_val: Any, y_val: Any, sample_weight_val: Any) -> None:
        self._check_parts()
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val must be given together")
        if sample_weight_val is not None and X_val is None:
            raise ValueError("sample_weight_val needs X_val and y_val")
        task = FitTask(self, X, y, sample_weight)
        with all_or_nothing(self):
            goes_on = self.warm_start and hasattr(self, "theta_")
            rows = check_rows(self, X, y, sample_weight, reset=not goes_on, numeric=self._numeric_y)
            targets = self._targets if goes_on else self._make_targets(rows)
            if goes_on:
                targets.check_unchanged(rows.y)
            random = check_random_state(self.random_state)
            if X_val is None:
                rows, held_out = self._set_aside(self._weighted(rows), targets, random)
            else:
                held_out = check_rows(self, X_val, y_val, sample_weight_val, reset=False, numeric=self._numeric_y)
                rows, held_out = self._weighted(rows), self._weighted(held_out)
            plan, state = self._continued() if goes_on else self._start(rows, targets, random, self.clip_inputs)
            self._train(plan, state, rows, targets, held_out, task)
            self._state = state if self.warm_start else None
        task.end()

    def _fit_part(self, X: Any, y: Any, sample_weight: Any, make_targets: Callable[[Rows], Targets]) -> None:
        """One pass over the rows, going on from where the last one ended; `make_targets` is for the first."""
        self._check_parts()
        with all_or_nothing(self):
            goes_on = hasattr(self, "theta_")
            rows = check_rows(self, X, y, sample_weight, reset=not goes_on, numeric=self._numeric_y)
            targets = self._targets if goes_on else make_targets(rows)
            random = check_random_state(self.random_state)
            plan, state = self._continued() if goes_on else self._start(rows, targets, random, None)
            self._train(plan, state, self._weighted(rows), targets, None, None)
            self._state = state

    def _check_parts(self) -> None:
        solvers.resolve(self.solver)._validate_params()
        for activation in self._activation_objects():
            activation._validate_params()
            activation.starting_parameters()

    def _set_aside(self, rows: Rows, targets: Targets, random: np.random.RandomState) -> tuple[Rows, Rows | None]:
        """Return the rows to train on, and those to validate on."""
        if not self.early_stopping:
            return rows, None
        stratify = isinstance(targets, ClassTargets) and not targets.multilabel
        return split(rows, self.validation_fraction, stratify, random)

    def _hidden_layer_sizes(self) -> list[int]:
        sizes = np.atleast_1d(np.asarray(self.hidden_layer_sizes, dtype=object)).tolist()
        if any(not isinstance(size, Integral) or size < 1 for size in sizes):
            raise ValueError(f"hidden_layer_sizes must be integers > 0, got {self.hidden_layer_sizes}")
        return [int(size) for size in sizes]

    def _activation_objects(self) -> list[Activation]:
        """Return one activation for each hidden layer, each a copy of its own."""
        n_hidden = len(self._hidden_layer_sizes())
        given = self.activation
        each = list(given) if isinstance(given, (list, tuple)) else [given] * n_hidden
        if len(each) != n_hidden:
            raise ValueError(f"activation has {len(each)} entries for {n_hidden} hidden layers")
        return [clone(one) if isinstance(one, Activation) else activations.resolve(one) for one in each]

    def _n_members(self) -> int:
        if self.n_members != "auto":
            return int(self.n_members)
        learned = any(a.learn and a.learning_rate_factor and a.n_parameters for a in self._activation_objects())
        return AUTO_MEMBERS if learned else 1

    def _batch_size(self, n_rows: int) -> int:
        automatic = min(max(n_rows // BATCHES, SMALL_BATCH), LARGE_BATCH)
        return min(automatic if self.batch_size == "auto" else int(self.batch_size), n_rows)

    def _weight_decay(self, solver: solvers.Solver, plan: Plan, rows: Rows, seen: int) -> float:
        """Return the penalty's strength beside a loss that is a mean over rows; `seen` came before these."""
        if self.alpha != "auto":
            return float(self.alpha) / (rows.weight if isinstance(solver, solvers.LBFGS) else 1)
        n_rows, n_features = rows.X.shape
        n_rows = seen + max(n_rows, rows.weight)
        if not isinstance(solver, solvers.Adam):
            return UNSCALED_ALPHA / n_rows
        return automatic_alpha(n_rows, n_features, min([layer.n_out for layer in plan.hidden], default=n_features))

    def _start(
        self, rows: Rows, targets: Targets, random: np.random.RandomState, clip: float | None
    ) -> tuple[Plan, State]:
        n_features, n_members = rows.X.shape[1], self._n_members()
        plan = make_plan(
            n_features,
            self._hidden_layer_sizes(),
            targets.n_outputs,
            self._activation_objects(),
            loss=targets.loss,
            loss_constant=self._loss_constant(),
            n_members=n_members,
            signs=random.choice([-1.0, 1.0], (n_members, n_features)) if n_members > 1 else None,
            scale_inputs=self.scale_inputs,
            limits=None if clip is None else input_limits(rows, clip),
            dropout=self.dropout,
        )
        return plan, State(initial_theta(plan, self.init, random, rows.X.dtype), _generator(random))

    def _continued(self) -> tuple[Plan, State]:
        """Return the fitted network and what its training left, for training on."""
        plan: Plan = self._plan
        sizes = [layer.n_out for layer in plan.hidden]
        now = repr((self._hidden_layer_sizes(), self._activation_objects(), self._n_members(), self.scale_inputs))
        if now != repr((sizes, [layer.activation for layer in plan.hidden], plan.n_members, plan.input_scale >= 0)):
            raise ValueError(
                f"the network was fitted with hidden_layer_sizes={sizes}; hidden_layer_sizes, activation, n_members "
                f"and scale_inputs cannot change between calls that go on training. Fit with warm_start=False"
            )
        plan = replace(plan, loss_constant=self._loss_constant(), dropout=self.dropout)
        if self._state is not None:
            return plan, self._state.copy()
        return plan, State(
            self.theta_.copy(),
            _generator(check_random_state(self.random_state)),
            rows_seen=self.t_,
            loss_curve=list(self.loss_curve_),
            best_loss=min(self.loss_curve_, default=np.inf),
            learning_rate_curve=list(self.learning_rate_curve_ or ()),
        )

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
        solver = solvers.resolve(self.solver)
        dtype, n_rows = state.theta.dtype, rows.X.shape[0]
        rows = rows.astype(dtype)
        batch_size = self._batch_size(n_rows)
        network = plan.network(dtype)
        in_batches = isinstance(solver, solvers.StochasticSolver)
        data = _as_data(rows, targets, dtype)
        decay = self._weight_decay(solver, plan, rows, 0 if task else state.rows_seen)
        follows_loss = self.alpha == "auto" and isinstance(solver, solvers.Adam)
        with team_of_threads((batch_size if in_batches else n_rows) * plan.n_theta * plan.n_members) as team:
            problem = Problem(
                network=network,
                data=data,
                groups=plan.groups(decay, dtype, INPUT_SCALE_RATE),
                ignorant_loss=ignorant_loss(plan, data) if follows_loss else None,
                one_pass=task is None,
                max_iter=self.max_iter,
                tol=self.tol,
                n_iter_no_change=self.n_iter_no_change,
                batch_size=batch_size,
                shuffle=self.shuffle and batch_size < n_rows,
                learning_rate=self.learning_rate,
                learning_rate_init=self.learning_rate_init,
                team=team,
                validate=None if held_out is None else self._validator(plan, network, targets, held_out),
                watch=Watch(self.verbose, task, lambda state: results(plan, targets, state.copy(), rows.X)),
            )
            train(problem, solver, state)
        self.__dict__.update(results(plan, targets, state, rows.X))

    def _validator(
        self, plan: Plan, network: engine.Network, targets: Targets, rows: Rows
    ) -> Callable[[np.ndarray], tuple[float, float]]:
        rows = rows.astype(network.dtype)
        data = _as_data(rows, targets, network.dtype)
        scorer = None if self.scoring == "loss" else check_scoring(self, self.scoring)
        view = copy.copy(self)  # predicts with the theta of the moment, and warns of no missing feature names
        view.__dict__.pop("feature_names_in_", None)
        view._plan, view._targets, view._network = plan, targets, network
        view._quantiles = [None] * len(plan.hidden)  # not known before the end

        def validate(theta: np.ndarray) -> tuple[float, float]:
            loss = network.loss_and_grad(theta, data.X, data.targets, data.weights)
            if scorer is None:
                return loss, -loss
            view.theta_ = theta
            weights = {} if rows.weights is None else {"sample_weight": rows.weights}
            return loss, float(scorer(view, rows.X, rows.y, **weights))

        return validate

    # ---- fitted ------------------------------------------------------------------------------------------------------

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Weights of each layer, (n_in, n_out); of the output layer (n_members, n_in, n_out) for an ensemble."""
        return self._plan.coefs(self.theta_)

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

    def _predict(self, X: Any, read: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return what `read` makes of the raw outputs (n_members, n_rows, n_outputs), some rows at a time."""
        check_is_fitted(self, "theta_")
        X = check_X(self, X)
        per_row = self._plan.n_members * self._plan.layers[-1].n_out
        with team_of_threads(X.shape[0] * self._plan.n_theta // PASSES_OF_A_FIT) as team:
            return in_blocks(X, per_row, lambda rows: read(self._network.forward(self.theta_, rows, team)))

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in super().__getstate__().items() if name != "_network"}
        return {**state, "_sk_adaptive_version": _version()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        written_by = state.get("_sk_adaptive_version", "an unknown version")
        if written_by != _version():
            warnings.warn(
                InconsistentVersionWarning(
                    estimator_name=f"{type(self).__name__} of sk_adaptive",
                    current_sklearn_version=_version(),
                    original_sklearn_version=written_by,
                ),
                stacklevel=2,
            )
        super().__setstate__({name: value for name, value in state.items() if name != "_sk_adaptive_version"})
        if hasattr(self, "theta_"):
            self._plan.check(self.theta_)
            self._network = self._plan.network(self.theta_.dtype)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def is_stochastic(estimator: BaseAdaptiveMLP) -> bool:
    """Return whether the estimator's solver takes steps, which partial_fit needs.

    Raises
    ------
    AttributeError
        If it is L-BFGS.
    """
    if estimator.solver == "lbfgs" or isinstance(estimator.solver, solvers.LBFGS):
        raise AttributeError("partial_fit is only available for stochastic optimizers. lbfgs is not stochastic.")
    return True


def _as_data(rows: Rows, targets: Targets, dtype: np.dtype) -> Data:
    return Data(rows.X, targets.encode(rows.y, dtype), rows.weights)


def _generator(random: np.random.RandomState) -> np.ndarray:
    """Return a state of the core's generator."""
    seeds = random.randint(0, 2**32, size=(2, 4), dtype=np.uint64)
    return (seeds[0] << np.uint64(32)) | seeds[1]


def _version() -> str:
    from sk_adaptive import __version__

    return __version__


Init = Literal["gain", "glorot"]
