// A learned mixture of fixed functions.
#pragma once

#include "fixed.hpp"

namespace SK_ISA {

// f(z) = s_0(z) + sum_{i >= 1} w_i (s_i(z) - s_0(z)): weights that sum to one, s_0 taking the rest.
// With (identity, mish) it is the gate of D. Holzmueller et al., arXiv:2407.04491; with several functions the
// adaptive blending unit of L. R. Suetfeld et al., arXiv:1806.10064.  Constants: the kinds of s_0, s_1, ...
template <class V> struct Blend {
    int count;
    const double* kinds;
    static bool fits(const Activation& which) {
        return which.n_constants > 0 && which.n_parameters == which.n_constants - 1;
    }
    explicit Blend(const Activation& which) : count(which.n_constants), kinds(which.constants) {}

    V value(V z, Parameters<V> p) const {
        V slope;
        const V base = fixed(int(kinds[0]), z, slope);
        V f = base;
        for (int i = 1; i < count; ++i) f += p[i - 1] * (fixed(int(kinds[i]), z, slope) - base);
        return f;
    }
    V slope(V z, Parameters<V> p, V d, Gradients<V> g) const {
        V base_slope, slope;
        const V base = fixed(int(kinds[0]), z, base_slope);
        V df = base_slope;
        for (int i = 1; i < count; ++i) {
            g.add(i - 1, d * (fixed(int(kinds[i]), z, slope) - base));
            df += p[i - 1] * (slope - base_slope);
        }
        return df;
    }

  private:
    static V fixed(int kind, V z, V& slope);
};

}  // namespace SK_ISA
