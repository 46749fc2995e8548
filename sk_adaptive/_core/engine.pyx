# cython: language_level=3, boundscheck=False, wraparound=False, freethreading_compatible=True
"""The binding of the compiled core: checks arrays, makes workspaces, calls, releases the GIL.

Everything public is typed in ``engine.pyi``. Nothing here knows of scikit-learn or decides anything. Threads may share
a Network, which does not change once it is made; a Trainer or a Team belongs to one thread at a time.
"""
cimport cython
from cpython.exc cimport PyErr_CheckSignals
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport int32_t, int64_t, uint64_t, uintptr_t
from libc.string cimport memset

cimport numpy as cnp

from .core cimport (
    Core, CTeam, DataSpec, DropoutSpec, EpochSpec, GroupSpec, InputsSpec, LayerSpec, LevelsSpec, MatrixSpec, PlanSpec,
    SolverSpec, activation_names, best_core, core_named, elementary_names, loss_names, max_solver_constants,
    solver_buffers, solver_names, max_workers, team_create, team_destroy, team_here, team_size,
)

import numpy as np

cnp.import_array()

cdef const Core* core = best_core()
cdef bint is_set = False  # by use_instruction_set: then it is not chosen for each network


cdef list names(const char* const* each):
    found = []
    while each[0] != NULL:
        found.append(each[0].decode())
        each += 1
    return found


ACTIVATIONS = {name: number for number, name in enumerate(names(activation_names))}
LOSSES = {name: number for number, name in enumerate(names(loss_names))}
SOLVERS = {name: number for number, name in enumerate(names(solver_names))}
SOLVER_BUFFERS = {name: solver_buffers[number] for name, number in SOLVERS.items()}
ELEMENTARY = names(elementary_names)

cdef tuple INSTRUCTION_SETS = (b"baseline", b"avx2", b"avx512")
cdef int IN_PYTHON = -1
# Bytes of a unit's values in a pass, of all members together and at least of one: what a pass works on stays in cache.
cdef int64_t UNIT_BYTES = 1024, LEAST_UNIT_BYTES = 128
cdef int64_t MAX_BYTES = 64 << 20  # of a pass's rows, unless a single one takes more


def instruction_set():
    return core.name.decode()


def instruction_sets():
    return [name.decode() for name in INSTRUCTION_SETS if core_named(name) != NULL]


def use_instruction_set(name):
    global core, is_set
    cdef const Core* wanted = best_core() if name is None else core_named(name.encode())
    if wanted == NULL:
        raise ValueError(f"instruction set {name!r} is not compiled in, or this machine lacks it")
    core, is_set = wanted, name is not None


# ---- arrays ----------------------------------------------------------------------------------------------------------

cdef int dtype_number(dtype, str what="dtype") except -1:
    if dtype == np.float32:
        return 0
    if dtype == np.float64:
        return 1
    raise TypeError(f"{what}: expected float32 or float64, got {dtype}")


cdef void* checked(array, dtype, tuple shape, str what) except? NULL:
    """Address of a C-contiguous array of the given dtype and shape."""
    if array.dtype != dtype or not array.flags.c_contiguous or array.shape != shape:
        raise ValueError(
            f"{what}: expected a C-contiguous {np.dtype(dtype)} array of shape {shape}, "
            f"got {array.dtype} {array.shape}"
        )
    return cnp.PyArray_DATA(array)


cdef view(int64_t rows, int64_t units, int64_t stride, int dtype, void* at):
    """The first `units` columns of (rows, stride) as a NumPy array that owns nothing: it must not be given away."""
    cdef cnp.npy_intp shape[2]
    shape[0], shape[1] = rows, stride
    return cnp.PyArray_SimpleNewFromData(2, shape, cnp.NPY_FLOAT32 if dtype == 0 else cnp.NPY_FLOAT64, at)[:, :units]


