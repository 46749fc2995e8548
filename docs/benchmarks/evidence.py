"""How often one side of a paired comparison wins, and whether that may be chance."""

from __future__ import annotations

import numpy as np
from scipy.stats import wilcoxon


def wins(log_ratios: np.ndarray) -> float:
    """Return how often the first side's error is the smaller one; equal errors count half."""
    return float(np.sum(log_ratios < 0) + np.sum(log_ratios == 0) / 2)


def p_value(log_ratios: np.ndarray) -> float:
    """Return the p-value of the Wilcoxon signed-rank test, 1 where all errors are equal."""
    return float(wilcoxon(log_ratios).pvalue) if log_ratios.any() else 1.0
