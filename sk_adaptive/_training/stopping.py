"""When training has stopped paying."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass
class Patience:
    """Counts the epochs in a row without an improvement; lower is better."""

    best: float = np.inf
    waited: int = 0

    def wait(self, loss: float, tol: float) -> int:
        """Take in the loss of one more epoch.

        Parameters
        ----------
        loss : float
            The epoch's loss, or the negative of its score. NaN is no improvement.
        tol : float
            Least decrease below the best that counts as an improvement.

        Returns
        -------
        int
            Epochs in a row without an improvement.
        """
        self.waited = 0 if loss <= self.best - tol else self.waited + 1
        if loss < self.best:
            self.best = loss
        return self.waited
