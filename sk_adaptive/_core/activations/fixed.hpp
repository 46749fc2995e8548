// Fixed activation functions: value and derivative from the pre-activation.
//
// One function computes both, because they share an exponential; the compiler removes the one that is not used.
// The same functions in NumPy are in sk_adaptive/activations/_functions.py.
#pragma once

#include "kernel.hpp"

namespace SK_ISA {

template <class V> struct Identity {
    static V both(V z, V& derivative) {
        derivative = Scalar<V>(1) + V{} * z;
        return z;
    }
};

template <class V> struct Logistic {
    static V both(V z, V& derivative) {
        const V s = logistic(z);
        derivative = s * (Scalar<V>(1) - s);
        return s;
    }
};

template <class V> struct Tanh {
    static V both(V z, V& derivative) {
        const V t = tanh(z);
        derivative = Scalar<V>(1) - t * t;
        return t;
    }
};

template <class V> struct ReLU {
    static V both(V z, V& derivative) {
        derivative = z > 0 ? splat<V>(1) : V{} * z;
        return z < 0 ? V{} : z;
    }
};

template <class V> struct LeakyReLU {
    using T = Scalar<V>;
    static V both(V z, V& derivative) {
        derivative = z > 0 ? splat<V>(1) : T(0.01) + V{} * z;
        return z < 0 ? T(0.01) * z : z;
    }
};

template <class V> struct ELU {
    static V both(V z, V& derivative) {
        const V e = exponential_minus_one(at_most(z, 0));
        derivative = z > 0 ? splat<V>(1) : Scalar<V>(1) + e;
        return z < 0 ? e : z;
    }
};

template <class V> struct SELU {  // arXiv:1706.02515
    using T = Scalar<V>;
    static constexpr T scale = T(1.0507009873554805), alpha = T(1.6732632423543772);
    static V both(V z, V& derivative) {
        const V e = exponential_minus_one(at_most(z, 0));
        derivative = z > 0 ? splat<V>(scale) : scale * alpha * (T(1) + e);
        return z < 0 ? scale * alpha * e : scale * z;
    }
};

template <class V> struct SiLU {
    using T = Scalar<V>;
    static V both(V z, V& derivative) {
        const V s = logistic(z);
        derivative = s * (T(1) + z * (T(1) - s));
        return z * s;
    }
};

template <class V> struct GELU {  // arXiv:1606.08415, with the exact distribution function of the normal distribution
    static V both(V z, V& derivative) {
        V density;
        const V cdf = normal_cdf(z, density);
        derivative = cdf + z * density;
        return z * cdf;
    }
};

// tanh(softplus(z)) = n / (n + 2), n = e (e + 2), e = exp(z); above 20 (float64: 40) mish equals z up to
// rounding.
template <class V> struct Mish {  // arXiv:1908.08681
    using T = Scalar<V>;
    static constexpr T linear = sizeof(T) == 4 ? 20 : 40;
    static V both(V z, V& derivative) {
        const V e = exponential(at_most(z, linear)), n = e * (e + T(2)), q = T(1) / (n + T(2));
        derivative = z > linear ? splat<V>(1) : n * q + z * (T(4) * e * q) * ((e + T(1)) * q);
        return z > linear ? z : z * (n * q);
    }
};

template <class V> struct TiltedAbs {  // the average shape that networks learn: docs/benchmarks/shapes.rst
    using T = Scalar<V>;
    static V both(V z, V& derivative) {
        const V t = tanh(T(1.65) * z), slope = T(0.51) + t;
        derivative = slope + (T(1.65) * clamp(z, T(-20), T(20))) * (T(1) - t * t);
        return z * slope - T(0.4);
    }
};

template <class V> struct Softplus {
    static V both(V z, V& derivative) {
        derivative = logistic(z);
        return softplus(z);
    }
};

}  // namespace SK_ISA
