// What an activation kernel is given.
//
// A kernel is a struct with
//     static bool fits(const Activation& which);                      // whether it has the numbers that are read
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

// A vector's lanes in memory: taking them out of a register one by one is slower.
template <class V> struct Lanes {
    Scalar<V> of[lanes_of<V>];
    Lanes() = default;
    explicit Lanes(V v) { store(of, v); }
    Scalar<V>& operator[](int k) { return of[k]; }
    Scalar<V> operator[](int k) const { return of[k]; }
    V vector() const { return load<V>(of); }
};

// Whether each lane's own of n parameters is found sooner by looking at all of them, in whole vectors, than lane by lane.
template <class V> bool few(int n) { return n <= lanes_of<V>; }

// Parameter i of the current units, out of an array (n_parameters, stride).
template <class V> struct Parameters {
    const Scalar<V>* first;
    int64_t stride;
    V operator[](int64_t i) const { return load<V>(first + i * stride); }
    // Each lane's own parameters i and i + 1, out of n.
    void gather_pair(Index<V> i, int n, V& low, V& high) const {
        if (few<V>(n)) {
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

template <class V> struct Gradients {
    Scalar<V>* first;
    int64_t stride;
    void add(int64_t i, V v) const { store(first + i * stride, load<V>(first + i * stride) + v); }
    // Adds to each lane's own parameters i and i + 1, out of n.
    void scatter_pair(Index<V> i, int n, V low, V high) const {
        if (few<V>(n)) {
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

// A kernel without parameters: value and slope come together.
template <class V, template <class> class Function> struct Fixed {
    explicit Fixed(const Activation&) {}
    static V both(V z, V& slope) { return Function<V>::both(z, slope); }
};
template <class Kernel> struct IsFixed : std::false_type {};
template <class V, template <class> class Function> struct IsFixed<Fixed<V, Function>> : std::true_type {};

}  // namespace SK_ISA
