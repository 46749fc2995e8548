"""
What each family can do
=======================

The same small network, one hidden layer of three units, is fitted to four functions of one variable with every learned
family and three fixed functions. What differs is only the activation. Each panel gives the share of the variance that
is left, 1 - R²; the best of a column is framed.
"""

# %%
# Four targets
# ------------
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import r2_score

from sk_adaptive import AdaptiveMLPRegressor
from sk_adaptive.activations import LEARNED

TARGETS = {
    "wave": lambda x: np.sin(3 * x),
    "kink": lambda x: np.abs(x - 0.3),
    "step": lambda x: np.tanh(12 * (x + 0.4)),
    "bump": lambda x: np.exp(-8 * (x - 0.2) ** 2) + 0.3 * x,
}
ACTIVATIONS = ["relu", "tanh", "silu", *LEARNED]
NETWORK = {"hidden_layer_sizes": (3,), "n_members": 1, "solver": "lbfgs", "alpha": 1e-5, "max_iter": 300}
warnings.simplefilter("ignore", ConvergenceWarning)  # the number of iterations is part of the comparison

X = np.linspace(-2, 2, 200)[:, None]


def fitted(activation, y):
    """Return the best of three fits from different starting weights, by its training loss."""
    fits = [AdaptiveMLPRegressor(activation=activation, random_state=seed, **NETWORK).fit(X, y) for seed in range(3)]
    return min(fits, key=lambda network: network.loss_)


# %%
# Fit and draw
# ------------
BLUE, GREY = "#0072B2", "0.55"
figure, axes = plt.subplots(
    len(ACTIVATIONS), len(TARGETS), figsize=(7, len(ACTIVATIONS)), sharex=True, sharey="col", layout="constrained"
)
for column, (name, target) in zip(axes.T, TARGETS.items(), strict=True):
    y = target(X[:, 0])
    left = []
    for ax, activation in zip(column, ACTIVATIONS, strict=True):
        network = fitted(activation, y)
        left.append(1 - r2_score(y, network.predict(X)))
        ax.plot(X, y, color=GREY, linewidth=4, alpha=0.6, label="target")
        ax.plot(X, network.predict(X), color=BLUE, label="network")
        ax.set_xlabel(f"{left[-1]:.1e}")
        ax.set(xticks=[], yticks=[])
    for spine in column[int(np.argmin(left))].spines.values():
        spine.set(linewidth=2.5)
    column[0].set_title(name, fontsize="medium")
for ax, activation in zip(axes[:, 0], ACTIVATIONS, strict=True):
    ax.set_ylabel(activation, rotation="horizontal", horizontalalignment="right", verticalalignment="center")
plt.show()

# %%
# Fixed functions win where the target is of their own kind, relu on the kink and tanh on the step, and so does the
# periodic Snake on the wave. Away from it they fail. Splines and rational functions are never far from the best: they
# take the shape that is asked for, at the price of more parameters. Families of one parameter lie between: PReLU keeps
# its kink, and Swish sharpens towards one.
