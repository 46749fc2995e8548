// Activation of a whole layer: the kernel for every row and unit, and the expansion and summation for scope.
#pragma once

#include "../plan.hpp"
#include "registry.hpp"

namespace SK_ISA {

// Arrays of one layer for a block of rows. Each row is padded to a whole number of vectors.
template <class T> struct LayerBlock {
    int64_t rows, stride;
    T* z;              // (rows, stride) pre-activations, without the bias where it is added as they are read
    T* h;              // (rows, stride) activations
    T* slope;          // (rows, stride) f'(z) of kernels that keep it; z itself, which it replaces, of fixed functions;
                       // nullptr if no backward pass follows
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

// Whether a kernel keeps the slope apart from z, which it needs again.
template <class T> bool slope_apart(const Activation& which) {
    bool apart = false;
    with_kernel<Vector<T>>(which, [&](auto kernel) {
        apart = KeepsSlope<decltype(kernel)>::value && !IsFixed<decltype(kernel)>::value;
    });
    return apart;
}

// Rows that are passed at a time, some units after others, so that wide rows stay in the cache, and what belongs to the
// units in registers or near to them.
template <class Kernel>
constexpr int64_t rows_together = IsFixed<Kernel>::value ? 8 : KeepsSlope<Kernel>::value ? 256 : 1;

// Calls visit(unit, begin, end) for each vector of units and some rows at a time.
template <class Kernel, class T, class Visit> void each_column(const LayerBlock<T>& b, Visit visit) {
    for (int64_t begin = 0; begin < b.rows; begin += rows_together<Kernel>) {
        const int64_t end = begin + rows_together<Kernel> < b.rows ? begin + rows_together<Kernel> : b.rows;
        for (int64_t j = 0; j < b.stride; j += lanes<T>) visit(j, begin, end);
    }
}

// h = f(z + bias), which z becomes unless it is read again with the bias. False if the kind is not compiled.
template <class T> bool activate(const Activation& which, const LayerBlock<T>& block) {
    using V = Vector<T>;
    return with_kernel<V>(which, [&](auto kernel) {
        // Copies of pointers stay in registers: no store can change them.
        each_column<decltype(kernel)>(block, [b = block, kernel](int64_t j, int64_t begin, int64_t end) {
            const V bias = load<V>(b.bias + j);
            const Parameters<V> p{b.p + j, b.stride};
            if constexpr (KeepsSlope<decltype(kernel)>::value) {
                const auto function = kernel.of_units(p);
                for (int64_t at = begin * b.stride + j; at < end * b.stride; at += b.stride) {
                    V slope, z = load<V>(b.z + at) + bias;
                    store(b.h + at, function(z, slope));
                    if (b.slope) store(b.slope + at, slope);
                    else store(b.z + at, z);
                }
            } else {
                for (int64_t at = begin * b.stride + j; at < end * b.stride; at += b.stride) {
                    const V z = load<V>(b.z + at) + bias;
                    store(b.z + at, z);
                    store(b.h + at, kernel.value(z, p));
                }
            }
        });
    });
}

// d <- d * f'(z); adds to the gradients of parameters and bias. False if the kind is not compiled.
template <class T> bool backpropagate(const Activation& which, const LayerBlock<T>& block, T* d) {
    using V = Vector<T>;
    return with_kernel<V>(which, [&](auto kernel) {
        each_column<decltype(kernel)>(block, [b = block, kernel, d](int64_t j, int64_t begin, int64_t end) {
            V total = load<V>(b.bias_gradient + j);
            const V bias = load<V>(b.bias + j);
            const Parameters<V> p{b.p + j, b.stride};
            const Gradients<V> g{b.p_gradient + j, b.stride};
            const auto send_down = [&](int64_t at, V up, V slope) {
                const V down = up * slope;
                store(d + at, down);
                total += down;
            };
            if constexpr (KeepsSlope<decltype(kernel)>::value) {
                const auto next = [&](int64_t r, V& z) {
                    const int64_t at = r * b.stride + j;
                    const V up = load<V>(d + at);
                    z = load<V>(b.z + at) + bias;
                    send_down(at, up, load<V>(b.slope + at));
                    return up;
                };
                kernel.add_gradients(begin, end, next, g);
            } else {
                for (int64_t at = begin * b.stride + j; at < end * b.stride; at += b.stride) {
                    const V up = load<V>(d + at);
                    send_down(at, up, kernel.derivative(load<V>(b.z + at), p, up, g));
                }
            }
            store(b.bias_gradient + j, total);
        });
    });
}

}  // namespace SK_ISA
