// The core's functions, as one table for each instruction set; engine.pyx takes the best this machine has.
#pragma once

#include "plan.hpp"
#include "team.hpp"

namespace sk_adaptive {

// Element (i, j) is at[i * row + j * column], one of the two strides being 1.
struct MatrixSpec {
    const void* at;
    int64_t row, column;
};

// Each function fills arrays that Python made, works in Python's workspace (64-byte aligned, zeroed once), and
// returns a Status. `rows` is how many rows a network passes at a time.
struct Core {
    const char* name;
    int64_t (*workspace_bytes)(const PlanSpec& plan, int dense, int64_t rows, int team_size, int training);
    // Raw outputs (n_members, n_rows, n_outputs).
    int (*forward)(const PlanSpec& plan, const DataSpec& data, const void* theta, int64_t rows, Team* team,
                   void* workspace, void* out);
    // Each hidden layer's pre-activations z[layer] and activations h[layer], (n_members * n_rows, n_units) member by
    // member; nullptr leaves one out.
    int (*hidden)(const PlanSpec& plan, const DataSpec& data, const void* theta, int64_t rows, Team* team,
                  void* workspace, void* const* z, void* const* h);
    // Mean loss, and its gradient unless that is nullptr, for which units may be dropped.
    int (*loss_and_grad)(const PlanSpec& plan, const DataSpec& data, const void* theta, int64_t rows, Team* team,
                         void* workspace, double* loss, void* gradient, const DropoutSpec* dropout);
    // Raw outputs (n_rows, n_members, n_outputs), and the gradient of each, (n_rows, n_members, n_outputs, n_theta). The
    // workspace is that of one row.
    int (*jacobian)(const PlanSpec& plan, const DataSpec& data, const void* theta, Team* team, void* workspace,
                    void* out, void* jacobian);
    // Mean loss over the epoch, and the largest magnitude in theta after it.
    int (*train_epoch)(const PlanSpec& plan, const EpochSpec& epoch, const SolverSpec& solver, void* theta,
                       int64_t rows, Team* team, void* workspace, double* loss, double* largest);
    // One step of the solver along a gradient that was summed elsewhere, which is clipped in place.
    void (*step)(const PlanSpec& plan, const SolverSpec& solver, double rate, void* theta, void* gradient);
    // The order of an epoch's n rows, as train_epoch shuffles it; `random` (4,) is the generator's state.
    void (*shuffle)(uint64_t* random, int64_t* order, int64_t n);
    // The generator's next number, as train_epoch draws that of an epoch's dropout.
    uint64_t (*next_number)(uint64_t* random);
    // Whether a layer has the parameters and constants that its compiled activation reads.
    int (*fits)(const LayerSpec& layer);
    // One layer's activation alone, z, h, slope and d (n_rows, stride) with stride from `padded`; for tests and
    // inspection.
    int64_t (*padded)(int dtype, int64_t units);
    int (*activation)(const LayerSpec& layer, int dtype, int64_t rows, int64_t stride, void* z, const void* p, void* h,
                      void* slope, void* d, void* p_gradient);
    // C (m, n) = A (m, k) B (k, n) [+ C], C's rows `stride` apart; for tests.
    void (*multiply)(int dtype, int64_t m, int64_t n, int64_t k, const MatrixSpec& a, const MatrixSpec& b, int add,
                     void* c, int64_t stride);
    // An elementary function by its number in `elementary_names`, over n values, n a multiple of padded(dtype, 1).
    void (*elementary)(int which, int dtype, int64_t n, const void* x, void* y);
};

extern const Core core_baseline;
#ifdef SK_X86
extern const Core core_avx2;
extern const Core core_avx512;
#endif

extern const char* const activation_names[];  // ends with nullptr
extern const char* const loss_names[];
extern const char* const solver_names[];
extern const int solver_buffers[];
extern const char* const elementary_names[];

}  // namespace sk_adaptive
