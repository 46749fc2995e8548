// Interface of activation kernels.
//
// A kernel is a struct with
//     static bool fits(const Activation& which);                      // whether all numbers that it reads exist
//     explicit Kernel(const Activation& which);                       // reads its constants
//     V value(V z, Parameters<V> p) const;                            // f(z)
//     V derivative(V z, Parameters<V> p, V d, Gradients<V> g) const;  // returns f'(z), adds d * df/dp_i to g
// It computes a vector of neighbouring units and has one set of parameters per unit; the caller handles scope.
// A kernel of which KeepsSlope is true has, in place of the last two,
//     auto of_units(Parameters<V> p) const;                           // function of (z, slope): f(z), and sets f'(z)
//     void add_gradients(begin, end, next, Gradients<V> g) const;     // adds d * df/dp_i of rows [begin, end) to g
// next(row, z), to be called once for each row, sets z and returns d.
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

// Parameters of the current units: parameter i of an array (n_parameters, stride).
template <class V> struct Parameters {
    const Scalar<V>* first;
    int64_t stride;
    V operator[](int64_t i) const { return load<V>(first + i * stride); }
};

// Gradients of the parameters of the current units.
template <class V> struct Gradients {
    Scalar<V>* first;
    int64_t stride;
    void add(int64_t i, V v) const { store(first + i * stride, load<V>(first + i * stride) + v); }
};

template <class Kernel> struct KeepsSlope : std::false_type {};
template <class Kernel> struct IsFixed : std::false_type {};

// A kernel without parameters.
template <class V, template <class> class Function> struct Fixed {
    explicit Fixed(const Activation&) {}
    static auto of_units(Parameters<V>) { return Function<V>::both; }
    template <class Next> static void add_gradients(int64_t begin, int64_t end, Next next, Gradients<V>) {
        V z;
        for (int64_t r = begin; r < end; ++r) next(r, z);
    }
};
template <class V, template <class> class Function> struct KeepsSlope<Fixed<V, Function>> : std::true_type {};
template <class V, template <class> class Function> struct IsFixed<Fixed<V, Function>> : std::true_type {};

}  // namespace SK_ISA
