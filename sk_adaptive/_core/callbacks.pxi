# Calls from the core back into Python: activations and losses of the user's own, signals. Included by engine.pyx.

cdef class Call:
    """One call of the core: its plan, and what was raised on the way back into Python.

    Each call has its own, so that threads may share a network.
    """
    cdef PlanSpec plan
    cdef Network network
    cdef object error

    def __cinit__(self, Network network not None):
        self.network = network
        self.plan = network.plan
        self.plan.callback.activation = call_python_activation
        self.plan.callback.loss = call_python_loss
        self.plan.callback.poll = poll
        self.plan.callback.context = <void*>self

    cdef int failed(self, error) noexcept:
        """Keeps the first of the exceptions that workers of a team raise; always 1."""
        with cython.critical_section(self):  # without the interpreter lock, workers come here at once
            if self.error is None:
                self.error = error
        return 1

    cdef int check(self, int status) except -1:
        """Raises what stopped the core: a signal, or an exception in a user's activation."""
        if status == 1:
            error, self.error = self.error, None
            raise error
        return status


cdef int poll(void* context) noexcept with gil:
    """Handles signals; Python does nothing here outside of its main thread."""
    try:
        PyErr_CheckSignals()
    except BaseException as error:
        return (<Call>context).failed(error)
    return 0


cdef int call_python_activation(
    void* context, int layer, int dtype, int64_t rows, int64_t units, int64_t stride,
    const void* z, const void* parameters, void* out, void* gradient,
) noexcept with gil:
    """A user's activation, written with NumPy: forward, or backward when there is a gradient to add to."""
    cdef Call call = <Call>context
    cdef int n_parameters = call.plan.layers[layer].n_parameters
    try:
        activation = call.network.python_activations[layer]
        inputs = view(rows, units, stride, dtype, <void*>z)
        p = view(n_parameters, units, stride, dtype, <void*>parameters)
        outputs = view(rows, units, stride, dtype, out)
        # Copies: what is kept stays valid, what is written stays without effect.
        if gradient == NULL:
            outputs[...] = activation.value(inputs.copy(), p.copy())
            return 0
        into = view(n_parameters, units, stride, dtype, gradient)
        for i, derivative in enumerate(activation.parameter_gradients(inputs.copy(), p.copy())):
            into[i] += np.sum(outputs * derivative, axis=0)
        outputs *= activation.derivative(inputs.copy(), p.copy())
    except BaseException as error:
        return call.failed(error)
    return 0


cdef int call_python_loss(
    void* context, int dtype, int64_t rows, int64_t n_out, int64_t stride,
    const void* raw, const void* targets, const void* weights, void* gradient, double* loss,
) noexcept with gil:
    """A user's loss, written with NumPy."""
    cdef Call call = <Call>context
    try:
        python_loss = call.network.python_loss
        # Copies: what is kept stays valid, what is written stays without effect.
        f = view(rows, n_out, stride, dtype, <void*>raw)
        y = view(rows, n_out, n_out, dtype, <void*>targets)
        w = view(rows, 1, 1, dtype, <void*>weights)
        loss[0] += np.sum(python_loss.value(f.copy(), y.copy()) * w, dtype=np.float64)
        np.multiply(python_loss.gradient(f.copy(), y.copy()), w, out=view(rows, n_out, stride, dtype, gradient))
    except BaseException as error:
        return call.failed(error)
    return 0
