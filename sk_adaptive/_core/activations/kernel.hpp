// What an activation kernel is given.
//
// A kernel is a struct with
//     explicit Kernel(const Activation& which);                       // reads its constants
//     V value(V z, Parameters<V> p) const;                            // f(z)
//     V slope(V z, Parameters<V> p, V d, Gradients<V> g) const;       // returns f'(z), adds d * df/dp_i to g
// It sees a vector of neighbouring units and one set of parameters per unit; scope is the caller's business.
#pragma once

#include "../simd.hpp"

namespace SK_ISA {

struct Activation {
    int kind;
    int n_parameters;
    int n_constants;
    const double* constants;
    double constant(int i, double otherwise = 0) const { return i < n_constants ? constants[i] : otherwise; }
};

// Parameter i of the current units, out of an array (n_parameters, stride).
template <class V> struct Parameters {
    const Scalar<V>* first;
    int64_t stride;
    V operator[](int64_t i) const { return load<V>(first + i * stride); }
    V gather(Index<V> i) const {
        V v;
        for (int k = 0; k < lanes_of<V>; ++k) v[k] = first[i[k] * stride + k];
        return v;
    }
};

template <class V> struct Gradients {
    Scalar<V>* first;
    int64_t stride;
    void add(int64_t i, V v) const { store(first + i * stride, load<V>(first + i * stride) + v); }
    void scatter(Index<V> i, V v) const {
        for (int k = 0; k < lanes_of<V>; ++k) first[i[k] * stride + k] += v[k];
    }
};

// A kernel without parameters.
template <class V, template <class> class Function> struct Fixed {
    explicit Fixed(const Activation&) {}
    V value(V z, Parameters<V>) const { return Function<V>::value(z); }
    V slope(V z, Parameters<V>, V, Gradients<V>) const { return Function<V>::slope(z); }
};

}  // namespace SK_ISA
