"""A network with known activations: sine units, then a linear layer, then a layer with kinked units."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sk_adaptive import AdaptiveMLPRegressor
from sk_adaptive.activations import PReLU, Spline

Functions = list[Callable[[np.ndarray], np.ndarray]]


@dataclass
class Planted:
    """The truth in plain NumPy, and the fitted estimator that holds it."""

    X: np.ndarray
    weights: list[np.ndarray]
    biases: list[np.ndarray]
    functions: list[Functions]  # of each unit of each hidden layer
    model: AdaptiveMLPRegressor

    def pre_activations(self, layer: int) -> np.ndarray:
        """Return what the true units of a layer are given."""
        return self._run(self.functions, layer)

    def output(self, functions: list[Functions] | None = None) -> np.ndarray:
        """Return the true network's output, with other functions if given."""
        return self._run(functions or self.functions, len(self.functions))[:, 0]

    def drop_to_affine(self, layer: int) -> float:
        """Return what R^2 loses when the true functions of a layer become their best straight lines."""
        pairs = zip(self.pre_activations(layer).T, self.functions[layer], strict=True)
        lines = [np.poly1d(np.polyfit(z, f(z), 1)) for z, f in pairs]
        y, flat = self.output(), self.output([*self.functions[:layer], lines, *self.functions[layer + 1 :]])
        return float(np.mean((flat - y) ** 2) / np.var(y))

    def _run(self, functions: list[Functions], layer: int) -> np.ndarray:
        h = self.X
        for i in range(layer):
            z = h @ self.weights[i] + self.biases[i]
            h = np.column_stack([f(column) for f, column in zip(functions[i], z.T, strict=True)])
        return h @ self.weights[layer] + self.biases[layer]


def planted(n_rows: int = 2000) -> Planted:
    """Return the network; its target is its own output, without noise."""
    random = np.random.default_rng(0)
    X = random.standard_normal((n_rows, 2))
    weights = [
        np.array([[0.9, 0.2, 0.5], [0.1, 0.8, -0.6]]),
        np.array([[0.8, 0.3, -0.4], [-0.2, 0.7, 0.5], [0.4, -0.5, 0.3]]),
        np.array([[1.0, 0.2], [0.4, -0.9], [-0.3, 0.6]]),
        np.array([[0.5], [0.3]]),
    ]
    biases = [np.array([0.1, -0.2, 0.0]), np.array([0.0, 0.1, -0.1]), np.array([0.3, 0.2]), np.array([0.1])]
    sine: Functions = [lambda z: np.sin(2 * z + 0.5), lambda z: np.sin(1.5 * z), lambda z: np.sin(2.5 * z - 1)]
    linear: Functions = [lambda z: 0.7 * z + 0.2, lambda z: -0.4 * z, lambda z: 1.3 * z - 0.1]
    kinked: Functions = [lambda z: np.where(z > 0, z, 0.6 * z), lambda z: np.where(z > 0, z, 0.2 * z)]
    families = [Spline(n_knots=201, knot_range=4), Spline(n_knots=5), PReLU()]
    model = AdaptiveMLPRegressor(
        hidden_layer_sizes=(3, 3, 2),
        activation=families,
        max_iter=1,
        n_members=1,
        tol=0,
        standardize=False,
        random_state=0,
    )
    truth = Planted(X, weights, biases, [sine, linear, kinked], model)
    _plant(truth)
    return truth


def _plant(truth: Planted) -> None:
    model, y = truth.model, truth.output()
    model.set_params(n_iter_no_change=float("inf")).fit(truth.X, (y - y.mean()) / y.std())
    for coef, intercept, weights, bias in zip(
        model.coefs_, model.intercepts_, truth.weights, truth.biases, strict=True
    ):
        coef[...], intercept[...] = weights, bias
    tables = [list(fitted.params.values()) for fitted in model.activations_]
    for layer, knots in ((0, np.linspace(-4, 4, 201)), (1, np.linspace(-3, 3, 5))):
        for k, knot in enumerate(knots):
            tables[layer][k][...] = [float(f(np.array(knot))) for f in truth.functions[layer]]
    tables[2][0][...] = [0.6, 0.2]
