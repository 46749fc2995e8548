"""
Runs that get stuck and runs that escape
========================================

Ten runs of the network of report 1, some of which stay at a loss of ln 3, ten in which each layer has its own function,
and what the learned slopes did. :doc:`/guide/reports` explains it; this page computes its figure and counts.
"""

# %%
# Runs
# ----
# Hidden units compute ``g(x) = k0 + k1 x``. ``k0`` and ``k1`` start at N(0, 0.1) and are learned by plain SGD on iris,
# first shared by both hidden layers, then one pair per layer.
import matplotlib.pyplot as plt
import numpy as np

from sk_adaptive._cli import _reports as reproduce
from sk_adaptive._cli._reports import AS_REPORTED, PER_LAYER, VARIANTS

LN_3 = np.log(3)
STUCK, ESCAPED = {"color": "#d55e00", "linestyle": "--"}, {"color": "#0072b2"}  # told apart by colour-blind readers
SEEDS = range(10)

shared = [reproduce.report_1(AS_REPORTED, seed) for seed in SEEDS]
per_layer = [reproduce.report_1(PER_LAYER, seed) for seed in SEEDS]


def look_of(run):
    """Return how a run is drawn."""
    return STUCK if run.scores.train_loss > 1 else ESCAPED


# %%
# What the slopes did
# -------------------
# The output sees the square of a shared slope, so that its sign changes nothing: it grows, or it decays to 0 and stays
# there. With a slope per layer, one of the two can cross 0, which turns their product round, and the network learns.
figure, ((shared_loss, shared_k1), (own_loss, own_k1)) = plt.subplots(2, 2, figsize=(7, 6), layout="constrained")
epochs = np.arange(1, 2001)
for run in shared:
    shared_loss.plot(epochs, run.train_loss_curve, linewidth=1.2, **look_of(run))
    shared_k1.plot(epochs, run.k[:, 0, 1], linewidth=1.2, **look_of(run))
shared_k1.plot([], [], label="stays at ln 3", **STUCK)
shared_k1.plot([], [], label="escapes", **ESCAPED)
for run in per_layer:
    own_loss.plot(epochs, run.train_loss_curve, linewidth=1.2, **look_of(run))
for layer, style in enumerate(("-", "-.")):
    own_k1.plot(epochs, per_layer[4].k[:, layer, 1], style, color="#009e73", label=f"hidden layer {layer + 1}")

shared_loss.set_title("shared: training loss")
shared_k1.set_title("shared: k1")
own_loss.set_title("per layer: training loss")
own_k1.set_title("per layer: k1 of one run")
for ax in (shared_loss, own_loss):
    ax.axhline(LN_3, color="0.6", linewidth=0.8, zorder=0)
    ax.text(1000, LN_3 + 0.02, "ln 3", color="0.4")
    ax.set(xscale="log", xlabel="epoch", ylabel="cross-entropy (nats)", ylim=(0, 1.35))
for ax in (shared_k1, own_k1):
    ax.axhline(0, color="0.6", linewidth=0.8, zorder=0)
    ax.set(xscale="log", xlabel="epoch", ylabel="k1")
    ax.legend(loc="upper left")
plt.show()

# %%
# How often
# ---------
# A start is misaligned if the random weights turn the outputs away from the labels: ``k1a k1b c < 0``, in the terms of
# :doc:`/guide/reports`. The weights are read from a network that took one pass over the rows at next to no learning
# rate.
data = reproduce.iris()
labels = np.eye(3)[data.y_train]


def is_misaligned(variant, seed):
    """Return whether a start raises the loss as its slopes grow."""
    start = variant.model(seed, learning_rate_init=1e-12).partial_fit(data.X_train, data.y_train, classes=[0, 1, 2])
    W1, W2, W3 = start.coefs_
    c = np.mean(np.sum((labels - 1 / 3) * (data.X_train @ W1 @ W2 @ W3), axis=1))
    k1a, k1b = (learned.params["k1"][0] for learned in start.activations_)
    return k1a * k1b * c < 0


for variant in VARIANTS:
    count = reproduce.count_stuck(variant)
    stuck = count.losses > 1
    misaligned = np.array([is_misaligned(variant, seed) for seed in range(100)])
    print(
        f"{variant.name:38} {count.n_stuck:3} of 100 stuck ({np.sum(stuck & misaligned)} misaligned), "
        f"{np.sum(~stuck & misaligned):2} misaligned escaped, others' loss {count.escaped_loss:.4f}"
    )
