"""Layout of a network in one flat parameter vector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from sk_adaptive._arrays import is_array
from sk_adaptive._core import engine
from sk_adaptive._data.inputs import Inputs
from sk_adaptive._identity import same_parameters
from sk_adaptive._sklearn import validate_params
from sk_adaptive.activations import Activation
from sk_adaptive.losses import Loss


@dataclass(frozen=True)
class Layer:
    """One affine map and the activation that follows it; offsets are into theta."""

    n_in: int
    n_out: int
    n_members: int  # matrices of weights: 1 but for the output layer of an ensemble
    weights_offset: int
    bias_offset: int
    parameters_offset: int
    activation: Activation | None  # None on the output layer

    @property
    def kernel(self) -> str | None:
        """Name of the compiled activation, None for one written in Python."""
        return "identity" if self.activation is None else self.activation.kernel

    @property
    def constants(self) -> tuple[float, ...]:
        """Constants of the compiled activation, besides its parameters."""
        return () if self.activation is None else self.activation.constants

    @property
    def n_parameters(self) -> int:
        """Number of activation parameters of one set."""
        return 0 if self.activation is None else self.activation.n_parameters

    @property
    def per_unit(self) -> bool:
        """Whether every unit has a set of its own."""
        return self.activation is not None and self.activation.scope == "unit"

    @property
    def parameter_shape(self) -> tuple[int, int]:
        """Shape of the activation's parameters in theta."""
        return self.n_parameters, self.n_out if self.per_unit else 1


@dataclass(frozen=True)
class Group:
    """A range of theta with the same update rule; see GroupSpec in _core/plan.hpp."""

    begin: int
    end: int
    rate_factor: float
    decay: float
    anchor: np.ndarray | None


@dataclass(frozen=True)
class Plan:
    """Layout of a network, without the values of its parameters."""

    layers: tuple[Layer, ...]
    n_theta: int
    loss: Loss
    inputs: Inputs
    n_members: int = 1
    signs: np.ndarray | None = None  # (n_members, n_inputs) of +-1
    input_scale: int = -1  # offset of one factor per input
    dropout: float = 0.0

    @property
    def hidden(self) -> tuple[Layer, ...]:
        """The layers that have an activation."""
        return self.layers[:-1]

    def network(self, dtype: np.dtype) -> engine.Network:
        """Return the compiled network of this layout."""
        return engine.Network(
            self.layers,
            n_theta=self.n_theta,
            dtype=dtype,
            loss=self.loss,
            inputs=self.inputs,
            n_members=self.n_members,
            signs=None if self.signs is None else np.ascontiguousarray(self.signs, dtype=dtype),
            input_scale=self.input_scale,
            dropout=self.dropout,
        )

    def check(self, theta: np.ndarray) -> None:
        """Refuse a plan by which the core would read outside of theta: a loaded one may have been tampered with.

        Raises
        ------
        ValueError
            If the layers are not laid out as `make_plan` lays them out, theta is not of their size or not finite, or
            inputs, signs or dropout are none.
        """
        sizes = [self.layers[0].n_in, *(layer.n_out for layer in self.layers)]
        activations = [layer.activation for layer in self.hidden if layer.activation is not None]
        if len(activations) != len(self.hidden):
            raise ValueError("a hidden layer has no activation")
        self._check_inputs()
        if not isinstance(self.loss, Loss):
            raise ValueError("the network has no loss")
        validate_params(self.loss)
        for activation in activations:
            validate_params(activation)
            if _largest_size(activation) > theta.size:  # before anything of that size is made
                raise ValueError(f"{type(activation).__name__} has more parameters than the network")
            activation.initial_parameters()
            if activation.kernel is not None and vars(activation).keys() != activation.get_params(deep=False).keys():
                raise ValueError(f"{activation!r} has attributes that it should not have")
        expected = make_plan(
            self.inputs,
            sizes[1:-1],
            sizes[-1],
            activations,
            loss=self.loss,
            n_members=self.n_members,
            learn_scales=self.input_scale >= 0,
        )
        found, right = ((plan.layers, plan.n_theta, plan.input_scale) for plan in (self, expected))
        if min(*sizes, self.n_members) < 1 or found != right or theta.shape != (self.n_theta,):
            raise ValueError("the network's layers do not fit its parameters")
        if not np.isfinite(theta).all():
            raise ValueError("the network has parameters that are not finite")

    def _check_inputs(self) -> None:
        """Refuse what changes the inputs of a layer into nonsense, which no prediction would show."""
        n_inputs, n_units = self.layers[0].n_in, self.layers[0].n_out
        if not isinstance(self.inputs, Inputs) or self.inputs.n_inputs != n_inputs:
            raise ValueError("the network's inputs do not fit its first layer")
        self.inputs.check(self.n_members, n_units)
        if (self.signs is None) != (self.n_members == 1):
            raise ValueError("only members have signs, and each has")
        if self.signs is not None and (
            not is_array(self.signs, np.float64, (self.n_members, n_inputs)) or (np.abs(self.signs) != 1).any()
        ):
            raise ValueError("signs of members must be 1 or -1, for each member and input")
        if not 0 <= self.dropout < 1:
            raise ValueError("dropout must be a number in [0, 1)")

    def coefs(self, theta: np.ndarray) -> list[np.ndarray]:
        """Return each layer's weights (n_in, n_out) as views; (n_members, n_in, n_out) where members differ."""
        return [_view(theta, layer.weights_offset, (layer.n_members, layer.n_in, layer.n_out)) for layer in self.layers]

    def intercepts(self, theta: np.ndarray) -> list[np.ndarray]:
        """Return each layer's bias (n_out,) as views; (n_members, n_out) where members differ."""
        return [_view(theta, layer.bias_offset, (layer.n_members, layer.n_out)) for layer in self.layers]

    def parameters(self, theta: np.ndarray) -> list[np.ndarray]:
        """Return each hidden layer's activation parameters, (n_parameters, n_out) or (n_parameters, 1), as views."""
        return [
            theta[layer.parameters_offset : layer.parameters_offset + int(np.prod(layer.parameter_shape))].reshape(
                layer.parameter_shape
            )
            for layer in self.hidden
        ]

    def change_outputs(self, theta: np.ndarray, factor: np.ndarray, offset: np.ndarray) -> None:
        """Change the output layer in place so that raw outputs f become factor f + offset."""
        coef, intercept = self.coefs(theta)[-1], self.intercepts(theta)[-1]
        coef *= factor
        intercept[...] = intercept * factor + offset

    @property
    def narrowest(self) -> int:
        """Units of the narrowest hidden layer; inputs, if there is none."""
        return min([layer.n_out for layer in self.hidden], default=self.layers[0].n_in)

    def groups(self, alpha: float, dtype: np.dtype, scale_rate: float = 1.0) -> list[Group]:
        """Return the ranges of theta with their learning-rate factor, weight decay and penalty."""
        groups = []
        for layer in self.layers:
            groups.append(Group(layer.weights_offset, layer.bias_offset, 1.0, alpha, None))
            groups.append(Group(layer.bias_offset, layer.bias_offset + layer.n_members * layer.n_out, 1.0, 0.0, None))
        groups.extend(self._activation_groups(dtype))
        if self.input_scale >= 0:
            end = self.input_scale + self.layers[0].n_in
            groups.append(Group(self.input_scale, end, scale_rate, 0.0, None))
        return groups

    def _activation_groups(self, dtype: np.dtype) -> Iterator[Group]:
        owners = {layer.parameters_offset: layer for layer in reversed(self.hidden)}  # one group where layers share
        for begin, layer in sorted(owners.items()):
            activation = layer.activation
            if activation is None or not activation.n_parameters:
                continue
            anchor = activation.initial_parameters_of_units(layer.parameter_shape[1]).ravel().astype(dtype)
            rate_factor = activation.learning_rate_factor if activation.trainable else 0.0
            yield Group(begin, begin + anchor.size, rate_factor, activation.penalty, anchor)


