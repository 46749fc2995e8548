"""Estimators that train on the workers of a Dask cluster: ``pip install sk_adaptive[dask]``.

The rows stay where they are; the result is that of one machine, whatever the number of workers.
"""

from ._classifier import AdaptiveMLPClassifier
from ._regressor import AdaptiveMLPRegressor

__all__ = ["AdaptiveMLPClassifier", "AdaptiveMLPRegressor"]
