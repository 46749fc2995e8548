"""Fitting with progress shown: a bar on a terminal, a line per epoch in a log."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sklearn.exceptions import ConvergenceWarning

if TYPE_CHECKING:
    from sk_adaptive._estimators.base import BaseAdaptiveMLP

INTERRUPTED = "Training interrupted"  # how the estimators' warning begins


def fit(model: BaseAdaptiveMLP, fit_model: Callable[[], Any]) -> None:
    """Fit a model by calling a function that does so, and print warnings as notes.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupts; by itself `fit` would keep the last epoch.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        warnings.filterwarnings("always", INTERRUPTED, UserWarning)
        if sys.stdout.isatty() and hasattr(model, "set_callbacks") and find_spec("rich") is not None:
            _fit_with_bar(model, fit_model)
        else:
            _fit_with_lines(model, fit_model)
    if any(str(warning.message).startswith(INTERRUPTED) for warning in caught):
        raise KeyboardInterrupt
    for warning in caught:
        print(f"note: {warning.message}")


def _fit_with_bar(model: BaseAdaptiveMLP, fit_model: Callable[[], Any]) -> None:
    from sklearn.callback import ProgressBar  # scikit-learn 1.9

    model.set_callbacks(ProgressBar())
    fit_model()
    model.set_callbacks()  # which are not to be saved


def _fit_with_lines(model: BaseAdaptiveMLP, fit_model: Callable[[], Any]) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # a log file is read during training
    model.set_params(verbose=True)
    fit_model()
    model.set_params(verbose=False)
