"""Small fitted models, and the rows that they are fitted to."""

from sklearn.datasets import make_classification

from sk_adaptive import AdaptiveMLPClassifier

X, Y = make_classification(n_samples=60, n_features=5, n_informative=4, n_redundant=0, n_classes=3, random_state=0)


def classifier(**parameters) -> AdaptiveMLPClassifier:
    return AdaptiveMLPClassifier(**{"hidden_layer_sizes": (4, 3), "max_iter": 3, "random_state": 0} | parameters)
