"""
Reading a fitted model
======================

Three pictures and one table say what a network has learned. Here the truth is known, so that what is read can be
judged: the target is ``sin(2 a) + |b| + c / 2`` with a little noise.
"""

# %%
# Fit, and keep the parameters of each epoch
# ------------------------------------------
# One hidden layer of splines, one per unit, and a second that may not be needed.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from sk_adaptive import AdaptiveMLPRegressor
from sk_adaptive.inspection import (
    ActivationDisplay,
    LossCurveDisplay,
    TrajectoryDisplay,
    activation_report,
    record_activations,
    simplify,
    symbolic,
)

random = np.random.default_rng(0)
X = random.uniform(-2, 2, (1500, 3))
y = np.sin(2 * X[:, 0]) + np.abs(X[:, 1]) + X[:, 2] / 2 + random.normal(0, 0.05, 1500)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

network = AdaptiveMLPRegressor(
    hidden_layer_sizes=(5, 2), activation=["spline", "prelu"], solver="lbfgs", alpha=1e-3, max_iter=1000,
    n_members=1, random_state=1,
)  # fmt: skip
network, trajectories = record_activations(network, X_train, y_train)
print(f"R2 on test rows: {network.score(X_test, y_test):.4f}")

# %%
# The first picture: how training went
# ------------------------------------
LossCurveDisplay.from_estimator(network, name="spline, prelu")
plt.show()

# %%
# The second: what was learned, and where
# ---------------------------------------
# Solid and coloured are the learned functions, each over the range that its own data cover; dashed is where they
# started; grey is the density of the pre-activations.
ActivationDisplay.from_estimator(network, X_train, layers=[0], units=range(5))
plt.show()

# %%
# The third: how the parameters got there
# ---------------------------------------
TrajectoryDisplay.from_trajectories(trajectories)
plt.show()

# %%
# The table
# ---------
# The first layer's shapes are worth much: with straight lines in their place most of the score is gone
# (``drop_to_affine``). The second layer's nonlinearity is 0, as no data fall on the other side of a kink, and lines do
# as well: it is not needed.
report = pd.DataFrame(activation_report(network, X_test, y_test)).drop(columns=["parameters", "scope"])
report.round(4).T  # noqa: B018

# %%
# A simpler model
# ---------------
# So the second layer is folded into the output layer.
simpler = simplify(network, X_train, tol=0.01)
print(simpler.simplification_)
print(f"R2 on test rows: {simpler.score(X_test, y_test):.4f} with hidden layers {simpler.hidden_layer_sizes}")

# %%
# Well-known functions
# --------------------
# What is left is a sum of functions of weighted inputs. The nearest named ones:
named = pd.DataFrame(symbolic(simpler, 0, X_train, n_best=1))
weights = pd.DataFrame(simpler.coefs_[0].T, columns=["a", "b", "c"]).round(2)
pd.concat([named[["unit", "function", "formula", "r2"]].round({"r2": 4}), weights], axis=1)

# %%
# Read a name together with the inputs that its unit reads, and with its R². Where a unit reads ``a`` alone and is close
# to a sine, or reads ``b`` alone and is close to a kink, the truth is there to see. Where several units read the same
# input only their sum is determined by the data, and the name of a single one means little.
