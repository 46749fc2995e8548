"""
A first look at learned activations
===================================

A network of two hidden layers with four units each separates two half moons. The units of a layer share one activation,
a rational function that starts as silu and is learned with the weights. The curves cover the range that the data have
reached.
"""

# %%
# Fit
# ---
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay

from sk_adaptive import AdaptiveMLPClassifier

X, y = make_moons(400, noise=0.2, random_state=0)
network = AdaptiveMLPClassifier(
    (4, 4), "rational", alpha=0.01, learning_rate_init=0.01, max_iter=400, n_members=1, random_state=0
)
network.fit(X, y)
print(f"training accuracy {network.score(X, y):.3f}, loss {network.loss_:.3f}")

# %%
# What it learned
# ---------------
BLUE, ORANGE = "#0072b2", "#d55e00"  # told apart by colour-blind readers
figure, axes = plt.subplot_mosaic([["moons", "moons"], [1, 2]], figsize=(5.4, 5.4), layout="constrained")
DecisionBoundaryDisplay.from_estimator(
    network,
    X,
    ax=axes["moons"],
    response_method="predict_proba",
    levels=np.linspace(0, 1, 9),
    cmap="RdBu_r",
    alpha=0.5,
    eps=0.4,
)
for label, colour in enumerate([BLUE, ORANGE]):
    axes["moons"].scatter(*X[y == label].T, s=6, color=colour)
axes["moons"].set(title="two moons and the boundary", xlabel="$x_1$", ylabel="$x_2$")

for layer, learned in enumerate(network.activations_, start=1):
    z = np.linspace(learned.quantiles.min(), learned.quantiles.max(), 200)
    axes[layer].plot(z, learned.start(z)[:, 0], color="0.4", linestyle="--", label="start: silu")
    axes[layer].plot(z, learned(z)[:, 0], color=BLUE, label="learned")
    axes[layer].set(title=f"activation, layer {layer}", xlabel="pre-activation")
axes[1].legend()
plt.show()
