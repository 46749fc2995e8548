"""Activations as users write them, at module level so that they can be pickled."""

from typing import ClassVar

import numpy as np

from sk_adaptive.activations import Activation


class Sine(Activation):
    """z + a sin(z)."""

    parameters: ClassVar = {"a": 0.5}

    def value(self, z, p):
        return z + p[0] * np.sin(z)

    def derivative(self, z, p):
        return 1 + p[0] * np.cos(z)

    def parameter_gradients(self, z, p):
        yield np.sin(z)


class Squared(Activation):
    """z^2, without parameters."""

    def value(self, z, p):
        return z * z

    def derivative(self, z, p):
        return 2 * z
