"""When training has stopped paying."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass
class Patience:
    """Counts the epochs without an improvement of more than `tol`; lower is better."""

    tol: float
    n_iter_no_change: float
    best: float = np.inf
    waited: int = 0

    def is_exhausted_by(self, loss: float) -> bool:
        """Take in the loss of one more epoch.

        Parameters
        ----------
        loss : float
            The epoch's loss, or the negative of its score.

        Returns
        -------
        bool
            Whether more than `n_iter_no_change` epochs in a row brought no improvement.
        """
        self.waited = self.waited + 1 if loss > self.best - self.tol else 0
        self.best = min(self.best, loss)
        return self.waited > self.n_iter_no_change
