"""
Parameters over the epochs: shared against per layer
====================================================

The network of report 1 has hidden units that compute ``g(x) = k0 + k1 x``. Its two numbers are followed here over 2000
epochs, first shared by both hidden layers and then one pair a layer. :doc:`/guide/reports` explains what is seen.
"""

# %%
# Record
# ------
# :func:`~sk_adaptive.inspection.record_activations` fits as ``fit`` does, to the bit, and keeps the parameters of every
# epoch.
import warnings

import matplotlib.pyplot as plt
from sklearn.exceptions import ConvergenceWarning

from sk_adaptive._cli import _reports as reproduce
from sk_adaptive.inspection import TrajectoryDisplay, record_activations

warnings.simplefilter("ignore", ConvergenceWarning)  # 2000 epochs are what the report trained
data = reproduce.iris()
runs = {
    "shared, seed 0": reproduce.AS_REPORTED.model(0),
    "shared, seed 1": reproduce.AS_REPORTED.model(1),
    "per layer, seed 0": reproduce.PER_LAYER.model(0),
}
recorded = {name: record_activations(model, data.X_train, data.y_train) for name, model in runs.items()}

# %%
# Draw
# ----
# Layers that share one pair are one picture.
figure, axes = plt.subplots(2, 2, figsize=(7, 7), layout="constrained")
panels = {"shared, seed 0": axes[0, 0], "shared, seed 1": axes[0, 1], "per layer, seed 0": axes[1]}
for name, (network, trajectories) in recorded.items():
    display = TrajectoryDisplay.from_trajectories(trajectories, ax=panels[name])
    first = panels[name] if trajectories.shared else display.ax_[0]
    first.set_title(f"{name}: loss {network.loss_:.2f}\n{first.get_title()}", fontsize="medium")
plt.show()

# %%
# Where a shared ``k1`` falls to 0 the network is blind to its inputs, and stays so: the loss is ln 3 = 1.10.
