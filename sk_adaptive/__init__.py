"""Multilayer perceptrons for scikit-learn whose activation functions are learned with the weights.

What is public is imported when it is first used, so that `sk-adaptive --help` answers without scikit-learn.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._estimators.classifier import AdaptiveMLPClassifier
    from ._estimators.hidden_layer_transformer import HiddenLayerTransformer
    from ._estimators.regressor import AdaptiveMLPRegressor
    from ._persistence import TRUSTED_TYPES, ModelFileError, load, save
    from ._versions import show_versions

__version__ = "0.1.0.dev0"
__all__ = [
    "TRUSTED_TYPES",
    "AdaptiveMLPClassifier",
    "AdaptiveMLPRegressor",
    "HiddenLayerTransformer",
    "ModelFileError",
    "load",
    "save",
    "show_versions",
]

_HOMES = {
    "AdaptiveMLPClassifier": "._estimators.classifier",
    "AdaptiveMLPRegressor": "._estimators.regressor",
    "HiddenLayerTransformer": "._estimators.hidden_layer_transformer",
    "ModelFileError": "._persistence",
    "TRUSTED_TYPES": "._persistence",
    "load": "._persistence",
    "save": "._persistence",
    "show_versions": "._versions",
}
_MODULES = ("activations", "losses", "schedules", "solvers")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name], __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_MODULES})
