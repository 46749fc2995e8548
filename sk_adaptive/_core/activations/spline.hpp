#pragma once

#include "kernel.hpp"

namespace SK_ISA {

// The linear spline through (t_k, c_k) on equally spaced knots t_k, continued linearly beyond both ends.
// P. Bohra et al., IEEE Open Journal of Signal Processing 1 (2020) 295.  Constants: first knot, last knot.
template <class V> struct Spline {
    using T = Scalar<V>;
    int segments;
    T first, per_step;
    explicit Spline(const Activation& which)
        : segments(which.n_parameters - 1),
          first(T(which.constant(0))),
          per_step(T(segments / (which.constant(1) - which.constant(0)))) {}

    V value(V z, Parameters<V> p) const {
        V r;
        const Index<V> k = segment(z, r);
        const V low = p.gather(k);
        return low + r * (p.gather(k + 1) - low);
    }
    V slope(V z, Parameters<V> p, V d, Gradients<V> g) const {
        V r;
        const Index<V> k = segment(z, r);
        g.scatter(k, d * (T(1) - r));
        g.scatter(k + 1, d * r);
        return (p.gather(k + 1) - p.gather(k)) * per_step + V{} * z;
    }

  private:
    // The segment that z falls in and the position in it: 0 at its left knot, 1 at its right.
    Index<V> segment(V z, V& position) const {
        const V u = (z - first) * per_step;
        Index<V> k = truncate(clamp(u, T(0), T(segments - 1)));
        k = k < 0 ? Index<V>{} : k;  // NaN truncates to anything
        const Index<V> last = Index<V>{} + (segments - 1);
        k = k > last ? last : k;
        for (int i = 0; i < lanes_of<V>; ++i) position[i] = T(k[i]);
        position = u - position;
        return k;
    }
};

}  // namespace SK_ISA