def make_plan(
    inputs: Inputs | int,
    hidden_layer_sizes: Sequence[int],
    n_outputs: int,
    activations: Sequence[Activation],
    *,
    loss: Loss,
    n_members: int = 1,
    signs: np.ndarray | None = None,
    learn_scales: bool = False,
    dropout: float = 0.0,
) -> Plan:
    """Lay out a network; an integer stands for so many inputs that are columns as they are.

    Raises
    ------
    ValueError
        If activations of scope "network" differ: they share one set of parameters.
    """
    inputs = Inputs.raw(inputs) if isinstance(inputs, int) else inputs
    sizes = [inputs.n_inputs, *hidden_layer_sizes, n_outputs]
    layers: list[Layer] = []
    shared: Layer | None = None  # the first layer of scope "network"
    at = 0
    for i, (n_in, n_out) in enumerate(pairwise(sizes)):
        output = i == len(sizes) - 2
        members = n_members if output else 1
        weights, bias = at, at + members * n_in * n_out
        at = bias + members * n_out
        layer = Layer(n_in, n_out, members, weights, bias, at, None if output else activations[i])
        if layer.activation is not None and layer.activation.scope == "network" and layer.n_parameters:
            shared = shared or layer
            layer = _sharing(layer, shared)
        if layer.parameters_offset == at:
            at += int(np.prod(layer.parameter_shape))
        layers.append(layer)
    input_scale = at if learn_scales else -1
    at += inputs.n_inputs if learn_scales else 0
    return Plan(tuple(layers), at, loss, inputs, n_members, signs, input_scale, dropout)


def _sharing(layer: Layer, first: Layer) -> Layer:
    if layer.activation is None or first.activation is None or not same_parameters(layer.activation, first.activation):
        raise ValueError(
            f"activations of scope 'network' share one set of parameters and must be alike, "
            f"got {first.activation!r} and {layer.activation!r}"
        )
    return replace(layer, parameters_offset=first.parameters_offset)


def _largest_size(activation: Activation) -> int:
    """Return the largest integer among the constructor's parameters: knots, degrees."""
    values = [value for value in activation.get_params(deep=False).values() if not isinstance(value, str)]
    sizes = [np.asarray(value) for value in values]
    return max((int(size.max()) for size in sizes if size.size and size.dtype.kind in "iu"), default=0)


def _view(theta: np.ndarray, begin: int, shape: tuple[int, ...]) -> np.ndarray:
    view = theta[begin : begin + int(np.prod(shape))].reshape(shape)
    return view[0] if shape[0] == 1 else view
