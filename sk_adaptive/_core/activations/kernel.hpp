// Interface of activation kernels.
//
// A kernel is a struct with
//     static bool fits(const Activation& which);                      // whether all numbers that it reads exist
//     explicit Kernel(const Activation& which);                       // reads its constants
//     V value(V z, Parameters<V> p) const;                            // f(z)
//     V derivative(V z, Parameters<V> p, V d, Gradients<V> g) const;  // returns f'(z), adds d * df/dp_i to g
// It computes a vector of neighbouring units and has one set of parameters per unit; the caller handles scope.
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

// The lanes of a vector in memory: to read them from a register one by one is slower.
template <class V> struct Lanes {
    Scalar<V> of[lanes_of<V>];
    Lanes() = default;
    explicit Lanes(V v) { store(of, v); }
    Scalar<V>& operator[](int k) { return of[k]; }
    Scalar<V> operator[](int k) const { return of[k]; }
    V vector() const { return load<V>(of); }
};

// Whether to select one of n parameters for each lane is faster with n vector comparisons than lane by lane.
template <class V> bool select_is_faster(int n) { return n <= lanes_of<V>; }

// Parameters of the current units: parameter i of an array (n_parameters, stride).
template <class V> struct Parameters {
    const Scalar<V>* first;
    int64_t stride;
    V operator[](int64_t i) const { return load<V>(first + i * stride); }
    // Parameters i and i + 1 of n; each lane has its own i.
    void gather_pair(Index<V> i, int n, V& low, V& high) const {
        if (select_is_faster<V>(n)) {
            low = (*this)[0];
            V next = high = (*this)[1];
            for (int k = 1; k < n - 1; ++k) {
                low = i == k ? next : low;
                next = (*this)[k + 1];
                high = i == k ? next : high;
            }
            return;
        }
        Lanes<Index<V>> at(i * Scalar<Index<V>>(stride));
        Lanes<V> lows, highs;
        for (int k = 0; k < lanes_of<V>; ++k) {
            lows[k] = first[at[k] + k];
            highs[k] = first[at[k] + stride + k];
        }
        low = lows.vector();
        high = highs.vector();
    }
};

// Gradients of the parameters of the current units.
template <class V> struct Gradients {
    Scalar<V>* first;
    int64_t stride;
    void add(int64_t i, V v) const { store(first + i * stride, load<V>(first + i * stride) + v); }
    // Adds to the gradients of parameters i and i + 1 of n; each lane has its own i.
    void scatter_pair(Index<V> i, int n, V low, V high) const {
        if (select_is_faster<V>(n)) {
            V carried{};
            for (int k = 0; k < n - 1; ++k) {
                add(k, i == k ? low : carried);
                carried = i == k ? high : V{};
            }
            add(n - 1, carried);
            return;
        }
        const Lanes<Index<V>> at(i * Scalar<Index<V>>(stride));
        const Lanes<V> lows(low), highs(high);
        for (int k = 0; k < lanes_of<V>; ++k) {
            first[at[k] + k] += lows[k];
            first[at[k] + stride + k] += highs[k];
        }
    }
};

// A kernel without parameters: one function computes value and derivative.
template <class V, template <class> class Function> struct Fixed {
    explicit Fixed(const Activation&) {}
    static V both(V z, V& derivative) { return Function<V>::both(z, derivative); }
};
template <class Kernel> struct IsFixed : std::false_type {};
template <class V, template <class> class Function> struct IsFixed<Fixed<V, Function>> : std::true_type {};

}  // namespace SK_ISA
