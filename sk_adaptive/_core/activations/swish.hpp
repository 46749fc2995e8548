// Swish with a learned factor beta.
#pragma once

#include "kernel.hpp"

namespace SK_ISA {

// f(z) = z logistic(beta z).  P. Ramachandran et al., arXiv:1710.05941.
template <class V> struct Swish {
    using T = Scalar<V>;
    static bool fits(const Activation& which) { return which.n_parameters == 1; }
    explicit Swish(const Activation&) {}
    V value(V z, Parameters<V> p) const { return z * logistic(p[0] * z); }
    V derivative(V z, Parameters<V> p, V d, Gradients<V> g) const {
        const V s = logistic(p[0] * z), rest = z * (T(1) - s);
        g.add(0, d * (z * s) * rest);
        return s * (T(1) + p[0] * rest);
    }
};

}  // namespace SK_ISA
