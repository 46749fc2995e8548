# Pieces of the core alone, for tests and inspection. Included by engine.pyx.

def activation(str kernel, constants, z, p, d):
    """Value, d * derivative and the parameters' gradients of one compiled activation."""
    cdef LayerSpec layer
    cdef int dtype = dtype_number(z.dtype)
    cdef int64_t rows = z.shape[0], units = z.shape[1], stride = core.padded(dtype, z.shape[1])
    memset(&layer, 0, sizeof(layer))
    constants = np.array(constants, dtype=np.float64)
    layer.kind, layer.n_parameters, layer.n_constants = ACTIVATIONS[kernel], len(p), len(constants)
    layer.constants = <const double*>cnp.PyArray_DATA(constants)

    def pad(array, extra=0):
        wide = np.zeros((len(array) + extra, stride), dtype=z.dtype)
        wide[:len(array), :units] = array
        return wide

    z_, h, slope, d_, p_ = pad(z), pad(z), pad(z), pad(d), pad(p)
    gradient = np.zeros((len(p) + 2, stride), dtype=z.dtype)
    core.activation(
        layer, dtype, rows, stride, cnp.PyArray_DATA(z_), cnp.PyArray_DATA(p_), cnp.PyArray_DATA(h),
        cnp.PyArray_DATA(slope), cnp.PyArray_DATA(d_), cnp.PyArray_DATA(gradient),
    )
    return h[:, :units], d_[:, :units], gradient[:-2, :units]


cdef MatrixSpec matrix(x):
    cdef MatrixSpec spec
    spec.at = cnp.PyArray_DATA(x)
    spec.row, spec.column = x.strides[0] // x.itemsize, x.strides[1] // x.itemsize
    return spec


def multiply(a, b, out, bint add=False):
    """out = a @ b, or out += a @ b, by the core's kernel."""
    if 1 not in (matrix(b).row, matrix(b).column) or matrix(out).column != 1:
        raise ValueError("b must be contiguous along an axis, out along its rows")
    core.multiply(
        dtype_number(out.dtype), out.shape[0], out.shape[1], a.shape[1], matrix(a), matrix(b), add,
        cnp.PyArray_DATA(out), matrix(out).row,
    )


def elementary(str name, x):
    """One of the ELEMENTARY functions over an array."""
    cdef int dtype = dtype_number(x.dtype)
    cdef int64_t size = core.padded(dtype, x.size)
    given, got = np.zeros(size, dtype=x.dtype), np.empty(size, dtype=x.dtype)
    given[:x.size] = x.ravel()
    core.elementary(
        ELEMENTARY.index(name), dtype, size, cnp.PyArray_DATA(given), cnp.PyArray_DATA(got)
    )
    return got[:x.size].reshape(x.shape)
