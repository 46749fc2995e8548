"""
Grid search over activation families
====================================

An activation is a parameter like any other: ``GridSearchCV`` tries families by name, and what belongs to one family by
``activation__...``.
"""

# %%
# Families
# --------
# Two thirds of the digits and one hidden layer. The networks are small and the epochs few so that this
# page builds quickly.
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.activations import LEARNED, Spline
from sk_adaptive.inspection import ActivationDisplay

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=1 / 3, stratify=y, random_state=0)
network = AdaptiveMLPClassifier((32,), learning_rate_init=0.005, max_iter=30, n_members=1, random_state=0)
model = make_pipeline(StandardScaler(), network)

families = ["relu", "tanh", "silu", *LEARNED]
search = GridSearchCV(model, {"adaptivemlpclassifier__activation": families}, scoring="neg_log_loss", cv=3)
search.fit(X_train, y_train)

results = pd.DataFrame(search.cv_results_).sort_values("rank_test_score")
names = results["param_adaptivemlpclassifier__activation"].astype(str)
figure, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
ax.errorbar(-results["mean_test_score"], names, xerr=results["std_test_score"], fmt="o", color="#0072B2", capsize=3)
ax.invert_yaxis()
ax.set(xlabel="log-loss in cross-validation (mean and deviation over three folds)", ylabel="activation")
plt.show()

# %%
# Families whose bars overlap cannot be told apart by three folds.
#
# What belongs to a family
# ------------------------
# Given as an object, a family has parameters of its own: here the number of knots of a spline, and who shares one.
model.set_params(adaptivemlpclassifier__activation=Spline())
grid = {
    "adaptivemlpclassifier__activation__n_knots": [5, 13, 25],
    "adaptivemlpclassifier__activation__scope": ["unit", "layer"],
}
search = GridSearchCV(model, grid, scoring="neg_log_loss", cv=3).fit(X_train, y_train)
table = pd.DataFrame(search.cv_results_).pivot(
    index="param_adaptivemlpclassifier__activation__n_knots",
    columns="param_adaptivemlpclassifier__activation__scope",
    values="mean_test_score",
)
(-table).rename_axis(index="n_knots", columns="scope").round(4)

# %%
# The best of them, on the rows that were set aside, and what it learned. The display takes the search as it is.
print(search.best_params_)
print(f"test accuracy {search.best_estimator_.score(X_test, y_test):.4f}")
ActivationDisplay.from_estimator(search, X_train)
plt.show()
