// One layer's weights as the products want them: padded to whole vectors where that is cheap, and, in the first
// layer, scaled by input scales and members' signs.
#pragma once

#include "matrix.hpp"
#include "memory.hpp"

namespace SK_ISA {

using sk_adaptive::LayerSpec;
using sk_adaptive::PlanSpec;

template <class T> class Weights {
  public:
    Weights(const PlanSpec& plan, int l, bool training, Arena& arena)
        : plan(&plan), first(l == 0), output(l == plan.n_layers - 1), vectors(padded<T>(spec(l).n_out)) {
        layer = &spec(l);
        scaled = first && (plan.signs || plan.input_scale >= 0);
        const bool fits = layer->n_in * layer->n_out <= largest_padded;
        const int64_t size = matrices() * layer->n_in * vectors;
        if (!scaled && (vectors == layer->n_out || !fits)) {
            packed = packed_gradient = nullptr;
        } else {
            is_packed = true;
            packed = arena.take<T>(size);
            packed_gradient = training ? arena.take<T>(size) : nullptr;
        }
    }

    // Matrices that rows are multiplied by: one a member where members differ.
    int matrices() const { return output || scaled ? plan->n_members : 1; }
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
        const bool shared = first && !output;  // by the members: their gradients add up
        if (shared) zero(gradient + layer->weights, layer->n_in * layer->n_out);
        for (int m = 0; m < matrices(); ++m)
            for (int64_t i = 0; i < layer->n_in; ++i) {
                const int64_t at = offset(m) + i * layer->n_out;
                const T *g = packed_gradient + which(m) + i * vectors, by = factor(theta, m, i);
                for (int64_t j = 0; j < layer->n_out; ++j)
                    gradient[at + j] = by * g[j] + (shared ? gradient[at + j] : T(0));
                if (!first || plan->input_scale < 0) continue;
                T along = 0;
                for (int64_t j = 0; j < layer->n_out; ++j) along += theta[at + j] * g[j];
                gradient[plan->input_scale + i] += sign(m, i) * along;
            }
    }

  private:
    static constexpr int64_t largest_padded = 1 << 19;  // elements; a larger matrix is read as it lies in theta

    const PlanSpec* plan;
    const LayerSpec* layer = nullptr;
    bool first, output, scaled = false, is_packed = false;
    int64_t vectors;  // n_out padded to whole vectors
    T *packed, *packed_gradient;

    const LayerSpec& spec(int l) const { return plan->layers[l]; }
    // Offset of matrix m in theta: only the output layer has one a member.
    int64_t offset(int m) const { return layer->weights + (output ? m * layer->n_in * layer->n_out : 0); }
    int64_t which(int m) const { return (matrices() > 1 ? m : 0) * layer->n_in * vectors; }

    // x o s o r_m times W is x times (s o r_m o W): members and input scales act on the weights, not on the rows.
    T sign(int m, int64_t i) const {
        return plan->signs ? static_cast<const T*>(plan->signs)[m * layer->n_in + i] : T(1);
    }
    T factor(const T* theta, int m, int64_t i) const {
        if (!scaled) return 1;
        return plan->input_scale >= 0 ? theta[plan->input_scale + i] * sign(m, i) : sign(m, i);
    }
    void pack(const T* theta) {
        for (int m = 0; m < matrices(); ++m)
            for (int64_t i = 0; i < layer->n_in; ++i) {
                const T by = factor(theta, m, i), *from = theta + offset(m) + i * layer->n_out;
                T* to = packed + which(m) + i * vectors;
                for (int64_t j = 0; j < layer->n_out; ++j) to[j] = by * from[j];
            }
    }
};

}  // namespace SK_ISA
