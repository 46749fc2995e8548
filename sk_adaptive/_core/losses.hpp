// Losses: value and derivative with respect to the raw outputs, one struct per loss. The same formulas in NumPy are the
// `value` and `gradient` methods in sk_adaptive/losses.
#pragma once

#include "transpose.hpp"

namespace SK_ISA {

// Elementwise losses: one target per output; the loss of a row is the sum over its outputs.
template <class V> struct HalfSquared {
    static V loss(V f, V y, Scalar<V>, V& derivative) {
        derivative = f - y;
        return Scalar<V>(0.5) * derivative * derivative;
    }
};

template <class V> struct Absolute {
    static V loss(V f, V y, Scalar<V>, V& derivative) {
        const V r = f - y;
        derivative = r > 0 ? splat<V>(1) : (r < 0 ? splat<V>(-1) : r);
        return absolute(r);
    }
};

template <class V> struct Huber {  // quadratic for |f - y| <= delta, linear beyond
    using T = Scalar<V>;
    static V loss(V f, V y, T delta, V& derivative) {
        const V r = f - y;
        derivative = clamp(r, -delta, delta);
        return derivative * (r - T(0.5) * derivative);
    }
};

template <class V> struct Pinball {  // loss of the given quantile
    using T = Scalar<V>;
    static V loss(V f, V y, T quantile, V& derivative) {
        const V r = y - f;
        derivative = r > 0 ? splat<V>(-quantile) : (r < 0 ? splat<V>(1 - quantile) : r);
        return -r * derivative;
    }
};

template <class V> struct HalfPoisson {  // log link; terms that depend only on y are omitted
    static V loss(V f, V y, Scalar<V>, V& derivative) {
        const V mean = exponential(f);
        derivative = mean - y;
        return mean - y * f;
    }
};

template <class V> struct HalfGamma {  // log link; terms that depend only on y are omitted
    static V loss(V f, V y, Scalar<V>, V& derivative) {
        const V ratio = y * exponential(-f);
        derivative = Scalar<V>(1) - ratio;
        return ratio + f;
    }
};

template <class V> struct HalfTweedie {  // log link, power in (1, 2); terms that depend only on y are omitted
    using T = Scalar<V>;
    static V loss(V f, V y, T power, V& derivative) {
        const V up = exponential((T(2) - power) * f), shrunk = exponential((T(1) - power) * f);
        const V down = y == T(0) ? V{} : y * shrunk;  // 0, not NaN, if the exponential overflows
        derivative = up - down;
        return up / (T(2) - power) + down / (power - T(1));
    }
};

template <class V> struct BinaryCrossEntropy {  // f is the logit, y is 0 or 1
    using T = Scalar<V>;
    static V loss(V f, V y, T smoothing, V& derivative) {
        const V target = y * (T(1) - smoothing) + T(0.5) * smoothing;
        derivative = logistic(f) - target;
        return softplus(f) - target * f;
    }
};

// Cross-entropy of one row of logits, padded with -infinity; the target is the index of the class. Returns the loss
// without log(norm), which the caller adds: it computes the logarithms of several rows in one vector.
template <class V> struct CrossEntropy {
    using T = Scalar<V>;
    static T loss(const T* f, int64_t n, T target, T smoothing, T* gradient, T& norm) {
        constexpr int step = lanes_of<V>;
        V top = load<V>(f);
        for (int64_t j = step; j < n; j += step) {
            const V x = load<V>(f + j);
            top = x > top ? x : top;
        }
        T most = top[0];
        for (int k = 1; k < step; ++k) most = top[k] > most ? top[k] : most;
        V total{};
        for (int64_t j = 0; j < n; j += step) {
            const V e = exponential(load<V>(f + j) - most);
            store(gradient + j, e);
            total += e;
        }
        norm = sum(total);
        const T off = smoothing / T(n);
        for (int64_t j = 0; j < n; j += step) store(gradient + j, load<V>(gradient + j) * (T(1) / norm) - off);
        const int64_t label = int64_t(target);
        gradient[label] -= T(1) - smoothing;
        T against = (T(1) - smoothing) * f[label];
        if (smoothing > 0)
            for (int64_t j = 0; j < n; ++j) against += off * f[j];
        return most - against;
    }
};

}  // namespace SK_ISA

#define SK_ELEMENTWISE_LOSSES(X)                  \
    X(binary_cross_entropy, BinaryCrossEntropy)   \
    X(squared_error, HalfSquared)                 \
    X(absolute_error, Absolute)                   \
    X(huber, Huber)                               \
    X(quantile, Pinball)                          \
    X(poisson, HalfPoisson)                       \
    X(gamma, HalfGamma)                           \
    X(tweedie, HalfTweedie)

