"""Multilayer perceptrons for scikit-learn whose activation functions are learned with the weights."""

from ._classifier import AdaptiveMLPClassifier

__version__ = "0.1.0.dev0"
__all__ = ["AdaptiveMLPClassifier"]
