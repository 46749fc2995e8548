// Fixed activation functions: value and slope from the pre-activation.
// Their NumPy twins are in sk_adaptive/activations/fixed.py.
#pragma once

#include "kernel.hpp"

namespace SK_ISA {

template <class V> struct Identity {
    static V value(V z) { return z; }
    static V slope(V z) { return Scalar<V>(1) + V{} * z; }
};

template <class V> struct Logistic {
    static V value(V z) { return logistic(z); }
    static V slope(V z) {
        const V s = logistic(z);
        return s * (Scalar<V>(1) - s);
    }
};

template <class V> struct Tanh {
    static V value(V z) { return tanh(z); }
    static V slope(V z) {
        const V t = tanh(z);
        return Scalar<V>(1) - t * t;
    }
};

template <class V> struct ReLU {
    static V value(V z) { return z < 0 ? V{} : z; }
    static V slope(V z) { return z > 0 ? splat<V>(1) : V{} * z; }
};

template <class V> struct LeakyReLU {
    using T = Scalar<V>;
    static V value(V z) { return z < 0 ? T(0.01) * z : z; }
    static V slope(V z) { return z > 0 ? splat<V>(1) : T(0.01) + V{} * z; }
};

template <class V> struct ELU {
    static V value(V z) { return z < 0 ? exponential_minus_one(z) : z; }
    static V slope(V z) { return z > 0 ? splat<V>(1) : exponential(z); }
};

template <class V> struct SELU {  // arXiv:1706.02515
    using T = Scalar<V>;
    static constexpr T scale = T(1.0507009873554805), alpha = T(1.6732632423543772);
    static V value(V z) { return z < 0 ? scale * alpha * exponential_minus_one(z) : scale * z; }
    static V slope(V z) { return z > 0 ? splat<V>(scale) : scale * alpha * exponential(z); }
};

template <class V> struct SiLU {
    using T = Scalar<V>;
    static V value(V z) { return z * logistic(z); }
    static V slope(V z) {
        const V s = logistic(z);
        return s * (T(1) + z * (T(1) - s));
    }
};

template <class V> struct GELU {  // arXiv:1606.08415, with the exact normal distribution function
    static V value(V z) {
        V density;
        return z * normal_cdf(z, density);
    }
    static V slope(V z) {
        V density;
        const V cdf = normal_cdf(z, density);
        return cdf + z * density;
    }
};

// tanh(softplus(z)) = n / (n + 2), n = e (e + 2), e = exp(z); beyond +-20 (+-40) mish is z to rounding.
template <class V> struct Mish {  // arXiv:1908.08681
    using T = Scalar<V>;
    static constexpr T linear = sizeof(T) == 4 ? 20 : 40;
    static V value(V z) {
        const V e = exponential(at_most(z, linear)), n = e * (e + T(2));
        return z > linear ? z : z * (n / (n + T(2)));
    }
    static V slope(V z) {
        const V e = exponential(at_most(z, linear)), n = e * (e + T(2)), q = T(1) / (n + T(2));
        return z > linear ? splat<V>(1) : n * q + z * (T(4) * e * q) * ((e + T(1)) * q);
    }
};

template <class V> struct Softplus {
    static V value(V z) { return softplus(z); }
    static V slope(V z) { return logistic(z); }
};

}  // namespace SK_ISA
