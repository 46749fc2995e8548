"""Multilayer perceptrons for scikit-learn whose activation functions are learned with the weights."""

try:
    from ._core import engine as _engine  # noqa: F401
except ImportError as error:
    raise ImportError(
        "the compiled core of sk_adaptive cannot be loaded: in a checkout, build and install it first, with\n"
        "    pip install -e '.[test]'"
    ) from error

from ._classifier import AdaptiveMLPClassifier
from ._hidden_layers import HiddenLayerTransformer
from ._io import load, save
from ._regressor import AdaptiveMLPRegressor

__version__ = "0.1.0.dev0"
__all__ = ["AdaptiveMLPClassifier", "AdaptiveMLPRegressor", "HiddenLayerTransformer", "load", "save"]
