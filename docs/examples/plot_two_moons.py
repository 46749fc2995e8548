"""
A first look at learned activations
===================================

A small network separates two half moons. Each hidden unit learns its own activation, a linear spline that starts as
silu; the pictures show what the units of both hidden layers have made of it, where the data have reached them.
"""

# %%
# Fit
# ---
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay

from sk_adaptive import AdaptiveMLPClassifier

X, y = make_moons(400, noise=0.25, random_state=0)
network = AdaptiveMLPClassifier(
    (6, 3), activation="spline", learning_rate_init=0.01, max_iter=300, n_iter_no_change=np.inf, random_state=0
)
network.fit(X, y)
print(f"training accuracy {network.score(X, y):.3f}, loss {network.loss_:.3f}")

# %%
# Look
# ----
COLOURS = ["#0072b2", "#d55e00"]  # told apart by colour-blind readers
figure, axes = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
DecisionBoundaryDisplay.from_estimator(network, X, ax=axes[0], cmap="RdBu", alpha=0.4, plot_method="pcolormesh")
for label, colour in enumerate(COLOURS):
    axes[0].scatter(*X[y == label].T, s=6, color=colour)
axes[0].set(title="two moons", xlabel="$x_1$", ylabel="$x_2$")

for layer, (ax, learned) in enumerate(zip(axes[1:], network.activations_, strict=True), start=1):
    z = np.linspace(-4, 4, 201)
    ax.plot(z, learned.start(z)[:, 0], color="0.4", linestyle="--", label="start")
    ax.plot(z, learned(z), color=COLOURS[0], linewidth=1.2, label=["learned"] + [None] * (learned.n_units - 1))
    ax.set(title=f"hidden layer {layer}", xlabel="pre-activation", ylabel="activation")
axes[1].legend()
plt.show()
