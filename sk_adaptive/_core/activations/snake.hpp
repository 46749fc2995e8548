// Snake: the identity plus a sine squared of learned frequency.
#pragma once

#include "kernel.hpp"

namespace SK_ISA {

// f(z) = z + sin(a z)^2 / a.  L. Ziyin et al., arXiv:2006.08195.
// Computed as z + z q sin(a z) with q = sin(a z) / (a z), which is smooth at a = 0: a needs no constraint.
template <class V> struct Snake {
    using T = Scalar<V>;
    static bool fits(const Activation& which) { return which.n_parameters == 1; }
    explicit Snake(const Activation&) {}
    V value(V z, Parameters<V> p) const {
        V sine, cosine;
        const V u = p[0] * z;
        sine_cosine(u, sine, cosine);
        return z + z * ratio(u, sine) * sine;
    }
    V derivative(V z, Parameters<V> p, V d, Gradients<V> g) const {
        V sine, cosine;
        const V u = p[0] * z;
        sine_cosine(u, sine, cosine);
        const V q = ratio(u, sine);
        g.add(0, d * (z * q) * (z * (T(2) * cosine - q)));
        return T(1) + T(2) * sine * cosine;
    }

  private:
    static V ratio(V u, V sine) {
        return absolute(u) < T(1e-4) ? T(1) - u * u * T(1.0 / 6) : sine / u;
    }
};

}  // namespace SK_ISA