cdef class Workspace:
    """Zeroed memory that starts on a cache line."""
    cdef object memory
    cdef void* at

    def __cinit__(self, int64_t size):
        self.memory = np.zeros(size + 64, dtype=np.uint8)
        self.at = <void*>((<uintptr_t>cnp.PyArray_DATA(self.memory) + 63) // 64 * 64)


include "callbacks.pxi"


# ---- the core's objects ----------------------------------------------------------------------------------------------

cdef class Team:
    """Threads that share the rows of a pass; one thread makes none."""
    cdef CTeam* team

    def __cinit__(self, int n_threads=1):
        self.team = team_create(min(n_threads, max_workers))

    def __dealloc__(self):
        team_destroy(self.team)

    cdef CTeam* here(self) noexcept nogil:
        return team_here(self.team)

    @property
    def size(self):
        return team_size(self.here())


cdef class Network:
    """A network's plan in the core's terms; holds no weights and no data."""
    cdef PlanSpec plan
    cdef const Core* core
    cdef LayerSpec* layers
    cdef LevelsSpec* levels
    cdef readonly object dtype
    cdef readonly list python_activations
    cdef readonly object python_loss
    cdef list kept

    def __cinit__(
        self, layers, *, int64_t n_theta, dtype, loss, inputs,
        int n_members=1, signs=None, int64_t input_scale=-1, double dropout=0.0,
    ):
        self.dtype = np.dtype(dtype)
        self.layers = <LayerSpec*>PyMem_Calloc(len(layers), sizeof(LayerSpec))
        if self.layers == NULL:
            raise MemoryError()
        self.kept = [signs]
        self.python_activations = [layer.activation for layer in layers]
        for i, layer in enumerate(layers):
            self.set_layer(i, layer)
        self.plan.dtype = dtype_number(self.dtype)
        self.plan.n_layers = len(layers)
        self.plan.layers = self.layers
        self.plan.n_theta = n_theta
        self.plan.n_members = n_members
        if signs is not None:
            self.plan.signs = checked(signs, self.dtype, (n_members, self.layers[0].n_in), "signs")
        self.plan.input_scale = input_scale
        self.set_inputs(inputs)
        self.python_loss = loss
        self.plan.loss = IN_PYTHON if loss.kernel is None else LOSSES[loss.kernel]
        self.plan.loss_constant = loss.constant
        self.plan.dropout = dropout
        self.core = core if is_set else best_core(self.plan)

    def __dealloc__(self):
        PyMem_Free(self.layers)
        PyMem_Free(self.levels)

    cdef set_inputs(self, inputs):
        cdef int64_t n_numbers = len(inputs.columns), n_in = self.layers[0].n_in
        cdef InputsSpec* spec = &self.plan.inputs
        spec.n_columns, spec.n_numbers = inputs.n_columns, n_numbers
        spec.columns = <const int64_t*>self.indices(inputs.columns, (n_numbers,), 0, inputs.n_columns, "columns")
        for array in (inputs.centre, inputs.factor, inputs.lower, inputs.upper, inputs.missing):
            self.kept.append(array)
        spec.centre = <const double*>checked(inputs.centre, np.float64, (n_numbers,), "centre")
        spec.factor = <const double*>checked(inputs.factor, np.float64, (n_numbers,), "factor")
        spec.lower = <const double*>checked(inputs.lower, np.float64, (n_numbers,), "lower")
        spec.upper = <const double*>checked(inputs.upper, np.float64, (n_numbers,), "upper")
        spec.missing = <const double*>checked(inputs.missing, np.float64, (n_numbers,), "missing")
        centred = np.flatnonzero(inputs.centre)
        spec.n_centred = len(centred)
        spec.centred = <const int64_t*>self.indices(centred, (len(centred),), 0, n_numbers, "centred")
        if inputs.shift is not None:
            shift = np.ascontiguousarray(inputs.shift, dtype=self.dtype)
            self.kept.append(shift)
            spec.shift = checked(shift, self.dtype, (self.plan.n_members, self.layers[0].n_out), "shift")
        spec.n_levels = len(inputs.levels)
        self.levels = <LevelsSpec*>PyMem_Calloc(max(1, len(inputs.levels)), sizeof(LevelsSpec))
        if self.levels == NULL:
            raise MemoryError()
        spec.levels = self.levels
        for i, each in enumerate(inputs.levels):
            if not 0 <= each.column < inputs.n_columns:
                raise ValueError(f"levels: there is no column {each.column}")
            self.levels[i].column = each.column
            self.levels[i].n_levels = 0 if each.is_missing else len(each.inputs)
            size = (1 if each.is_missing else len(each.inputs),)
            self.levels[i].inputs = <const int64_t*>self.indices(each.inputs, size, -1, n_in, "inputs of levels")

    cdef void* indices(self, array, tuple shape, int64_t least, int64_t end, str what) except? NULL:
        """Address of numbers that the core indexes by, each at least `least` and below `end`."""
        if array.size and not (least <= array.min() and array.max() < end):
            raise ValueError(f"{what} must be in [{least}, {end})")
        self.kept.append(array)
        return checked(array, np.int64, shape, what)

    cdef set_layer(self, int i, layer):
        cdef LayerSpec* spec = &self.layers[i]
        constants = np.array(layer.constants, dtype=np.float64)
        self.kept.append(constants)
        spec.n_in, spec.n_out = layer.n_in, layer.n_out
        spec.weights, spec.bias, spec.parameters = layer.weights_offset, layer.bias_offset, layer.parameters_offset
        spec.kind = IN_PYTHON if layer.kernel is None else ACTIVATIONS[layer.kernel]
        spec.n_parameters, spec.per_unit = layer.n_parameters, layer.per_unit
        spec.n_constants = len(constants)
        spec.constants = <const double*>cnp.PyArray_DATA(constants)
        if not core.fits(spec[0]):
            raise ValueError(
                f"{layer.activation!r}: {layer.n_parameters} parameters and the constants {tuple(layer.constants)} "
                f"are not what the compiled {layer.kernel!r} reads"
            )

    cdef int64_t bytes_for(self, bint dense, int64_t rows, int n_threads, bint training):
        return self.core.workspace_bytes(self.plan, dense, rows, n_threads, training)

    cdef Workspace workspace(self, DataSpec* data, int64_t rows, int n_threads, bint training):
        return Workspace(self.bytes_for(data.columns == NULL, rows, n_threads, training))

    cdef int64_t rows_for(self, bint dense, int64_t n_rows, bint training):
        """How many of n_rows are passed at a time: they share the weights, and fit the memory."""
        cdef int64_t one = self.bytes_for(dense, 1, 1, training)
        cdef int64_t each = (self.bytes_for(dense, 65, 1, training) - one) // 64
        cdef int64_t in_cache = max(LEAST_UNIT_BYTES, UNIT_BYTES // self.plan.n_members) // <int>self.dtype.itemsize
        cdef int64_t rows = min(in_cache, MAX_BYTES // each)
        return max(1, min(rows, n_rows))

    def workspace_bytes(self, int64_t n_rows, bint dense=True, bint training=True):
        return self.bytes_for(dense, self.rows_for(dense, n_rows, training), 1, training)

    cdef list read(self, DataSpec* data, X, targets=None, weights=None):
        """Fills `data`; returns what must stay alive as long as it is used."""
        cdef int64_t n_rows = X.shape[0], n_columns = self.plan.inputs.n_columns
        cdef int64_t n_targets = self.layers[self.plan.n_layers - 1].n_out
        memset(data, 0, sizeof(DataSpec))
        data.n_rows, data.values_dtype = n_rows, dtype_number(X.dtype, "X")
        kept = [X, targets, weights]
        if isinstance(X, np.ndarray):
            data.values = checked(X, X.dtype, (n_rows, n_columns), "X")
        else:
            if X.shape[1] != n_columns:
                raise ValueError(f"X: expected {n_columns} columns, got {X.shape[1]}")
            columns = np.ascontiguousarray(X.indices, dtype=np.int32)
            starts = np.ascontiguousarray(X.indptr, dtype=np.int64)
            kept += [X.data, columns, starts]
            data.values = checked(X.data, X.dtype, (X.data.size,), "X.data")
            data.columns = <const int32_t*>cnp.PyArray_DATA(columns)
            data.starts = <const int64_t*>cnp.PyArray_DATA(starts)
        if targets is not None:
            n_targets = 1 if self.plan.loss == 0 else n_targets
            data.targets = checked(targets, self.dtype, (n_rows, n_targets), "targets")
        if weights is not None:
            data.weights = checked(weights, self.dtype, (n_rows,), "weights")
        return kept

    @property
    def dropout(self):
        return self.plan.dropout

    @property
    def n_members(self):
        return self.plan.n_members

    @property
    def instruction_set(self):
        return self.core.name.decode()

    def forward(self, theta, X, Team team=None):
        cdef Call call = Call(self)
        cdef Team crew = team or Team()
        cdef DataSpec data
        _kept = self.read(&data, X)
        cdef int64_t rows = self.rows_for(data.columns == NULL, data.n_rows, False)
        cdef int n_members = self.plan.n_members, status
        out = np.empty((n_members, data.n_rows, self.layers[self.plan.n_layers - 1].n_out), dtype=self.dtype)
        cdef Workspace workspace = self.workspace(&data, rows, crew.size, False)
        cdef void* at = checked(theta, self.dtype, (self.plan.n_theta,), "theta")
        cdef void* to = cnp.PyArray_DATA(out)
        with nogil:
            status = self.core.forward(call.plan, data, at, rows, crew.here(), workspace.at, to)
        call.check(status)
        return out

    def hidden(self, theta, X, int layer, Team team=None):
        z, h = self.pass_hidden(theta, X, [layer], [layer], team)
        return z[0], h[0]

    def pre_activations(self, theta, X, Team team=None):
        return self.pass_hidden(theta, X, range(self.plan.n_layers - 1), [], team)[0]

    cdef tuple pass_hidden(self, theta, X, of_z, of_h, Team team):
        """Pre-activations of the layers `of_z` and activations of the layers `of_h`, in one pass."""
        cdef Call call = Call(self)
        cdef Team crew = team or Team()
        cdef DataSpec data
        _kept = self.read(&data, X)
        cdef int64_t rows = self.rows_for(data.columns == NULL, data.n_rows, False)
        cdef int status
        cdef Workspace workspace = self.workspace(&data, rows, crew.size, False)
        cdef void* at = checked(theta, self.dtype, (self.plan.n_theta,), "theta")
        z, to_z = self.outputs_of(of_z, data.n_rows)
        h, to_h = self.outputs_of(of_h, data.n_rows)
        cdef void* const* each_z = <void* const*>cnp.PyArray_DATA(to_z)
        cdef void* const* each_h = <void* const*>cnp.PyArray_DATA(to_h)
        with nogil:
            status = self.core.hidden(call.plan, data, at, rows, crew.here(), workspace.at, each_z, each_h)
        call.check(status)
        return z, h

    cdef tuple outputs_of(self, layers, int64_t n_rows):
        """Arrays for some layers' values, and the address of each layer's, 0 for the others."""
        shapes = [(self.plan.n_members * n_rows, self.layers[<int>layer].n_out) for layer in layers]
        arrays = [np.empty(shape, dtype=self.dtype) for shape in shapes]
        addresses = np.zeros(self.plan.n_layers, dtype=np.uintp)
        for layer, array in zip(layers, arrays):
            addresses[layer] = array.ctypes.data
        return arrays, addresses

    def loss_and_grad(self, theta, X, targets, weights=None, gradient=None, Team team=None, dropout=None):
        cdef Call call = Call(self)
        cdef Team crew = team or Team()
        cdef DataSpec data
        _kept = self.read(&data, X, targets, weights)
        cdef int64_t rows = self.rows_for(data.columns == NULL, data.n_rows, gradient is not None)
        cdef int status
        cdef double loss = 0
        cdef void* at = checked(theta, self.dtype, (self.plan.n_theta,), "theta")
        cdef void* to = NULL
        if gradient is not None:
            to = checked(gradient, self.dtype, (self.plan.n_theta,), "gradient")
        cdef DropoutSpec spec
        cdef DropoutSpec* dropped = NULL
        if dropout is not None:
            if to == NULL or not self.plan.dropout:
                raise ValueError("dropout: needs a gradient, and a network that drops units")
            spec.number, places = dropout
            spec.places = <const int64_t*>checked(places, np.int64, (data.n_rows,), "places")
            dropped = &spec
        cdef Workspace workspace = self.workspace(&data, rows, crew.size, to != NULL)
        with nogil:
            status = self.core.loss_and_grad(call.plan, data, at, rows, crew.here(), workspace.at, &loss, to, dropped)
        call.check(status)
        return loss

    def jacobian(self, theta, X, Team team=None):
        cdef Call call = Call(self)
        cdef Team crew = team or Team()
        cdef DataSpec data
        _kept = self.read(&data, X)
        cdef int status
        shape = (data.n_rows, self.plan.n_members, self.layers[self.plan.n_layers - 1].n_out)
        out = np.empty(shape, dtype=self.dtype)
        jacobian = np.empty((*shape, self.plan.n_theta), dtype=self.dtype)
        cdef Workspace workspace = self.workspace(&data, 1, crew.size, True)
        cdef void* at = checked(theta, self.dtype, (self.plan.n_theta,), "theta")
        cdef void* to = cnp.PyArray_DATA(out)
        cdef void* to_jacobian = cnp.PyArray_DATA(jacobian)
        with nogil:
            status = self.core.jacobian(call.plan, data, at, crew.here(), workspace.at, to, to_jacobian)
        call.check(status)
        return out, jacobian


include "trainer.pxi"
include "pieces.pxi"
