"""A fit to rows that come in parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sklearn.utils import check_random_state

from sk_adaptive._core import engine
from sk_adaptive._estimators.rollback import all_or_nothing
from sk_adaptive._estimators.validation import Validator
from sk_adaptive._network.plan import Plan
from sk_adaptive._training.callbacks import FitTask
from sk_adaptive._training.state import Data, State

from .blocks import Reader
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
        If the rows are malformed, or the estimator has parameters that need all rows in one place.
    """
    activations = estimator._check_parts()
    _check_parameters(estimator, validation)
    with all_or_nothing(estimator):
        rows: Any = PartedRows(parts, Reader(local))
        targets = rows.summary.targets.targets(estimator, rows.count)
        random = check_random_state(estimator.random_state)
        if getattr(estimator, "class_weight", None) is not None:
            rows = rows.weighted_by(estimator._class_weights(targets, rows.summary.targets.rows()))
        if validation is None:
            rows, held_out = estimator._set_aside(rows, targets, random)
        else:
            held_out = PartedRows(validation, replace(rows.reader, name="sample_weight_val"))
        plan, state = estimator._start(rows, rows.columns, targets, random, activations, one_pass=False)
        network = plan.network(state.theta.dtype)
        validate = None if held_out is None else Validator(network, make_data(held_out, plan, targets, network))
        estimator._columns = rows.columns
        estimator.n_features_in_ = rows.columns.n_columns
        vars(estimator).pop("feature_names_in_", None)
        if rows.summary.names is not None:
            estimator.feature_names_in_ = rows.summary.names
        resumes = resume(rows, state)
        data = make_data(rows, plan, targets, network)
        estimator._train_on(data, validate, plan, network, state, rows, targets, task, resumes=resumes)
        estimator._state = None
    task.end()


def _check_parameters(estimator: Any, validation: Parts | None) -> None:
    """Refuse parameters that need all rows in one place."""
    if estimator.warm_start:
        raise ValueError("warm_start=True is not supported for rows in parts: continue with partial_fit")
    if estimator.early_stopping or validation is not None:
        scoring = estimator.scoring
        if scoring != "loss":  # a scorer needs the predictions for all validation rows in one place
            raise ValueError(f"scoring must be 'loss' where rows come in parts, got {scoring!r}")
