"""A fit to rows that come in parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from sk_adaptive._core import engine
from sk_adaptive._estimators.rollback import all_or_nothing
from sk_adaptive._estimators.validation import Validator, make_score
from sk_adaptive._network.plan import Plan
from sk_adaptive._training.callbacks import FitTask
from sk_adaptive._training.state import Data, State

from .blocks import Reader, fitted_view
from .rows import PartedRows, Parts

MakeData = Callable[[PartedRows, Plan, Any, engine.Network], Data]
Resume = Callable[[PartedRows, State], bool]


def fit_parts(
    estimator: Any,
    local: Any,
    parts: Parts,
    validation: Parts | None,
    make_data: MakeData,
    task: FitTask,
    resume: Resume,
) -> None:
    """Fit an estimator to rows in parts, as its `fit` does to rows in one place.

    Parameters
    ----------
    estimator : BaseAdaptiveMLP
        What is fitted.
    local : BaseAdaptiveMLP
        An estimator of the same parameters that is not fitted and can be sent to where the parts are.
    parts, validation : Parts
        The training rows, and those to validate on.
    make_data : callable
        Returns rows as training takes them: of rows, plan, targets and network.
    task : FitTask
        Callbacks.
    resume : callable
        Is told of the state that training starts from, may change it to that of a fit that was cut off, and returns
        whether it did.

    Raises
    ------
    ValueError
        If the rows are malformed.
    """
    activations = estimator._check_parts()
    continues = estimator.warm_start and hasattr(estimator, "theta_")
    with all_or_nothing(estimator):
        rows: Any = PartedRows(parts, _continuing_reader(estimator, local) if continues else Reader(local))
        known = rows.summary.targets
        targets = estimator._fitted_targets() if continues else known.targets(estimator, rows.count)
        if continues:
            targets.check_unchanged(known.example())
        random = check_random_state(estimator.random_state)
        if getattr(estimator, "class_weight", None) is not None:
            rows = rows.weighted_by(estimator._class_weights(targets, known.rows()))
        if validation is None:
            rows, held_out = estimator._set_aside(rows, targets, random)
        else:
            held_out = PartedRows(validation, replace(rows.reader, name="sample_weight_val"))
        plan, state = estimator._begin(rows, rows.columns, targets, random, activations, continues=continues)
        network = plan.network(state.theta.dtype)
        _set_columns(estimator, rows)
        validate = None
        if held_out is not None:
            view = estimator._view(plan, network, targets)
            validate = _validator(view, network, make_data(held_out, plan, targets, network), held_out)
            validate.check(state.theta)
        held_back = estimator._held_back(rows.n_rows, state) if validate is None else None
        resumes = resume(rows, state)
        data = make_data(rows, plan, targets, network)
        estimator._train_on(
            data, validate, plan, network, state, rows, targets, task, held_back=held_back, resumes=resumes
        )
        estimator._state = state if estimator.warm_start else None
    task.end()


def _continuing_reader(estimator: Any, local: Any) -> Reader:
    """Return a reader of rows with the columns that a fitted estimator knows, and perhaps more levels."""
    columns = estimator._columns
    view = fitted_view(local, columns.n_columns, getattr(estimator, "feature_names_in_", None))
    return Reader(view, columns, new_levels=True)


def _set_columns(estimator: Any, rows: PartedRows) -> None:
    estimator._columns = rows.columns
    estimator.n_features_in_ = rows.columns.n_columns
    vars(estimator).pop("feature_names_in_", None)
    if rows.summary.names is not None:
        estimator.feature_names_in_ = rows.summary.names


def _validator(view: Any, network: engine.Network, data: Data, rows: PartedRows) -> Validator:
    """Return the score on rows in parts: a scorer gets predictions that are made where the rows are, and no X."""
    dtype = np.result_type(rows.summary.dtype, network.dtype)

    def predict(X: None, read: Callable[[Any, np.ndarray], np.ndarray]) -> np.ndarray:
        return read(view._targets, data.outputs(network, view.theta_).astype(dtype, copy=False))

    view._predict = predict
    if view.scoring == "loss":
        return Validator(network, data)
    return Validator(network, data, make_score(view, None, rows.y, rows.without_X.sample_weight))
