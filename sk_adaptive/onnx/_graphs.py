"""ONNX nodes and constants of a network's graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from sk_adaptive.activations._graph import FLOAT32, FLOAT64, Operand


class Graph:
    """Adds ONNX nodes: `graph("Mul", a, b)` is a * b. Numbers and arrays become constants of the network's dtype.

    Parameters
    ----------
    scope, container : object
        skl2onnx's: the one names, the other collects.
    dtype : dtype
        Of the network's numbers in the graph, float32 or float64.
    """

    def __init__(self, scope: Any, container: Any, dtype: np.dtype) -> None:
        self._scope = scope
        self._container = container
        self.dtype = np.dtype(dtype)

    def __call__(self, operator: str, *inputs: Operand, domain: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        output = str(self._scope.get_unique_variable_name(operator.lower()))
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        self._container.add_node(
            operator,
            names,
            output,
            op_domain=domain,
            name=self._scope.get_unique_operator_name(operator),
            **attributes,
        )
        return output

    def with_dtype(self, dtype: DTypeLike) -> Graph:
        """Return the same graph, to which numbers of another dtype are added.

        Parameters
        ----------
        dtype : dtype
            Of the numbers, float32 or float64.

        Returns
        -------
        Graph
            Adds to the same scope and container.
        """
        return Graph(self._scope, self._container, np.dtype(dtype))

    def cast(self, name: str) -> str:
        """Add a cast to the network's dtype.

        Parameters
        ----------
        name : str
            What is cast.

        Returns
        -------
        str
            The name of the output.
        """
        return self("Cast", name, to=FLOAT32 if self.dtype == np.float32 else FLOAT64)

    def constant(self, values: Any) -> str:
        """Add a constant.

        Parameters
        ----------
        values : array-like
            Integers become int64, texts strings, other numbers of the network's dtype.

        Returns
        -------
        str
            Its name.
        """
        from onnx.helper import np_dtype_to_tensor_dtype

        array = np.asarray(values)
        if array.dtype.kind == "f":
            array = array.astype(self.dtype)
        name = str(self._scope.get_unique_variable_name("constant"))
        text = array.dtype.kind in "OU"
        content = [item.encode() for item in array.ravel().tolist()] if text else array.ravel()
        kind = np_dtype_to_tensor_dtype(np.dtype(object) if text else array.dtype)
        self._container.add_initializer(name, kind, array.shape, content)
        return name
