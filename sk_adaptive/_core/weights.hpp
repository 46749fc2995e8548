// One layer's weights as the products want them: padded to whole vectors where that is cheap, and, in the first
// layer, scaled by the input scales.
#pragma once

#include "matrix.hpp"
#include "memory.hpp"

namespace SK_ISA {

using sk_adaptive::LayerSpec;
using sk_adaptive::PlanSpec;

template <class T> class Weights {
  public:
    Weights(const PlanSpec& plan, int l, bool training, Arena& arena)
        : plan(&plan), layer(&plan.layers[l]), output(l == plan.n_layers - 1),
          scaled(l == 0 && plan.input_scale >= 0), vectors(padded<T>(layer->n_out)) {
        const int64_t size = matrices() * layer->n_in * vectors;
        const bool fits = layer->n_in * layer->n_out <= max_padded_layer && size <= max_padded;
        if (!scaled && (vectors == layer->n_out || !fits)) {
            packed = packed_gradient = nullptr;
        } else {
            is_packed = true;
            packed = arena.take<T>(size);
            packed_gradient = training ? arena.take<T>(size) : nullptr;
        }
    }

    // Matrices that rows are multiplied by: one per member on the output layer.
    int matrices() const { return output ? plan->n_members : 1; }
    bool lies_in_theta() const { return !is_packed; }
    int64_t stride() const { return is_packed ? vectors : layer->n_out; }

    // Matrix m (n_in, n_out), of `theta` or of what prepare made of it.
    Matrix<T> matrix(const T* theta, int m) const {
        return {is_packed ? packed + which(m) : theta + offset(m), stride()};
    }
    T* gradient(T* of_theta, int m) const { return is_packed ? packed_gradient + which(m) : of_theta + offset(m); }

    void prepare(const T* theta) {
        if (is_packed) pack(theta);
    }

    // The gradient of theta's weights and input scales out of the packed gradient.
    void unpack_gradient(const T* theta, T* gradient) const {
        if (!is_packed) return;
        for (int m = 0; m < matrices(); ++m)
            for (int64_t i = 0; i < layer->n_in; ++i) {
                const int64_t at = offset(m) + i * layer->n_out;
                const T *g = packed_gradient + which(m) + i * vectors, by = factor(theta, i);
                for (int64_t j = 0; j < layer->n_out; ++j) gradient[at + j] = by * g[j];
                if (!scaled) continue;
                T along = 0;
                for (int64_t j = 0; j < layer->n_out; ++j) along += theta[at + j] * g[j];
                gradient[plan->input_scale + i] += along;
            }
    }

  private:
    // Elements of a matrix, and of all members' together once padded; more are read as they lie in theta.
    static constexpr int64_t max_padded_layer = 1 << 19, max_padded = 8 * max_padded_layer;

    const PlanSpec* plan;
    const LayerSpec* layer;
    bool output, scaled, is_packed = false;
    int64_t vectors;  // n_out padded to whole vectors
    T *packed, *packed_gradient;

    // Offsets of matrix m, in theta and in what is packed.
    int64_t offset(int m) const { return layer->weights + (output ? m * layer->n_in * layer->n_out : 0); }
    int64_t which(int m) const { return (output ? m : 0) * layer->n_in * vectors; }

    // x o s times W is x times (s o W): input scales act on the weights, which all members share.
    T factor(const T* theta, int64_t i) const { return scaled ? theta[plan->input_scale + i] : T(1); }
    void pack(const T* theta) {
        for (int m = 0; m < matrices(); ++m)
            for (int64_t i = 0; i < layer->n_in; ++i) {
                const T by = factor(theta, i), *from = theta + offset(m) + i * layer->n_out;
                T* to = packed + which(m) + i * vectors;
                for (int64_t j = 0; j < layer->n_out; ++j) to[j] = by * from[j];
            }
    }
};

}  // namespace SK_ISA
