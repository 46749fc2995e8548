"""The same work in PyTorch and skorch, written as their users write it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn
from workloads import Workload

# What compiling takes is part of what is measured: nothing of an earlier run is used again.
torch._inductor.config.force_disable_caches = True


class Perceptron(nn.Module):
    """Linear layers with relu between them."""

    def __init__(self, *sizes: int, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(sizes):
            layers += [nn.Linear(n_in, n_out, dtype=dtype), nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return the raw outputs."""
        return self.layers(X)


def torch_fit(work: Workload, X: np.ndarray, y: np.ndarray, compiled: bool = False) -> Callable[[], Any]:
    """Return a fit from new weights; if compiled, the first call compiles."""
    inputs, labels = torch.from_numpy(X), torch.from_numpy(y.astype(np.int64))
    model = Perceptron(X.shape[1], *work.hidden, int(y.max()) + 1, dtype=inputs.dtype)
    torch.compiler.reset()  # it gives up after eight networks
    forward: Any = torch.compile(model) if compiled else model
    loss_function = nn.CrossEntropyLoss()

    def fit() -> Any:
        for layer in model.layers[::2]:
            layer.reset_parameters()
        sgd = work.solver == "sgd"
        optimizer: Any = (torch.optim.SGD if sgd else torch.optim.Adam)(model.parameters(), 1e-3)
        for _ in range(work.epochs):
            for rows in torch.randperm(len(inputs)).split(work.batch):
                optimizer.zero_grad()
                loss_function(forward(inputs[rows]), labels[rows]).backward()
                optimizer.step()
        return model

    return fit


def torch_predict(sizes: tuple[int, ...], X: np.ndarray) -> Callable[[], np.ndarray]:
    """Return a prediction of probabilities from NumPy to NumPy, without gradients."""
    model = Perceptron(*sizes).eval()

    def predict() -> np.ndarray:
        with torch.no_grad():
            return torch.softmax(model(torch.from_numpy(X)), dim=1).numpy()

    return predict


def skorch_classifier(n_features: int, n_classes: int, epochs: int, batch: int) -> tuple[Any, dict[str, str]]:
    """Return skorch's classifier, and its names of scikit-learn's parameters."""
    from skorch import NeuralNetClassifier

    network = NeuralNetClassifier(
        SkorchPerceptron,
        module__n_features=n_features,
        module__n_classes=n_classes,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        max_epochs=epochs,
        batch_size=batch,
        train_split=None,
        verbose=0,
    )
    names = {
        "alpha": "optimizer__weight_decay",
        "hidden_layer_sizes": "module__hidden",
        "learning_rate_init": "lr",
    }
    return network, names


class SkorchPerceptron(Perceptron):
    """The network with parameters that skorch can set by name."""

    def __init__(self, n_features: int, n_classes: int, hidden: tuple[int, ...] = (100,)) -> None:
        super().__init__(n_features, *hidden, n_classes)
