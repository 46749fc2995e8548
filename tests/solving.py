"""Which solvers can train which estimators."""

from itertools import product

import pytest

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.losses import LOSSES, Loss, SquaredError
from sk_adaptive.losses.classification import CrossEntropy
from sk_adaptive.solvers import SOLVERS


def minimises(solver: str, loss: Loss) -> bool:
    """Return whether a solver can minimise a loss."""
    try:
        SOLVERS[solver]().check_loss(loss)
    except ValueError:
        return False
    return True


GENERAL = [name for name in SOLVERS if minimises(name, CrossEntropy())]  # "lm" minimises sums of squares alone
STOCHASTIC = [name for name in SOLVERS if SOLVERS[name].in_batches]
LOSSES_OF_ESTIMATORS = {AdaptiveMLPClassifier: CrossEntropy(), AdaptiveMLPRegressor: SquaredError()}

LOSSES_AND_SOLVERS = [each for each in product(LOSSES, SOLVERS) if minimises(each[1], LOSSES[each[0]]())]
ESTIMATORS_AND_SOLVERS = [
    (estimator, solver)
    for (estimator, loss), solver in product(LOSSES_OF_ESTIMATORS.items(), SOLVERS)
    if minimises(solver, loss)
]

each_solver = pytest.mark.parametrize("solver", SOLVERS)
each_general_solver = pytest.mark.parametrize("solver", GENERAL)
each_loss_and_solver = pytest.mark.parametrize(("loss", "solver"), LOSSES_AND_SOLVERS)
each_estimator_and_solver = pytest.mark.parametrize(("estimator", "solver"), ESTIMATORS_AND_SOLVERS)
