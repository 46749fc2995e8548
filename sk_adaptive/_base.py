"""What classifier and regressor share: the shape of a fit."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, Options, StrOptions
from sklearn.utils.validation import check_is_fitted

from . import activations, solvers
from ._core import engine
from ._data import Rows, check_rows, check_X, split
from ._fitted import FittedActivation, pre_activation_quantiles
from ._init import INITS, initial_theta
from ._plan import Plan, make_plan
from ._targets import ClassTargets, NumberTargets
from ._threads import team_of_threads
from ._training import NO_LIMIT, Data, Problem, State, train
from .activations import Activation
from .schedules import SCHEDULES

LARGEST_AUTO_BATCH = 200
INPUT_SCALE_RATE = 6.0  # arXiv:2407.04491


class BaseAdaptiveMLP(BaseEstimator):
    """Everything but what y means."""

    _parameter_constraints: ClassVar[dict] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(activations.NAMES)), Activation, list, tuple],
        "solver": [StrOptions(set(solvers.SOLVERS)), *solvers.SOLVERS.values()],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions(set(SCHEDULES))],
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
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "scale_inputs": ["boolean"],
    }

    # ---- what a subclass says about y --------------------------------------------------------------------------------

    _numeric_y: ClassVar[bool]

    def _make_targets(self, rows: Rows) -> ClassTargets | NumberTargets:
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
        continued = self.warm_start and hasattr(self, "theta_")
        rows = check_rows(self, X, y, sample_weight, reset=not continued, numeric=self._numeric_y)
        targets = self._targets if continued else self._make_targets(rows)
        rows = self._weighted(rows)
        random = check_random_state(self.random_state)
        held_out = None
        if X_val is not None:
            held_out = check_rows(self, X_val, y_val, sample_weight_val, reset=False, numeric=self._numeric_y)
            held_out = Rows(held_out.X.astype(rows.X.dtype, copy=False), held_out.y, held_out.weights)
        elif self.early_stopping:
            stratify = isinstance(targets, ClassTargets) and not targets.multilabel
            rows, held_out = split(rows, self.validation_fraction, stratify, random)
        plan, state = self._continued(rows, targets) if continued else self._start(rows, targets, random)
        self._train(plan, state, rows, targets, held_out, self.max_iter, None)

    def _fit_part(self, X: Any, y: Any, sample_weight: Any, targets: ClassTargets | NumberTargets | None) -> None:
        """One pass over the rows, going on from where the last one ended; `targets` is None to keep what there is."""
        self._check_parts()
        first = not hasattr(self, "theta_")
        rows = check_rows(self, X, y, sample_weight, reset=first, numeric=self._numeric_y)
        if first:
            targets = targets or self._make_targets(rows)
            plan, state = self._start(rows, targets, check_random_state(self.random_state))
        else:
            targets = self._targets
            plan, state = self._continued(rows, targets)
        self._train(plan, state, self._weighted(rows), targets, None, 1, NO_LIMIT)

    def _check_parts(self) -> None:
        solvers.resolve(self.solver)._validate_params()
        for activation in self._activation_objects():
            activation._validate_params()
            activation.starting_parameters()

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
        return [clone(activations.resolve(one)) for one in each]

    def _start(
        self, rows: Rows, targets: ClassTargets | NumberTargets, random: np.random.RandomState
    ) -> tuple[Plan, State]:
        n_features = rows.X.shape[1]
        ensemble = self.n_members > 1
        plan = make_plan(
            n_features,
            self._hidden_layer_sizes(),
            targets.n_outputs,
            self._activation_objects(),
            loss=targets.loss,
            loss_constant=self._loss_constant(),
            n_members=self.n_members,
            signs=random.choice([-1.0, 1.0], (self.n_members, n_features)) if ensemble else None,
            scale_inputs=self.scale_inputs,
            dropout=self.dropout,
        )
        theta = initial_theta(plan, self.init, random, rows.X.dtype)
        seeds = random.randint(0, 2**32, size=(2, 4), dtype=np.uint64)
        return plan, State(theta, (seeds[0] << np.uint64(32)) | seeds[1], rate=self.learning_rate_init)

    def _continued(self, rows: Rows, targets: ClassTargets | NumberTargets) -> tuple[Plan, State]:
        """Return the fitted network and what its training left, for training on."""
        plan: Plan = self._plan
        sizes = [layer.n_out for layer in plan.hidden]
        if sizes != self._hidden_layer_sizes() or repr([layer.activation for layer in plan.hidden]) != repr(
            self._activation_objects()
        ):
            raise ValueError(
                f"the network was fitted with hidden_layer_sizes={sizes}; hidden_layer_sizes and activation cannot "
                f"change between calls that go on training. Fit with warm_start=False to start anew."
            )
        if self._state is not None and self._state.theta.dtype == rows.X.dtype:
            return plan, copy.deepcopy(self._state)
        random = check_random_state(self.random_state).randint(1, 2**32, size=4, dtype=np.uint64)
        return plan, State(self.theta_.astype(rows.X.dtype), random, rate=self.learning_rate_init)

    def _train(
        self,
        plan: Plan,
        state: State,
        rows: Rows,
        targets: ClassTargets | NumberTargets,
        held_out: Rows | None,
        max_iter: int,
        n_iter_no_change: float | None,
    ) -> None:
        dtype = state.theta.dtype
        n_rows = rows.X.shape[0]
        batch_size = min(LARGEST_AUTO_BATCH if self.batch_size == "auto" else self.batch_size, n_rows)
        network = plan.network(dtype)
        with team_of_threads(batch_size * plan.n_theta * plan.n_members) as team:
            problem = Problem(
                network=network,
                data=_as_data(rows, targets, dtype),
                groups=plan.groups(self.alpha, dtype, INPUT_SCALE_RATE),
                max_iter=max_iter,
                tol=self.tol,
                n_iter_no_change=self.n_iter_no_change if n_iter_no_change is None else n_iter_no_change,
                batch_size=batch_size,
                shuffle=self.shuffle and n_iter_no_change is None,
                learning_rate=self.learning_rate,
                learning_rate_init=self.learning_rate_init,
                team=team,
                validate=None if held_out is None else self._validator(plan, network, targets, held_out),
                report=self._reporter(),
            )
            train(problem, solvers.resolve(self.solver), state)
        self._store(plan, state, rows, targets, partial=n_iter_no_change is not None)

    def _validator(
        self, plan: Plan, network: engine.Network, targets: ClassTargets | NumberTargets, rows: Rows
    ) -> Callable[[np.ndarray], tuple[float, float]]:
        data = _as_data(rows, targets, network.dtype)
        scorer = None if self.scoring == "loss" else check_scoring(self, self.scoring)
        view = copy.copy(self)  # predicts with the theta of the moment, and warns of no missing feature names
        vars(view).pop("feature_names_in_", None)
        view._plan, view._targets, view._network = plan, targets, network

        def validate(theta: np.ndarray) -> tuple[float, float]:
            loss = network.loss_and_grad(theta, data.X, data.targets, data.weights)
            if scorer is None:
                return loss, -loss
            view.theta_ = theta
            weights = {} if rows.weights is None else {"sample_weight": rows.weights}
            return loss, float(scorer(view, rows.X, rows.y, **weights))

        return validate

    def _reporter(self) -> Callable[[State], bool]:
        began = time.perf_counter()

        def report(state: State) -> bool:
            if self.verbose:
                validation = (
                    f"  validation loss {state.validation_loss_curve[-1]:.6g}" if state.validation_loss_curve else ""
                )
                print(
                    f"epoch {state.epochs}  loss {state.loss_curve[-1]:.6g}{validation}"
                    f"  learning rate {state.learning_rate_curve[-1]:.3g}  {time.perf_counter() - began:.2f} s"
                )
            return False

        return report

    def _store(
        self, plan: Plan, state: State, rows: Rows, targets: ClassTargets | NumberTargets, partial: bool
    ) -> None:
        self._plan, self._targets = plan, targets
        self._network = plan.network(state.theta.dtype)
        self._state = state if partial or self.warm_start else None
        self.theta_ = state.theta
        self._quantiles = pre_activation_quantiles(self._network, self.theta_, rows.X, len(plan.hidden))
        self.loss_curve_ = list(state.loss_curve)
        self.loss_ = state.loss_curve[-1] if state.loss_curve else np.inf
        self.n_iter_ = state.epochs
        self.t_ = state.epochs * rows.X.shape[0]
        self.n_layers_ = len(plan.layers) + 1
        self.n_outputs_ = targets.n_outputs
        self.out_activation_ = targets.out_activation
        validated = bool(state.validation_scores)
        self.best_loss_ = None if validated else min(state.loss_curve, default=np.inf)
        self.validation_loss_curve_ = list(state.validation_loss_curve) if validated else None
        self.validation_scores_ = list(state.validation_scores) if validated else None
        self.best_validation_score_ = max(state.validation_scores) if validated else None

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

    def _raw(self, X: Any) -> np.ndarray:
        """Return raw outputs (n_members, n_rows, n_outputs)."""
        check_is_fitted(self, "theta_")
        X = check_X(self, X)
        return self._network.forward(self.theta_, X.astype(self.theta_.dtype, copy=False))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_network"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if hasattr(self, "theta_"):
            self._plan.check(self.theta_)
            self._network = self._plan.network(self.theta_.dtype)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _as_data(rows: Rows, targets: ClassTargets | NumberTargets, dtype: np.dtype) -> Data:
    return Data(rows.X, targets.encode(rows.y, dtype), rows.weights)


Init = Literal["gain", "glorot"]
