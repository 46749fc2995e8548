// One layer's weights as the products want them: padded to whole vectors, transposed where small, and, in the first
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
        const bool fits = layer->n_in * layer->n_out <= largest_panel;
        const int64_t size = matrices() * layer->n_in * vectors;
        if (!scaled && (vectors == layer->n_out || !fits)) {
            packed = packed_gradient = nullptr;
        } else {
            is_packed = true;
            packed = arena.take<T>(size);
            packed_gradient = training ? arena.take<T>(size) : nullptr;
        }
        is_turned = training && !first && layer->n_in * layer->n_out <= largest_turned;
        turned = is_turned ? arena.take<T>(matrices() * layer->n_out * padded<T>(layer->n_in)) : nullptr;
    }

    // Matrices that rows are multiplied by: one a member where members differ.
    int matrices() const { return output || scaled ? plan->n_members : 1; }
    int64_t stride() const { return is_packed ? vectors : layer->n_out; }
    bool is_padded() const { return stride() == vectors; }
    bool has_turned() const { return is_turned; }

    // Matrix m (n_in, stride), of `theta` or of what prepare made of it.
    const T* matrix(const T* theta, int m) const { return is_packed ? packed + which(m) : theta + offset(m); }
    T* gradient(T* of_theta, int m) const { return is_packed ? packed_gradient + which(m) : of_theta + offset(m); }
    // Matrix m transposed, (n_out, n_in padded).
    const T* turned_matrix(int m) const { return turned + m * layer->n_out * padded<T>(layer->n_in); }

    void prepare(const T* theta) {
        if (is_packed) pack(theta);
        if (is_turned)
            for (int m = 0; m < matrices(); ++m) turn(matrix(theta, m), turned + m * layer->n_out * padded<T>(layer->n_in));
    }

    // The gradient of theta's weights and input scales out of the packed gradient.
    void unpack_gradient(const T* theta, T* gradient) const {
        if (!is_packed) return;
        const bool shared = first && !output;  // by the members: their gradients add up
        if (shared) zero(gradient + layer->weights, layer->n_in * layer->n_out);
        for (int m = 0; m < matrices(); ++m)
            for (int64_t i = 0; i < layer->n_in; ++i) {
                const int64_t at = offset(m) + i * layer->n_out;
                const T* g = packed_gradient + which(m) + i * vectors;
                if (!shared) zero(gradient + at, layer->n_out);
                add_scaled(factor(theta, m, i), g, layer->n_out, gradient + at);
                if (!first || plan->input_scale < 0) continue;
                T along = 0;
                for (int64_t j = 0; j < layer->n_out; ++j) along += theta[at + j] * g[j];
                gradient[plan->input_scale + i] += sign(m, i) * along;
            }
    }

  private:
    static constexpr int64_t largest_turned = 4096;  // a larger matrix is transposed by BLAS

    const PlanSpec* plan;
    const LayerSpec* layer = nullptr;
    bool first, output, scaled = false, is_packed = false, is_turned = false;
    int64_t vectors;  // n_out padded to whole vectors
    T *packed, *packed_gradient, *turned;

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
    void turn(const T* from, T* to) const {
        for (int64_t i = 0; i < layer->n_in; ++i)
            for (int64_t j = 0; j < layer->n_out; ++j) to[j * padded<T>(layer->n_in) + i] = from[i * stride() + j];
    }
};

}  // namespace SK_ISA
