"""
Why the two reports got stuck
=============================

Ten runs of the network of report 1, some of which stay at a loss of ln 3, and what the learned slope ``k1`` did in each
of them. :doc:`/guide/reports` explains it; this page computes its numbers.
"""

# %%
# Runs of one kind of network
# ---------------------------
# Both hidden layers compute ``g(x) = k0 + k1 x`` with the same ``k0`` and ``k1``, which start at N(0, 0.1) and are
# learned, by plain SGD on iris.
import matplotlib.pyplot as plt
import numpy as np

from sk_adaptive import reproduce
from sk_adaptive.reproduce import AS_REPORTED, PER_LAYER, VARIANTS

LN_3 = np.log(3)
STUCK, ESCAPED = {"color": "#d55e00", "linestyle": "--"}, {"color": "#0072b2"}  # told apart by colour-blind readers

shared = [reproduce.report_1(AS_REPORTED, seed) for seed in range(10)]
kinds = [STUCK if run.scores.train_loss > 1 else ESCAPED for run in shared]
own = reproduce.report_1(PER_LAYER, seed=4)

# %%
# What the slopes did
# -------------------
# The output sees the square of a shared slope, so that its sign changes nothing: it grows, or it decays to 0 and stays
# there. With a slope per layer, one of the two crosses 0, which turns their product round, and the network learns.
figure, (losses, slopes, signs) = plt.subplots(1, 3, figsize=(11, 3.8), layout="constrained")
epochs = np.arange(1, 2001)
for run, kind in zip(shared, kinds, strict=True):
    losses.plot(epochs, run.train_loss_curve, linewidth=1.2, **kind)
    slopes.plot(epochs, run.k[:, 0, 1], linewidth=1.2, **kind)
losses.set(title="shared k1: training loss", ylabel="cross-entropy (nats)", ylim=(0, None))
losses.axhline(LN_3, color="0.6", linewidth=0.8, zorder=0)
losses.text(1.1, LN_3 - 0.02, "$\\ln 3$", color="0.4", va="top")
slopes.set(title="shared k1: paths", ylabel="k1")
slopes.plot([], [], label="stays at ln 3", **STUCK)
slopes.plot([], [], label="escapes", **ESCAPED)
slopes.legend(loc="upper left")

for layer, style in enumerate(("-", "-.")):
    signs.plot(epochs, own.k[:, layer, 1], style, color="#009e73", label=f"k1 of hidden layer {layer + 1}")
signs.set(title="k1 per layer: one changes its sign", ylabel="k1")
signs.legend(loc="upper left")
for ax in (slopes, signs):
    ax.axhline(0, color="0.6", linewidth=0.8, zorder=0)
for ax in (losses, slopes, signs):
    ax.set(xscale="log", xlabel="epoch")
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
