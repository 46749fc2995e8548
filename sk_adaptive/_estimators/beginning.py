"""What a fit begins with: the network and the state of its training, new ones or those of the call before."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from sk_adaptive import solvers
from sk_adaptive._data.columns import Columns
from sk_adaptive._data.inputs import Inputs, make_inputs
from sk_adaptive._data.rows import Rows
from sk_adaptive._data.targets import Targets
from sk_adaptive._network.initialization import initial_theta, random_signs
from sk_adaptive._network.memory import check_memory
from sk_adaptive._network.plan import Plan, make_plan
from sk_adaptive._sklearn import validate_params
from sk_adaptive._training.growth import follow_moments, grow
from sk_adaptive._training.state import State
from sk_adaptive._training.temperature import divide_outputs
from sk_adaptive.activations import Activation
from sk_adaptive.activations import resolve as resolve_activation
from sk_adaptive.losses import Loss

from .automatic import AutomaticParameters
from .continuing import continued_plan
from .fitted_network import FittedNetwork

MAX_ROWS_OF_SCALE = 1000  # of partial_fit: means and deviations stay once so many were seen


class BeginningOfFit(AutomaticParameters, FittedNetwork):
    """The part of an estimator that makes the network of a fit, or goes on with the fitted one."""

    def _check_parts(self) -> list[Activation]:
        """Check the objects among the parameters; return one activation per hidden layer."""
        solver = solvers.resolve(self.solver)
        validate_params(solver)
        if self.dropout and not solver.in_batches:
            raise ValueError(
                f"dropout={self.dropout} needs a solver that steps over batches, got solver={self.solver!r}"
            )
        each = self._activation_objects()
        for activation in each:
            validate_params(activation)
            activation.initial_parameters()
        return each

    def _activation_objects(self) -> list[Activation]:
        """Return one activation for each hidden layer, each a copy of its own."""
        n_hidden = len(self._hidden_layer_sizes())
        given = self.activation
        each = list(given) if isinstance(given, (list, tuple)) else [given] * n_hidden
        if len(each) != n_hidden:
            raise ValueError(f"activation has {len(each)} entries for {n_hidden} hidden layers")
        return [clone(one) if isinstance(one, Activation) else resolve_activation(one) for one in each]

    def _hidden_layer_sizes(self) -> list[int]:
        sizes = np.atleast_1d(np.asarray(self.hidden_layer_sizes, dtype=object)).tolist()
        if any(not _is_whole(size) or size < 1 for size in sizes):
            raise ValueError(f"hidden_layer_sizes must be integers > 0, got {self.hidden_layer_sizes}")
        return [int(size) for size in sizes]

    def _begin(
        self,
        rows: Any,
        columns: Columns,
        targets: Targets,
        random: np.random.RandomState,
        activations: list[Activation],
        *,
        continues: bool,
    ) -> tuple[Plan, State]:
        """Return what a fit to some rows starts from, wherever they lie."""
        if not continues:
            return self._start(rows, columns, targets, random, activations, one_pass=False)
        plan, state = self._continued(targets, activations)
        return grow(plan, state, columns, rows.moments, random), state

    def _start(
        self,
        rows: Rows,
        columns: Columns,
        targets: Targets,
        random: np.random.RandomState,
        activations: list[Activation],
        *,
        one_pass: bool,
    ) -> tuple[Plan, State]:
        self._temperature = 1.0
        dtype = self._network_dtype(rows, one_pass=one_pass)
        inputs = self._make_inputs(rows, columns, one_pass=one_pass)
        order = inputs.drawing_order(self._moments)
        n_inputs, sizes = inputs.n_inputs, self._hidden_layer_sizes()
        n_members = self._n_members(activations, rows.n_rows, one_pass=one_pass)
        check_memory(n_inputs, sizes, targets.n_outputs, n_members, dtype)
        plan = make_plan(
            inputs,
            sizes,
            targets.n_outputs,
            activations,
            loss=self._loss_of_solver(targets),
            n_members=n_members,
            signs=random_signs(random, n_members, n_inputs, order),
            learn_scales=self.learn_scales,
            dropout=self.dropout,
        )
        return plan, State(initial_theta(plan, self.init, random, dtype, order), _generator(random))

    def _continued(self, targets: Targets, activations: list[Activation]) -> tuple[Plan, State]:
        """Return the fitted network and what its training left, for training that continues."""
        plan = continued_plan(
            self._plan,
            hidden_layer_sizes=self._hidden_layer_sizes(),
            activations=activations,
            n_members=None if self.n_members == "auto" else int(self.n_members),
            clip_inputs=self.clip_inputs,
            standardize=self.standardize,
            n_bins=None if self.n_bins == "auto" else int(self.n_bins),
            learn_scales=self.learn_scales,
            loss=self._loss_of_solver(targets),
            dropout=self.dropout,
        )
        if self._state is not None:
            state = self._state.copy()
        else:
            state = State(
                self.theta_.copy(),
                _generator(check_random_state(self.random_state)),
                rows_seen=self.t_,
                loss_curve=list(self.loss_curve_),
                best_loss=min(self.loss_curve_, default=np.inf),
                learning_rate_curve=list(self.learning_rate_curve_ or ()),
            )
        divide_outputs(plan, state.theta, 1 / self._temperature)  # training goes on from what it has learned
        return plan, state

    def _loss_of_solver(self, targets: Targets) -> Loss:
        """Return the loss, which the solver can minimise."""
        loss = self._make_loss(targets)
        solvers.resolve(self.solver).check_loss(loss)
        return loss

    def _make_inputs(self, rows: Rows, columns: Columns, *, one_pass: bool) -> Inputs:
        inputs = make_inputs(columns.n_columns, rows.level_inputs(columns))
        self._moments = rows.moments
        n_bins = self._n_bins(rows, inputs, one_pass=one_pass)
        if n_bins:
            inputs = inputs.with_pieces(rows.pieces(inputs.columns, n_bins), n_bins)
        scaled = inputs.with_missing(self._moments).scaled_by(self._moments, standardize=self.standardize)
        return scaled.clipped_at(self.clip_inputs)

    def _follow_inputs(
        self, plan: Plan, state: State, rows: Rows, columns: Columns, random: np.random.RandomState
    ) -> Plan:
        """Return the network with inputs that know of more rows; its predictions for earlier rows stay."""
        moments = rows.moments
        plan = grow(plan, state, columns, moments, random)
        if self._moments.count >= MAX_ROWS_OF_SCALE:
            return plan
        plan, self._moments = follow_moments(plan, state, self._moments, moments)
        return plan


def _is_whole(size: Any) -> bool:
    return isinstance(size, Integral) and not isinstance(size, bool)


def _generator(random: np.random.RandomState) -> np.ndarray:
    """Return a state of the core's generator."""
    seeds = random.randint(0, 2**32, size=(2, 4), dtype=np.uint64)
    return (seeds[0] << np.uint64(32)) | seeds[1]
