// Linear spline through learned values at fixed knots.
#pragma once

#include "kernel.hpp"

namespace SK_ISA {

// The linear spline through (t_k, c_k) on equally spaced knots t_k, continued linearly beyond both ends.
// P. Bohra et al., IEEE Open Journal of Signal Processing 1 (2020) 295.  Constants: first knot, last knot.
template <class V> struct Spline {
    using T = Scalar<V>;
    int segments;
    T first, per_step;
    static bool fits(const Activation& which) {
        return which.n_parameters >= 2 && which.constant(0) < which.constant(1);
    }
    explicit Spline(const Activation& which)
        : segments(which.n_parameters - 1),
          first(T(which.constant(0))),
          per_step(T(segments / (which.constant(1) - which.constant(0)))) {}

    V value(V z, Parameters<V> p) const {
        V r, low, high;
        p.gather_pair(segment(z, r), segments + 1, low, high);
        return low + r * (high - low);
    }
    V derivative(V z, Parameters<V> p, V d, Gradients<V> g) const {
        V r, low, high;
        const Index<V> k = segment(z, r);
        p.gather_pair(k, segments + 1, low, high);
        g.scatter_pair(k, segments + 1, d * (T(1) - r), d * r);
        return (high - low) * per_step + V{} * z;
    }

  private:
    // The segment of z, and the position in it: 0 at its left knot, 1 at its right knot.
    Index<V> segment(V z, V& position) const {
        const V u = (z - first) * per_step;
        const Index<V> k = truncate(at_most(u > 0 ? u : V{}, T(segments - 1)));  // NaN gives the first segment
        position = u - __builtin_convertvector(k, V);
        return k;
    }
};

}  // namespace SK_ISA
