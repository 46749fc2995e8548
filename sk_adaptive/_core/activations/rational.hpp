// Rational function without poles, with learned coefficients.
#pragma once

#include "kernel.hpp"

namespace SK_ISA {

// f(x) = P(x) / Q(x),  P = sum a_i x^i,  Q = 1 + |A(x)|,  A = sum_{j >= 1} b_j x^j.  Q >= 1: no poles.
// A. Molina et al., arXiv:1907.06732.  Beyond +-limit it continues along its tangent, so that the powers stay
// bounded.
// Constants: degree of P, degree of A, limit.  Parameters: a_0 .. a_m, b_1 .. b_n.
template <class V> struct Rational {
    using T = Scalar<V>;
    int m, n;
    T limit;
    static bool fits(const Activation& which) {
        const double m = which.constant(0, -1), n = which.constant(1, -1);
        return m >= 0 && n >= 0 && m + n + 1 == which.n_parameters && int(m) == m && which.constant(2) > 0;
    }
    explicit Rational(const Activation& which)
        : m(int(which.constant(0))), n(int(which.constant(1))), limit(T(which.constant(2))) {}

    V value(V z, Parameters<V> p) const {
        const At at(*this, z, p);
        return at.f + at.excess * at.df;
    }
    V derivative(V z, Parameters<V> p, V d, Gradients<V> g) const {
        const At at(*this, z, p);
        // df/da_i = x^i / Q; for the tangent, d(f')/da_i = (i x^(i-1) - x^i Q'/Q) / Q; for b in the same way.
        const V dq = d * at.q, ratio = at.dQ * at.q, past = dq * at.excess;
        const V same = dq - past * ratio;
        V power = splat<V>(1), before = V{};
        for (int i = 0; i <= m; ++i) {
            g.add(i, same * power + past * (T(i) * before));
            before = power;
            power *= at.x;
        }
        const V b_same = -at.sign * (dq * at.f + past * (at.df - at.f * ratio)), b_past = -at.sign * past * at.f;
        power = at.x;
        before = splat<V>(1);
        for (int j = 1; j <= n; ++j) {
            g.add(m + j, b_same * power + b_past * (T(j) * before));
            before = power;
            power *= at.x;
        }
        return at.df + V{} * z;
    }

  private:
    struct At {  // function and derivative at x, the clamped argument
        V x, excess, q, f, dQ, df, sign;  // q = 1/Q
        At(const Rational& r, V z, Parameters<V> p) {
            x = clamp(z, -r.limit, r.limit);
            excess = z - x;
            V P = p[r.m], dP{}, A{}, dA{};
            for (int i = r.m - 1; i >= 0; --i) {
                dP = dP * x + P;
                P = P * x + p[i];
            }
            for (int j = r.n; j >= 1; --j) {
                dA = dA * x + A;
                A = A * x + p[r.m + j];
            }
            dA = dA * x + A;  // here A is A(x)/x
            A *= x;
            sign = A < T(0) ? splat<V>(-1) : splat<V>(1);
            q = T(1) / (T(1) + absolute(A));
            dQ = sign * dA;
            f = P * q;
            df = (dP - f * dQ) * q;
        }
    };
};

}  // namespace SK_ISA
