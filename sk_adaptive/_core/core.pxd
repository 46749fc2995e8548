"""The C++ core as Cython sees it; each structure is explained in its header."""
from libc.stdint cimport int32_t, int64_t, uint64_t


cdef extern from "plan.hpp" namespace "sk_adaptive" nogil:
    ctypedef int (*ActivationCall)(
        void*, int, int, int64_t, int64_t, int64_t, const void*, const void*, void*, void*
    ) noexcept
    ctypedef int (*LossCall)(
        void*, int, int64_t, int64_t, int64_t, const void*, const void*, const void*, void*, double*
    ) noexcept
    struct Callback:
        ActivationCall activation
        LossCall loss
        int (*poll)(void*) noexcept
        void* context
    struct LayerSpec:
        int64_t n_in, n_out, weights, bias, parameters
        int kind, n_parameters, per_unit, n_constants
        const double* constants
    struct LevelsSpec:
        int64_t column, n_levels
        const int64_t* inputs
    struct InputsSpec:
        int64_t n_columns, n_numbers
        const int64_t* columns
        const double* centre
        const double* factor
        const double* lower
        const double* upper
        const double* missing
        int64_t n_centred
        const int64_t* centred
        int n_levels
        const LevelsSpec* levels
        const void* shift
    struct PlanSpec:
        int dtype, n_layers
        const LayerSpec* layers
        InputsSpec inputs
        int64_t n_theta
        int n_members
        const void* signs
        int64_t input_scale
        int loss
        double loss_constant, dropout
        Callback callback
    struct DataSpec:
        int64_t n_rows
        int values_dtype
        const void* values
        const int32_t* columns
        const int64_t* starts
        const void* targets
        const void* weights
    struct DropoutSpec:
        uint64_t number
        const int64_t* places
    struct GroupSpec:
        int64_t begin, end
        double rate_factor, decay
        const void* anchor
    const int max_solver_constants
    struct SolverSpec:
        int kind
        double constants[4]
        double max_norm, decay_factor
        int n_groups
        const GroupSpec* groups
        void* state
        int64_t* steps
    struct EpochSpec:
        DataSpec data
        int64_t n_rows
        int64_t* order
        uint64_t* random
        int64_t batch_size
        const double* rates

cdef extern from "team.hpp" namespace "sk_adaptive" nogil:
    struct CTeam "sk_adaptive::Team":
        pass
    const int max_workers
    CTeam* team_create(int size) except +
    void team_destroy(CTeam* team)
    CTeam* team_here(CTeam* team)
    int team_size(const CTeam* team)

cdef extern from "core.hpp" namespace "sk_adaptive" nogil:
    struct MatrixSpec:
        const void* at
        int64_t row, column
    struct Core:
        const char* name
        int64_t (*workspace_bytes)(const PlanSpec&, int, int64_t, int, int) noexcept nogil
        int (*forward)(const PlanSpec&, const DataSpec&, const void*, int64_t, CTeam*, void*, void*) noexcept nogil
        int (*hidden)(
            const PlanSpec&, const DataSpec&, const void*, int64_t, CTeam*, void*, void* const*, void* const*
        ) noexcept nogil
        int (*loss_and_grad)(
            const PlanSpec&, const DataSpec&, const void*, int64_t, CTeam*, void*, double*, void*, const DropoutSpec*
        ) noexcept nogil
        int (*jacobian)(
            const PlanSpec&, const DataSpec&, const void*, CTeam*, void*, void*, void*
        ) noexcept nogil
        int (*train_epoch)(
            const PlanSpec&, const EpochSpec&, const SolverSpec&, void*, int64_t, CTeam*, void*, double*, double*
        ) noexcept nogil
        void (*step)(const PlanSpec&, const SolverSpec&, double, void*, void*) noexcept nogil
        void (*shuffle)(uint64_t*, int64_t*, int64_t) noexcept nogil
        uint64_t (*next_number)(uint64_t*) noexcept nogil
        int64_t (*padded)(int, int64_t) noexcept nogil
        int (*fits)(const LayerSpec&) noexcept nogil
        int (*activation)(
            const LayerSpec&, int, int64_t, int64_t, void*, const void*, void*, void*, void*, void*
        ) noexcept nogil
        void (*multiply)(
            int, int64_t, int64_t, int64_t, const MatrixSpec&, const MatrixSpec&, int, void*, int64_t
        ) noexcept nogil
        void (*elementary)(int, int, int64_t, const void*, void*) noexcept nogil
    const char* const* activation_names
    const char* const* loss_names
    const char* const* solver_names
    const int* solver_buffers
    const char* const* elementary_names

cdef extern from "choose.hpp" namespace "sk_adaptive" nogil:
    const Core* best_core()
    const Core* best_core(const PlanSpec& plan)
    const Core* core_named(const char* name)
