// Mixture of fixed functions with learned weights.
#pragma once

#include "fixed.hpp"

namespace SK_ISA {

// f(z) = s_0(z) + sum_{i >= 1} w_i (s_i(z) - s_0(z)): the weights sum to one, so s_0 has
// the weight 1 - sum w_i.
// With (identity, mish) this is the gate of D. Holzmueller et al., arXiv:2407.04491; with more functions, the
// adaptive blending unit of L. R. Suetfeld et al., arXiv:1806.10064.  Constants: the kinds of s_0, s_1, ...
template <class V> struct Blend {
    int count;
    const double* kinds;
    static bool fits(const Activation& which) {
        return which.n_constants > 0 && which.n_parameters == which.n_constants - 1;
    }
    explicit Blend(const Activation& which) : count(which.n_constants), kinds(which.constants) {}

    V value(V z, Parameters<V> p) const {
        V derivative;
        const V base = fixed(int(kinds[0]), z, derivative);
        V f = base;
        for (int i = 1; i < count; ++i) f += p[i - 1] * (fixed(int(kinds[i]), z, derivative) - base);
        return f;
    }
    V derivative(V z, Parameters<V> p, V d, Gradients<V> g) const {
        V base_derivative, derivative;
        const V base = fixed(int(kinds[0]), z, base_derivative);
        V df = base_derivative;
        for (int i = 1; i < count; ++i) {
            g.add(i - 1, d * (fixed(int(kinds[i]), z, derivative) - base));
            df += p[i - 1] * (derivative - base_derivative);
        }
        return df;
    }

  private:
    static V fixed(int kind, V z, V& derivative);
};

}  // namespace SK_ISA
