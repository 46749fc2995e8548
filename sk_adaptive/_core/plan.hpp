// What Python tells the core: plain structs, filled by engine.pyx, read by every instruction set.
#pragma once

#include <cstdint>

namespace sk_adaptive {

enum DType { float32 = 0, float64 = 1 };
enum Status { ok = 0, interrupted = 1, diverged = 2 };

// The way back into Python; each returns nonzero after an exception, which `context`, one per call, keeps.
struct Callback {
    // A user's activation. Arrays are (rows, stride) or (n_parameters, stride), only `units` columns matter.
    // gradient == nullptr: write f(z) into out. Otherwise out holds the upstream gradient d on entry and d * f'(z) on
    // return, and d * df/dp summed over rows is added to gradient.
    int (*activation)(void* context, int layer, int dtype, int64_t rows, int64_t units, int64_t stride, const void* z,
                      const void* parameters, void* out, void* gradient);
    // A user's loss. Raw outputs and gradient are (rows, stride), targets (rows, n_out), weights (rows,). The weighted
    // loss is added to `loss`.
    int (*loss)(void* context, int dtype, int64_t rows, int64_t n_out, int64_t stride, const void* raw,
                const void* targets, const void* weights, void* gradient, double* loss);
    // Handles signals, now and then, in the thread that called the core.
    int (*poll)(void* context);
    void* context;
};

struct LayerSpec {
    int64_t n_in, n_out;
    int64_t weights, bias, parameters;  // offsets in theta; weights are (n_in, n_out), row by row
    int kind;                           // activation that follows; ignored on the output layer
    int n_parameters;
    int per_unit;  // 1: theta holds (n_parameters, n_out); 0: one set for the layer, expanded here
    int n_constants;
    const double* constants;
};

// A column of the table whose level, one of several, selects an input that is 1 for this row and 0 for others: a
// category, or a number that may be missing.
struct LevelsSpec {
    int64_t column;
    int64_t n_levels;       // a category: the column holds a level's number; 0: a number, whose only level is "missing"
    const int64_t* inputs;  // (max(n_levels, 1),) the input of each level, -1: none
};

// What the first layer reads of a row: numbers first, then levels, whose weights are added without a product.
struct InputsSpec {
    int64_t n_columns;  // of the table
    int64_t n_numbers;
    const int64_t* columns;  // (n_numbers,) where each number stands; a column may be read several times
    // (n_numbers,): a number x becomes (x - centre) * factor, clipped to [lower, upper]; NaN becomes `missing`.
    const double *centre, *factor, *lower, *upper, *missing;
    int64_t n_centred;
    const int64_t* centred;  // (n_centred,) the numbers whose centre is not 0
    int n_levels;
    const LevelsSpec* levels;
    const void* shift;  // (n_members, n_out of the first layer) added to what the inputs give, or nullptr
};

struct PlanSpec {
    int dtype;
    int n_layers;  // the last one is the output layer: weights (n_members, n_in, n_out), bias (n_members, n_out)
    const LayerSpec* layers;
    InputsSpec inputs;
    int64_t n_theta;
    int n_members;
    const void* signs;    // (n_members, n_in) of +-1, or nullptr
    int64_t input_scale;  // offset in theta of one factor per input, or -1
    int loss;              // -1: written in Python
    double loss_constant;  // label smoothing, quantile, huber's delta
    double dropout;
    Callback callback;
};

struct DataSpec {
    int64_t n_rows;
    int values_dtype;        // of `values` alone: all other arrays have the plan's
    const void* values;      // dense (n_rows, n_features), or the stored elements of a CSR matrix
    const int32_t* columns;  // CSR, nullptr when dense
    const int64_t* starts;   // CSR, nullptr when dense
    const void* targets;     // (n_rows, n_targets)
    const void* weights;     // (n_rows,), or nullptr
};

// Which units a pass drops.
struct DropoutSpec {
    uint64_t number;        // random, another one for each epoch
    const int64_t* places;  // (n_rows,): of the rows in the epoch, or nullptr where it is their order
};

// One stretch of theta that is updated alike.
struct GroupSpec {
    int64_t begin, end;
    double rate_factor;   // multiplies the learning rate; 0 freezes
    double decay;         // decoupled: theta -= rate * decay * (theta - anchor)
    const void* anchor;   // (end - begin,), or nullptr for zero
};

constexpr int max_solver_constants = 4;

struct SolverSpec {
    int kind;
    double constants[max_solver_constants];
    double max_norm;      // of the gradient; 0 does not clip
    double decay_factor;  // multiplies the decay of groups without an anchor, in this epoch
    int n_groups;
    const GroupSpec* groups;
    void* state;     // (n_buffers, n_theta)
    int64_t* steps;  // taken so far
};

struct EpochSpec {
    DataSpec data;
    int64_t n_rows;        // of an epoch
    int64_t* order;        // (n_rows,): numbers of these rows, shuffled in place, or nullptr to take all as they lie
    uint64_t* random;      // (4,): generator state
    int64_t batch_size;
    const double* rates;   // learning rate of each of this epoch's batches
};

}  // namespace sk_adaptive