namespace SK_ISA {

enum Loss {
    loss_cross_entropy,
#define SK_LOSS(name, type) loss_##name,
    SK_ELEMENTWISE_LOSSES(SK_LOSS)
#undef SK_LOSS
};

// Computes the gradient of rows of raw outputs (rows, stride), times each row's weight; returns the weighted loss.
// A vector holds the outputs of several rows, because most networks have one or a few outputs.
template <class T, template <class> class Elementwise>
double elementwise_loss(int64_t rows, int64_t n_out, int64_t stride, const T* raw, const T* targets, const T* weights,
                        T constant, T* gradient) {
    using V = Vector<T>;
    double total = 0;
    int64_t row = 0, column = 0, at[lanes<T>];
    for (int64_t first = 0; first < rows * n_out; first += lanes<T>) {
        const int count = rows * n_out - first < lanes<T> ? int(rows * n_out - first) : lanes<T>;
        T f[lanes<T>] = {}, y[lanes<T>] = {}, weight[lanes<T>] = {}, down[lanes<T>], loss[lanes<T>];
        for (int k = 0; k < count; ++k) {
            at[k] = row * stride + column;
            f[k] = raw[at[k]];
            y[k] = targets[first + k];
            weight[k] = weights[row];
            if (++column == n_out) column = 0, ++row;
        }
        V derivative;
        store(loss, Elementwise<V>::loss(load<V>(f), load<V>(y), constant, derivative));
        store(down, derivative * load<V>(weight));
        for (int k = 0; k < count; ++k) {
            gradient[at[k]] = down[k];
            total += double(weight[k]) * double(loss[k]);
        }
    }
    return total;
}

// Rows [first, past), one by one; at most as many rows as a vector has lanes.
template <class T>
double cross_entropy_by_row(int64_t first, int64_t past, int64_t n_out, int64_t stride, const T* raw, const T* targets,
                            const T* weights, T smoothing, T* gradient) {
    using V = Vector<T>;
    double total = 0;
    V norms = splat<V>(1), shares{};
    for (int64_t r = first; r < past; ++r) {
        T *row_gradient = gradient + r * stride, norm;
        const T loss = CrossEntropy<V>::loss(raw + r * stride, n_out, targets[r], smoothing, row_gradient, norm);
        for (int64_t j = 0; j < n_out; ++j) row_gradient[j] *= weights[r];
        norms[r - first] = norm;
        shares[r - first] = weights[r];
        total += double(weights[r]) * double(loss);
    }
    const V logs = logarithm(norms);
    for (int k = 0; k < lanes<T>; ++k) total += double(shares[k]) * double(logs[k]);
    return total;
}

// As many rows as a vector has lanes, and at most as many classes. The rows are transposed, so that a vector holds the
// logits of one class for all rows.
template <class T>
double cross_entropy_by_class(int64_t n_out, int64_t stride, const T* raw, const T* targets, const T* weights,
                              T smoothing, T* gradient) {
    using V = Vector<T>;
    constexpr int step = lanes<T>;
    alignas(64) T transposed[step * step];
    transpose_square(raw, stride, transposed, step);
    const V labels = load<V>(targets), shares = load<V>(weights);
    const T off = smoothing / T(n_out);
    V top = load<V>(transposed), against{}, norm{};
    for (int64_t j = 0; j < n_out; ++j) {
        const V f = load<V>(transposed + j * step);
        top = f > top ? f : top;
        against = labels == T(j) ? against + (T(1) - smoothing) * f : against;
        if (smoothing > 0) against += off * f;
    }
    for (int64_t j = 0; j < n_out; ++j) {
        const V e = exponential(load<V>(transposed + j * step) - top);
        store(transposed + j * step, e);
        norm += e;
    }
    const V inverse = T(1) / norm;
    for (int64_t j = 0; j < n_out; ++j) {
        const V target = labels == T(j) ? splat<V>(T(1) - smoothing + off) : splat<V>(off);
        store(transposed + j * step, shares * (load<V>(transposed + j * step) * inverse - target));
    }
    for (int64_t j = n_out; j < step; ++j) store(transposed + j * step, V{});
    transpose_square(transposed, step, gradient, stride);
    const V losses = (top - against) + logarithm(norm);
    double total = 0;
    for (int k = 0; k < step; ++k) total += double(shares[k]) * double(losses[k]);
    return total;
}

template <class T>
double cross_entropy(int64_t rows, int64_t n_out, int64_t stride, const T* raw, const T* targets, const T* weights,
                     T smoothing, T* gradient) {
    double total = 0;
    for (int64_t r = 0; r < rows; r += lanes<T>) {
        if (n_out <= lanes<T> && r + lanes<T> <= rows) {
            total += cross_entropy_by_class(n_out, stride, raw + r * stride, targets + r, weights + r, smoothing,
                                            gradient + r * stride);
        } else {
            const int64_t past = r + lanes<T> < rows ? r + lanes<T> : rows;
            total += cross_entropy_by_row(r, past, n_out, stride, raw, targets, weights, smoothing, gradient);
        }
    }
    return total;
}

template <class T>
double loss_and_derivative(int kind, int64_t rows, int64_t n_out, int64_t stride, const T* raw, const T* targets,
                           const T* weights, T constant, T* gradient) {
    switch (kind) {
#define SK_CASE(name, type) \
    case loss_##name:       \
        return elementwise_loss<T, type>(rows, n_out, stride, raw, targets, weights, constant, gradient);
        SK_ELEMENTWISE_LOSSES(SK_CASE)
#undef SK_CASE
    }
    return cross_entropy(rows, n_out, stride, raw, targets, weights, constant, gradient);
}

}  // namespace SK_ISA
