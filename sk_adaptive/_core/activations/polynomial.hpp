// Polynomial with learned coefficients.
#pragma once

#include "kernel.hpp"

namespace SK_ISA {

// f(z) = k_0 + k_1 z + sum_{n >= 2} k_n c(z)^n,  c(z) = z / sqrt(1 + (z / 3)^2).
// c is bounded, so that the powers stay finite; the linear part uses z itself.
template <class V> struct Polynomial {
    using T = Scalar<V>;
    static constexpr T bound = 3, far = T(1e15);  // beyond it, c equals its limit up to rounding
    int degree;
    static bool fits(const Activation& which) { return which.n_parameters >= 2; }
    explicit Polynomial(const Activation& which) : degree(which.n_parameters - 1) {}

    V value(V z, Parameters<V> p) const {
        V f = p[0] + p[1] * z;
        if (degree < 2) return f;
        const V c = bounded(z);
        V higher = p[degree];
        for (int n = degree - 1; n >= 2; --n) higher = higher * c + p[n];
        return f + higher * c * c;
    }
    V derivative(V z, Parameters<V> p, V d, Gradients<V> g) const {
        g.add(0, d);
        g.add(1, d * z);
        if (degree < 2) return p[1] + V{} * z;
        const V c = bounded(z);
        V power = d * c, derivative = T(degree) * p[degree];
        for (int n = 2; n <= degree; ++n) g.add(n, power *= c);
        for (int n = degree - 1; n >= 2; --n) derivative = derivative * c + T(n) * p[n];
        // dc/dz = (1 + (z/3)^2)^(-3/2) = (1 - (c/3)^2)^(3/2)
        const V r = T(1) / (T(1) + squared_ratio(z));
        return p[1] + derivative * c * r * square_root(r);
    }

  private:
    static V squared_ratio(V z) {
        const V q = clamp(z, -far, far) / bound;
        return q * q;
    }
    static V bounded(V z) { return clamp(z, -far, far) / square_root(T(1) + squared_ratio(z)); }
};

}  // namespace SK_ISA
