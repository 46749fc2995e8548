// Activation of a whole layer: the kernel for every row and unit, and the expansion and summation for scope.
#pragma once

#include "../plan.hpp"
#include "registry.hpp"

namespace SK_ISA {

// Arrays of one layer for a block of rows. Each row is padded to a whole number of vectors.
template <class T> struct LayerBlock {
    int64_t rows, stride;
    bool training;     // whether a backward pass follows
    T* z;              // (rows, stride) pre-activations; in training with a fixed function: its derivatives
    T* h;              // (rows, stride) activations
    const T* bias;     // (stride,)
    const T* p;        // (n_parameters, stride) one set per unit
    T* p_gradient;     // (n_parameters, stride)
    T* bias_gradient;  // (stride,)
};

// Copies the parameters to one set per unit, for any scope. The padding repeats the last unit: valid numbers.
template <class T>
void expand_parameters(int n_parameters, bool per_unit, int64_t units, int64_t stride, const T* from, T* to) {
    for (int i = 0; i < n_parameters; ++i)
        for (int64_t j = 0; j < stride; ++j)
            to[i * stride + j] = per_unit ? from[i * units + (j < units ? j : units - 1)] : from[i];
}

// Adds the gradient to that of the parameters in theta: per unit as it is, per layer the sum over units. Several
// layers can share one set, so this adds.
template <class T>
void reduce_parameters(int n_parameters, bool per_unit, int64_t units, int64_t stride, const T* from, T* to) {
    for (int i = 0; i < n_parameters; ++i) {
        if (per_unit) {
            for (int64_t j = 0; j < units; ++j) to[i * units + j] += from[i * stride + j];
        } else {
            T total = 0;
            for (int64_t j = 0; j < units; ++j) total += from[i * stride + j];
            to[i] += total;
        }
    }
}

template <class T> void add_bias(const LayerBlock<T>& b) {
    for (int64_t r = 0; r < b.rows; ++r)
        for (int64_t j = 0; j < b.stride; ++j) b.z[r * b.stride + j] += b.bias[j];
}

// z += bias; h = f(z). False if the kind is not compiled.
template <class T> bool activate(const Activation& which, const LayerBlock<T>& b) {
    using V = Vector<T>;
    return with_kernel<V>(which, [&](auto kernel) {
        for (int64_t r = 0; r < b.rows; ++r) {
            T *z = b.z + r * b.stride, *h = b.h + r * b.stride;
            for (int64_t j = 0; j < b.stride; j += lanes<T>) {
                const V x = load<V>(z + j) + load<V>(b.bias + j);
                if constexpr (IsFixed<decltype(kernel)>::value) {
                    V derivative;
                    store(h + j, kernel.both(x, derivative));
                    store(z + j, b.training ? derivative : x);
                } else {
                    store(z + j, x);
                    store(h + j, kernel.value(x, Parameters<V>{b.p + j, b.stride}));
                }
            }
        }
    });
}

// d <- d * f'(z); adds to the gradients of parameters and bias. False if the kind is not compiled.
template <class T> bool backpropagate(const Activation& which, const LayerBlock<T>& b, T* d) {
    using V = Vector<T>;
    return with_kernel<V>(which, [&](auto kernel) {
        constexpr bool is_fixed = IsFixed<decltype(kernel)>::value;
        const auto one = [&](int64_t at, int64_t j, V& bias_gradient) {
            const V up = load<V>(d + at);
            V derivative = load<V>(b.z + at);
            if constexpr (!is_fixed)
                derivative = kernel.derivative(derivative, Parameters<V>{b.p + j, b.stride}, up,
                                               Gradients<V>{b.p_gradient + j, b.stride});
            const V down = up * derivative;
            store(d + at, down);
            bias_gradient += down;
        };
        const auto column = [&](int64_t j, int64_t first, int64_t past) {
            V total = load<V>(b.bias_gradient + j);
            for (int64_t r = first; r < past; ++r) one(r * b.stride + j, j, total);
            store(b.bias_gradient + j, total);
        };
        // Without parameters, 8 rows at a time: the sums stay in registers and wide rows stay in the cache. Gradients
        // of parameters do not fit in registers.
        constexpr int64_t rows_together = is_fixed ? 8 : 1;
        for (int64_t first = 0; first < b.rows; first += rows_together) {
            const int64_t past = first + rows_together < b.rows ? first + rows_together : b.rows;
            for (int64_t j = 0; j < b.stride; j += lanes<T>) column(j, first, past);
        }
    });
}

}  // namespace SK_ISA
