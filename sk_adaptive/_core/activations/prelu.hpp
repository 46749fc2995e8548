// Parametric ReLU.
#pragma once

#include "kernel.hpp"

namespace SK_ISA {

// f(z) = max(0, z) + a min(0, z).  K. He et al., arXiv:1502.01852.
template <class V> struct PReLU {
    static bool fits(const Activation& which) { return which.n_parameters == 1; }
    explicit PReLU(const Activation&) {}
    V value(V z, Parameters<V> p) const { return z < 0 ? p[0] * z : z; }
    V derivative(V z, Parameters<V> p, V d, Gradients<V> g) const {
        g.add(0, d * (z > 0 ? V{} : z));
        return z > 0 ? splat<V>(1) : p[0] + V{} * z;
    }
};

}  // namespace SK_ISA
