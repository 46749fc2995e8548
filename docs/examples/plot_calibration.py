"""
Probabilities that can be believed
==================================

A network that is stopped early may be too careful, or too sure of itself. Validation rows find it out: the outputs are
divided by the temperature that suits these rows. :doc:`/guide/probabilities` says what that gains on real tables.
"""

# %%
# Two curves
# ----------
# Of the rows that are given a probability of 0.8, eight of ten should be of the class. Multiplying the logits by
# ``temperature_`` shows what they were before (nearly: each member has logits of its own).
import matplotlib.pyplot as plt
from scipy.special import expit
from sklearn.calibration import CalibrationDisplay
from sklearn.datasets import make_classification
from sklearn.metrics import brier_score_loss, log_loss
from sklearn.model_selection import train_test_split

from sk_adaptive import AdaptiveMLPClassifier

X, y = make_classification(9000, 20, n_informative=10, n_clusters_per_class=4, flip_y=0, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=3000, random_state=0)
model = AdaptiveMLPClassifier(early_stopping=True, random_state=0).fit(X_train, y_train)

scaled = model.predict_proba(X_test)[:, 1]
as_trained = expit(model.decision_function(X_test) * model.temperature_)

figure, ax = plt.subplots(figsize=(5, 4.5), layout="constrained")
for name, p, look in (("as trained", as_trained, "#d55e00"), ("with the temperature", scaled, "#0072b2")):
    CalibrationDisplay.from_predictions(y_test, p, n_bins=10, name=name, ax=ax, color=look)
_ = ax.set(xlabel="probability of class 1", ylabel="share of class 1")

# %%
# The losses
# ----------
print(f"temperature {model.temperature_:.2f}")
for name, p in (("as trained", as_trained), ("with the temperature", scaled)):
    print(f"{name}: log-loss {log_loss(y_test, p):.4f}, Brier score {brier_score_loss(y_test, p):.4f}")
