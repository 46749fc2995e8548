# Training of a network, one epoch per call. Included by engine.pyx.

cdef class Trainer:
    """Everything that an epoch reads and changes, bound once; `epoch` then costs no Python at all."""
    cdef Network network
    cdef Team team
    cdef Workspace workspace
    cdef EpochSpec spec
    cdef SolverSpec solver
    cdef GroupSpec* groups
    cdef void* theta
    cdef int64_t rows
    cdef int64_t n_batches
    cdef readonly double largest
    cdef list kept

    def __cinit__(
        self, Network network, theta, X, targets, weights=None, *, str solver, constants, groups, state,
        steps, random, order=None, int64_t batch_size, double max_norm=0.0, Team team=None,
    ):
        cdef int64_t n_theta = network.plan.n_theta
        dtype = network.dtype
        self.network, self.team = network, team or Team()
        self.kept = network.read(&self.spec.data, X, targets, weights)
        self.kept += [theta, state, steps, random, order]
        self.theta = checked(theta, dtype, (n_theta,), "theta")
        cdef int64_t n_rows = self.spec.data.n_rows
        self.spec.random = <uint64_t*>checked(random, np.uint64, (4,), "random")
        if order is not None:
            if not order.size or order.min() < 0 or order.max() >= n_rows:
                raise ValueError(f"order must be numbers of rows, in [0, {n_rows})")
            n_rows = order.size
            self.spec.order = <int64_t*>checked(order, np.int64, (n_rows,), "order")
        self.spec.n_rows = n_rows
        self.spec.batch_size = batch_size
        self.n_batches = (n_rows + batch_size - 1) // batch_size
        self.solver.kind = SOLVERS[solver]
        if len(constants) > max_solver_constants:
            raise ValueError(f"constants: expected at most {max_solver_constants} for a solver, got {constants}")
        for i, constant in enumerate(constants):
            self.solver.constants[i] = constant
        self.solver.max_norm = max_norm
        self.solver.state = checked(state, dtype, (SOLVER_BUFFERS[solver], n_theta), "state")
        self.solver.steps = <int64_t*>checked(steps, np.int64, (1,), "steps")
        self.set_groups(groups)
        share = (min(batch_size, n_rows) + self.team.size - 1) // self.team.size
        self.rows = network.rows_for(self.spec.data.columns == NULL, share, True)
        self.workspace = network.workspace(&self.spec.data, self.rows, self.team.size, True)

    def __dealloc__(self):
        PyMem_Free(self.groups)

    cdef set_groups(self, groups):
        self.groups = <GroupSpec*>PyMem_Calloc(len(groups), sizeof(GroupSpec))
        if self.groups == NULL:
            raise MemoryError()
        for i, group in enumerate(groups):
            self.groups[i].begin, self.groups[i].end = group.begin, group.end
            self.groups[i].rate_factor, self.groups[i].decay = group.rate_factor, group.decay
            if group.anchor is not None:
                self.groups[i].anchor = checked(
                    group.anchor, self.network.dtype, (group.end - group.begin,), "anchor"
                )
                self.kept.append(group.anchor)
        self.solver.n_groups = len(groups)
        self.solver.groups = self.groups

    def epoch(self, cnp.ndarray rates not None, double decay_factor=1.0):
        cdef Call call = Call(self.network)
        cdef double loss = 0
        cdef int status
        # in C, as this is the one check that is made every epoch
        if cnp.PyArray_TYPE(rates) != cnp.NPY_DOUBLE or not cnp.PyArray_IS_C_CONTIGUOUS(rates):
            raise ValueError("rates: expected a C-contiguous float64 array")
        if cnp.PyArray_SIZE(rates) < self.n_batches:
            raise ValueError(f"rates: expected one for each of {self.n_batches} batches, got {rates.size}")
        self.spec.rates = <const double*>cnp.PyArray_DATA(rates)
        self.solver.decay_factor = decay_factor
        with nogil:
            status = self.network.core.train_epoch(
                call.plan, self.spec, self.solver, self.theta, self.rows, self.team.here(),
                self.workspace.at, &loss, &self.largest,
            )
        call.check(status)
        return loss if status == 0 else float("nan")

    def step(self, gradient, double rate, double decay_factor=1.0):
        cdef void* along = checked(gradient, self.network.dtype, (self.network.plan.n_theta,), "gradient")
        self.solver.decay_factor = decay_factor
        with nogil:
            self.network.core.step(self.network.plan, self.solver, rate, self.theta, along)


def shuffle(order, random):
    cdef int64_t n = order.size
    cdef int64_t* items = <int64_t*>checked(order, np.int64, (n,), "order")
    cdef uint64_t* state = <uint64_t*>checked(random, np.uint64, (4,), "random")
    with nogil:
        core.shuffle(state, items, n)


def next_number(random):
    return core.next_number(<uint64_t*>checked(random, np.uint64, (4,), "random"))
