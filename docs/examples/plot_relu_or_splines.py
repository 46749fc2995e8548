"""
The same network with relu and with learned splines
===================================================

Two features of the wine data (its first two principal components), three classes, and one hidden layer of four units:
once with relu, once with a spline for each unit, all else alike.
"""

# %%
# Fit both
# --------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.model_selection import RepeatedStratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.inspection import ActivationDisplay, LossCurveDisplay

raw, y = load_wine(return_X_y=True)
X = make_pipeline(StandardScaler(), PCA(2), StandardScaler()).fit_transform(raw)


def network(activation):
    return AdaptiveMLPClassifier(
        (4,), activation, alpha=0.01, learning_rate_init=0.01, max_iter=300, n_members=1, random_state=0
    )


models = {name: network(name).fit(X, y) for name in ("relu", "spline")}

# %%
# Decision boundaries beside the shapes
# -------------------------------------
COLOURS = ["#0072B2", "#E69F00", "#009E73"]  # told apart by colour-blind readers
grid = np.meshgrid(np.linspace(-3, 3, 301), np.linspace(-3, 3, 301))
regions = {"levels": [-0.5, 0.5, 1.5, 2.5], "colors": COLOURS, "alpha": 0.25}
figure, axes = plt.subplots(2, 2, figsize=(7, 6.6), layout="constrained")
for row, (name, model) in zip(axes, models.items(), strict=True):
    row[0].contourf(*grid, model.predict(np.stack(grid, axis=-1).reshape(-1, 2)).reshape(grid[0].shape), **regions)
    for label, (colour, marker) in enumerate(zip(COLOURS, "os^", strict=True)):
        row[0].scatter(*X[y == label].T, s=14, color=colour, marker=marker, edgecolor="black", linewidth=0.4)
    row[0].set(title=f"{name}: training accuracy {model.score(X, y):.3f}", xlabel="component 1", ylabel="component 2")
    ActivationDisplay.from_estimator(model, X, units=range(4) if name == "spline" else None, ax=row[1])
plt.show()

# %%
# Training
# --------
display = LossCurveDisplay.from_estimator(models["relu"], name="relu")
LossCurveDisplay.from_estimator(models["spline"], name="spline", ax=display.ax_)
plt.show()

# %%
# Is it worth it here?
# --------------------
# The splines fit the training rows more closely and bend the boundaries. Whether that helps on other rows is another
# question, which cross-validation answers:
folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=0)
for name in models:
    scores = cross_validate(network(name), X, y, cv=folds, scoring=["accuracy", "neg_log_loss"])
    accuracy, log_loss = scores["test_accuracy"], -scores["test_neg_log_loss"]
    print(f"{name:7} accuracy {accuracy.mean():.3f} +- {accuracy.std():.3f}, log-loss {log_loss.mean():.3f}")

# %%
# On two smooth features and three nearly round classes there is little to gain. What a shape is worth in a fitted
# network, the ablation of :func:`~sk_adaptive.inspection.activation_report` tells.
