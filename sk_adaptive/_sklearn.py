"""Private scikit-learn API, all that this package uses of it, and what stands in where a version lacks it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from inspect import signature
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.base import _fit_context as fit_context  # validates parameters before `fit`; since 1.3
from sklearn.metrics import get_scorer, get_scorer_names

# Constraints of parameters; since 1.2
from sklearn.utils._param_validation import HasMethods, Interval, Options, RealNotInt, StrOptions
from sklearn.utils.multiclass import _check_partial_fit_first_call as check_partial_fit_first_call

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before 1.9 there are no callbacks

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands in for scikit-learn's."""

    def with_callbacks(method: Callable) -> Callable:
        """Return the method as it is."""
        return method


# What fitted scikit-learn estimators hold besides estimators and arrays, and skops does not trust by itself.
TYPES_IN_FITTED_ESTIMATORS = (
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.compose._column_transformer._RemainderColsList",  # before scikit-learn 1.7
    "sklearn.compose._column_transformer.make_column_selector",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.metrics._scorer._Scorer",
    "sklearn.model_selection._split.GroupKFold",
    "sklearn.model_selection._split.GroupShuffleSplit",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.LeaveOneGroupOut",
    "sklearn.model_selection._split.LeaveOneOut",
    "sklearn.model_selection._split.PredefinedSplit",
    "sklearn.model_selection._split.RepeatedKFold",
    "sklearn.model_selection._split.RepeatedStratifiedKFold",
    "sklearn.model_selection._split.ShuffleSplit",
    "sklearn.model_selection._split.StratifiedGroupKFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.model_selection._split.StratifiedShuffleSplit",
    "sklearn.model_selection._split.TimeSeriesSplit",
    "sklearn.multiclass._ConstantPredictor",
    "sklearn.utils._bunch.Bunch",  # of a vote or a stack
    "sklearn.utils._metadata_requests.MetadataRequest",  # these two before scikit-learn 1.7
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
)


def metrics_of_scorers() -> list[Callable]:
    """Return the functions behind scikit-learn's own scorers, which a search by a scorer's name holds."""
    return [get_scorer(name)._score_func for name in get_scorer_names()]


def validate_params(component: BaseEstimator) -> None:
    """Check an object's parameters against its `_parameter_constraints`.

    Raises
    ------
    ValueError
        If a parameter is not allowed; the message names it.
    """
    component._validate_params()


def scorer_takes_weights(scorer: Callable) -> bool:
    """Return whether a scorer, or the metric that scikit-learn made it of, has a parameter `sample_weight`."""
    try:
        parameters = signature(getattr(scorer, "_score_func", scorer)).parameters.values()
    except (TypeError, ValueError):  # some built-in callables have no signature
        return False
    return any(each.name == "sample_weight" or each.kind is each.VAR_KEYWORD for each in parameters)


def callbacks_of(estimator: BaseEstimator) -> list[Any]:
    """Return the callbacks that `set_callbacks` has set, none before scikit-learn 1.9."""
    return list(getattr(estimator, "_skl_callbacks", []))


def callback_context(estimator: BaseEstimator, max_subtasks: int | None) -> Any:
    """Return the context that tells an estimator's callbacks of its fit; None where nobody listens."""
    if not hasattr(estimator, "_init_callback_context"):
        return None
    context = estimator._init_callback_context(max_subtasks=max_subtasks)
    return context if hasattr(estimator, "_skl_callbacks") else None


class HTMLWithExtra:
    """Adds HTML of a subclass below an estimator's own representation, also inside a Pipeline's diagram.

    A version of scikit-learn that builds its representation in another way shows its own alone.
    """

    def _extra_html(self) -> str:
        return ""

    if hasattr(BaseEstimator, "_get_fitted_attr_html"):  # since 1.9: a table of fitted attributes

        def _get_fitted_attr_html(self, doc_link: str = "") -> Any:
            table = super()._get_fitted_attr_html(doc_link)  # type: ignore[misc]
            with suppress(Exception):
                html = table._repr_html_inner() + self._extra_html()
                table._repr_html_inner = lambda: html
            return table

    else:

        def _repr_html_inner(self) -> str:
            html: str = super()._repr_html_inner()  # type: ignore[misc]
            with suppress(Exception):
                html += self._extra_html()
            return html

        def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
            bundle: dict[str, str] = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
            with suppress(Exception):
                bundle = {**bundle, "text/html": bundle["text/html"] + self._extra_html()}
            return bundle


__all__ = [
    "TYPES_IN_FITTED_ESTIMATORS",
    "CallbackSupportMixin",
    "HTMLWithExtra",
    "HasMethods",
    "Interval",
    "Options",
    "RealNotInt",
    "StrOptions",
    "callback_context",
    "callbacks_of",
    "check_partial_fit_first_call",
    "fit_context",
    "metrics_of_scorers",
    "scorer_takes_weights",
    "validate_params",
    "with_callbacks",
]
