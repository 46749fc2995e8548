"""Multilayer perceptrons for scikit-learn whose activation functions are learned with the weights."""

try:
    from ._core import engine as _engine  # noqa: F401
except ImportError as error:
    raise ImportError(
        "the compiled core of sk_adaptive cannot be loaded: in a checkout, build and install it first, with\n"
        "    pip install -e '.[test]'"
    ) from error

from ._estimators.classifier import AdaptiveMLPClassifier
from ._estimators.hidden_layer_transformer import HiddenLayerTransformer
from ._estimators.regressor import AdaptiveMLPRegressor
from ._persistence import TRUSTED_TYPES, load, save

__version__ = "0.1.0.dev0"
__all__ = ["TRUSTED_TYPES", "AdaptiveMLPClassifier", "AdaptiveMLPRegressor", "HiddenLayerTransformer", "load", "save"]
