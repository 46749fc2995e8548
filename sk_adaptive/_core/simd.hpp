// Elementary functions of vectors: polynomials, because one libm call per element would take longer than the matrix
// products of the network. tests/core/test_elementary.py checks the errors that are stated here.
#pragma once

#include <iterator>

#include "vectors.hpp"

namespace SK_ISA {

template <class T> struct Real;  // constants of a floating-point format
template <> struct Real<float> {
    static constexpr int mantissa = 23, exponent_bias = 127;
    static constexpr float round = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
    static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    static constexpr float exp_low = -86.5f, exp_high = 88.72283f;
    static constexpr float tanh_one = 9.5f;
    static constexpr float half_pi[3] = {1.5703125f, 4.837512969970703125e-4f, 7.549789948768648e-8f};
    static constexpr float trig_limit = 8192.0f;
    static constexpr int exp_terms = 7, log_terms = 5, trig_terms = 5;
    static constexpr float erfc[] = {
        0.340753177f, -0.392869725f, 0.193405611f, -0.0628686224f, 0.0108823669f, 0.000306849405f,
        -0.000485509958f, 9.80382979e-6f, 2.26740233e-5f, 9.79846116e-9f};
};
template <> struct Real<double> {
    static constexpr int mantissa = 52, exponent_bias = 1023;
    static constexpr double round = 6755399441055744.0;  // 1.5 * 2^52
    static constexpr double ln2_high = 6.93145751953125e-1, ln2_low = 1.42860682030941723212e-6;
    static constexpr double exp_low = -707.5, exp_high = 709.782712893384;
    static constexpr double tanh_one = 20.0;
    static constexpr double half_pi[3] = {1.57079625129699707031e0, 7.54978941586159635335e-8,
                                          5.39030285815811905e-15};
    static constexpr double trig_limit = 1048576.0;
    static constexpr int exp_terms = 13, log_terms = 11, trig_terms = 9;
    static constexpr double erfc[] = {
        0.34075317940904454, -0.39286972326592928, 0.19340547192496291, -0.062868650953159411,
        0.010883489890479001, 0.00030701437024762876, -0.00048870561862681121,
        9.4078542579935177e-6, 2.6445105417022264e-5, 4.4532035725421332e-7,
        -1.6538658013771133e-6, -2.0474342923650302e-7, 9.1136199448139573e-8,
        2.9966292003169973e-8, -1.7056183454907143e-9, -2.7977425779911962e-9,
        -4.3412287797920216e-10, 1.4274279574887342e-10, 5.1703700590381347e-11};
};

template <class T> struct InverseFactorials {
    T of[20];
    constexpr InverseFactorials() : of{1} {
        double factorial = 1;
        for (int i = 1; i < 20; ++i) of[i] = T(1 / (factorial *= i));
    }
};
template <class T> constexpr InverseFactorials<T> inverse_factorial{};

// exp(x) = 2 half (1 + result), result = exp(r) - 1 for the reduced argument |r| <= ln(2)/2, from its Taylor series.
// `half` is half of the power of two: the power itself overflows for the largest x, for which exp(x) is still finite.
template <class V> inline V reduced_expm1(V x, V& half) {
    using T = Scalar<V>;
    using R = Real<T>;
    const V shifted = x * T(1.4426950408889634) + R::round;
    const V n = shifted - R::round;
    const V r = (x - n * R::ln2_high) - n * R::ln2_low;
    const Bits<V> k = bit_cast<Bits<V>>(shifted) - bit_cast<Bits<V>>(splat<V>(R::round));
    half = bit_cast<V>((k + BitsOf<T>(R::exponent_bias - 1)) << R::mantissa);
    V p = splat<V>(inverse_factorial<T>.of[R::exp_terms]);
    for (int i = R::exp_terms - 1; i > 1; --i) p = p * r + inverse_factorial<T>.of[i];
    return r + r * r * p;
}

// exp(x) within 2 ulp; 0 if it is below the smallest normal number, infinity if above the largest.
template <class V> inline V exponential(V x) {
    using R = Real<Scalar<V>>;
    V half;
    const V p = reduced_expm1(clamp(x, R::exp_low, R::exp_high), half);
    V y = (half * p + half) * Scalar<V>(2);
    y = x < R::exp_low ? V{} : y;
    return x > R::exp_high ? splat<V>(std::numeric_limits<Scalar<V>>::infinity()) : y;
}

// exp(x) - 1 within 3 ulp, also near zero.
template <class V> inline V exponential_minus_one(V x) {
    using R = Real<Scalar<V>>;
    V half;
    const V p = reduced_expm1(clamp(x, R::exp_low, R::exp_high), half);
    const V y = (half * p + (half - Scalar<V>(0.5))) * Scalar<V>(2);
    return x > R::exp_high ? splat<V>(std::numeric_limits<Scalar<V>>::infinity()) : y;
}

// tanh(x) within 3 ulp, also near zero.
template <class V> inline V tanh(V x) {
    using T = Scalar<V>;
    V half;
    const V p = reduced_expm1(at_most(absolute(x), Real<T>::tanh_one) * T(2), half);
    const V e = (half * p + (half - T(0.5))) * T(2);  // exp(2|x|) - 1
    return copy_sign(e / (e + T(2)), x);
}

// 1 / (1 + exp(-x)) within 3 ulp.
template <class V> inline V logistic(V x) {
    return Scalar<V>(1) / (Scalar<V>(1) + exponential(-x));
}

// log(x) within 2 ulp for positive normal x, infinity and NaN: log(m 2^k) = k ln 2 + 2 atanh((m-1)/(m+1)).
template <class V> inline V logarithm(V x) {
    using T = Scalar<V>;
    using R = Real<T>;
    const Bits<V> root_half = bit_cast<Bits<V>>(splat<V>(T(0.70710678118654752)));
    const Bits<V> offset = bit_cast<Bits<V>>(x) - root_half;
    const Index<V> k = bit_cast<Index<V>>(offset) >> R::mantissa;
    const V m = bit_cast<V>((offset & ((BitsOf<T>(1) << R::mantissa) - 1)) + root_half);
    // converts k with the rounding constant: few instruction sets convert int64 to double
    const V n = bit_cast<V>(bit_cast<Index<V>>(splat<V>(R::round)) + k) - R::round;
    const V s = (m - T(1)) / (m + T(1)), s2 = s * s;
    V p = splat<V>(T(1) / T(2 * R::log_terms + 1));
    for (int i = R::log_terms - 1; i > 0; --i) p = p * s2 + T(1) / T(2 * i + 1);
    const V y = n * R::ln2_high + (T(2) * s + (T(2) * s * s2 * p + n * R::ln2_low));
    return x < std::numeric_limits<T>::infinity() ? y : x;
}

// log(1 + exp(x)) within 4 ulp, also for large negative x.
template <class V> inline V softplus(V x) {
    using T = Scalar<V>;
    const V u = exponential(-absolute(x)), w = T(1) + u;
    const V log1p = logarithm(w) - ((w - T(1)) - u) / w;
    return at_least(x, T(0)) + log1p;
}

// Distribution function and density of the standard normal distribution; absolute error below 2 ulp of 1.
// erfc(t) = exp(-t^2) q(v), v = (1.8 t - 2.5)/(t + 2.5), q a Chebyshev approximation on 0 <= t <= 6.25, as in
// M. M. Shepherd and J. G. Laframboise, Math. Comp. 36 (1981) 249.
template <class V> inline V normal_cdf(V x, V& density) {
    using T = Scalar<V>;
    constexpr auto& q = Real<T>::erfc;
    const V t = at_most(absolute(x), T(40)) * T(0.70710678118654752);
    const V gauss = exponential(-t * t);
    const V v = (t * T(1.8) - T(2.5)) / (t + T(2.5));
    V p = splat<V>(q[std::size(q) - 1]);
    for (int i = int(std::size(q)) - 2; i >= 0; --i) p = p * v + q[i];
    const V beyond = T(0.5) * gauss * p;  // P(Z > |x|)
    density = T(0.39894228040143268) * gauss;
    return x < T(0) ? beyond : T(1) - beyond + T(0) * t;  // + 0 t: NaN stays NaN
}

// Sine and cosine; absolute error below 2 ulp of 1 for |x| <= trig_limit, libm for larger |x|.
template <class V> inline void sine_cosine(V x, V& sine, V& cosine) {
    using T = Scalar<V>;
    using R = Real<T>;
    const V shifted = x * T(0.63661977236758134) + R::round;
    const V n = shifted - R::round;
    const Bits<V> quadrant = bit_cast<Bits<V>>(shifted);
    const V r = ((x - n * R::half_pi[0]) - n * R::half_pi[1]) - n * R::half_pi[2], r2 = r * r;
    V s{}, c{};
    for (int i = R::trig_terms - 1; i >= 0; --i) {
        s = inverse_factorial<T>.of[2 * i + 1] - r2 * s;
        c = inverse_factorial<T>.of[2 * i + 2] - r2 * c;
    }
    s = s * r;
    c = T(1) - r2 * c;
    const Bits<V> odd = (quadrant & BitsOf<T>(1)) != BitsOf<T>(0) ? ~Bits<V>{} : Bits<V>{};
    sine = odd ? c : s;
    cosine = odd ? s : c;
    const Bits<V> sign = BitsOf<T>(8 * sizeof(T) - 1) + Bits<V>{};
    sine = bit_cast<V>(bit_cast<Bits<V>>(sine) ^ (((quadrant >> BitsOf<T>(1)) & BitsOf<T>(1)) << sign));
    const Bits<V> next = quadrant + BitsOf<T>(1);
    cosine = bit_cast<V>(bit_cast<Bits<V>>(cosine) ^ (((next >> BitsOf<T>(1)) & BitsOf<T>(1)) << sign));
    if (!any(absolute(x) > R::trig_limit)) return;
    for (int i = 0; i < lanes_of<V>; ++i)
        if (std::fabs(x[i]) > R::trig_limit) {
            sine[i] = std::sin(x[i]);
            cosine[i] = std::cos(x[i]);
        }
}

}  // namespace SK_ISA
