// One pass of rows through the network and back: the only forward and the only backward there is.
#pragma once

#include <limits>

#include "activations/layer.hpp"
#include "losses.hpp"
#include "matrix.hpp"
#include "random.hpp"

namespace SK_ISA {

using sk_adaptive::DataSpec;
using sk_adaptive::LayerSpec;
using sk_adaptive::PlanSpec;

template <class T> constexpr int64_t padded(int64_t n) { return (n + lanes<T> - 1) / lanes<T> * lanes<T>; }

// Hands out pieces of Python's workspace; with no memory behind it, it only counts.
struct Arena {
    char* memory;
    int64_t used = 0;
    template <class T> T* take(int64_t n) {
        T* piece = memory ? reinterpret_cast<T*>(memory + used) : nullptr;
        used += (n * int64_t(sizeof(T)) + 63) / 64 * 64;
        return piece;
    }
};

// Which rows of the data a pass reads: rows first .. first + count of `order`, or of the data itself.
struct Rows {
    const int64_t* order;
    int64_t first, count;
    int64_t operator[](int64_t i) const { return order ? order[first + i] : first + i; }
};

template <class T> class Network {
  public:
    T* gradient;  // (n_theta,) of the rows passed since begin_batch

    // A network for passes of at most `rows` rows, in the arena's memory (zeroed by the caller).
    Network(const PlanSpec& plan, int64_t rows, bool training, Arena& arena) : plan(plan), capacity(rows) {
        const int64_t all = rows * plan.n_members;
        const LayerSpec& first = plan.layers[0];
        inputs = arena.take<T>(rows * first.n_in);
        targets = arena.take<T>(rows * n_targets());
        row_weights = arena.take<T>(rows);
        int64_t widest = 0;
        blocks = arena.take<Block>(plan.n_layers);
        for (int l = 0; l < plan.n_layers; ++l) {
            const Block block = make_block(l, all, training, arena);
            if (blocks) blocks[l] = block;
            if (block.stride > widest) widest = block.stride;
        }
        delta = arena.take<T>(all * (training ? widest : padded<T>(plan.layers[last()].n_out)));
        delta_below = training ? arena.take<T>(all * widest) : nullptr;
        gradient = training ? arena.take<T>(plan.n_theta) : nullptr;
    }

    // Everything that depends on theta alone.
    void prepare(const T* new_theta) {
        theta = new_theta;
        for (int l = 0; l < plan.n_layers; ++l) {
            const LayerSpec& layer = plan.layers[l];
            Block& block = blocks[l];
            if (l == last()) {
                for (int m = 0; m < plan.n_members; ++m)
                    copy_padded(theta + layer.bias + m * layer.n_out, layer.n_out, block.bias + m * block.stride,
                                block.stride, padding_of_outputs());
            } else {
                copy_padded(theta + layer.bias, layer.n_out, block.bias, block.stride, T(0));
                expand_parameters(layer.n_parameters, layer.per_unit, layer.n_out, block.stride,
                                  theta + layer.parameters, block.p);
            }
            if (block.packed) pack(l);
            if (block.turned) turn(l);
        }
    }

    void begin_batch() {
        fresh = true;
        for (int l = 0; l < plan.n_layers; ++l) {
            const LayerSpec& layer = plan.layers[l];
            const int64_t biases = l == last() ? plan.n_members : 1;
            zero(blocks[l].bias_gradient, biases * blocks[l].stride);
            zero(blocks[l].p_gradient, layer.n_parameters * blocks[l].stride);
        }
    }

    // Raw outputs: member m's row r at raw() + (m * rows.count + r) * raw_stride().
    bool forward(const DataSpec& data, Rows rows, Random* dropout) {
        read_inputs(data, rows);
        const int64_t n = rows.count, all = n * plan.n_members;
        for (int l = 0; l < plan.n_layers; ++l) {
            const LayerSpec& layer = plan.layers[l];
            Block& block = blocks[l];
            if (l == 0) {
                multiply_inputs(data, rows);
            } else if (l < last()) {
                multiply_rows(has_padded_weights(l), false, all, layer.n_out, layer.n_in, blocks[l - 1].h,
                              blocks[l - 1].stride, weights(l, 0), weights_stride(l), false, block.z, block.stride);
            }
            if (l == last()) {
                outputs(l, n);
            } else {
                if (!activate_layer(l, all)) return false;
                if (dropout && block.mask) drop(block, all, layer.n_out, *dropout);
            }
        }
        return true;
    }

    // Adds to the gradient of sum_r w_r loss_r; `scale` multiplies every row's weight. Returns false after an
    // exception in a user's activation.
    bool add_gradient(const DataSpec& data, Rows rows, T scale, Random* dropout, double& loss) {
        if (!forward(data, rows, dropout)) return false;
        const int64_t n = rows.count;
        read_targets(data, rows, scale);
        const LayerSpec& output = plan.layers[last()];
        const int64_t stride = blocks[last()].stride;
        for (int m = 0; m < plan.n_members; ++m)
            loss += loss_and_slope(plan.loss, n, output.n_out, stride, raw() + m * n * stride, targets, row_weights,
                                   T(plan.loss_constant), delta + m * n * stride);
        if (!backward(data, rows)) return false;
        fresh = false;
        return true;
    }

    // The mean loss of the rows alone, no gradient.
    bool add_loss(const DataSpec& data, Rows rows, T scale, double& loss) {
        if (!forward(data, rows, nullptr)) return false;
        read_targets(data, rows, scale);
        const int64_t stride = blocks[last()].stride;
        for (int m = 0; m < plan.n_members; ++m) {
            const int64_t at = m * rows.count * stride;
            loss += loss_and_slope(plan.loss, rows.count, plan.layers[last()].n_out, stride, raw() + at, targets,
                                   row_weights, T(plan.loss_constant), delta + at);
        }
        return true;
    }

    // Gathers what begin_batch and add_gradient left in padded blocks into `gradient`.
    void end_batch() {
        if (fresh) zero(gradient, plan.n_theta);  // a share without rows
        if (plan.input_scale >= 0) zero(gradient + plan.input_scale, plan.layers[0].n_in);
        for (int l = 0; l < last(); ++l)
            zero(gradient + plan.layers[l].parameters,
                 plan.layers[l].n_parameters * (plan.layers[l].per_unit ? plan.layers[l].n_out : 1));
        for (int l = 0; l < plan.n_layers && !fresh; ++l)
            if (blocks[l].packed) unpack_gradient(l);
        for (int l = 0; l < plan.n_layers; ++l) {
            const LayerSpec& layer = plan.layers[l];
            const Block& block = blocks[l];
            const int biases = l == last() ? plan.n_members : 1;
            for (int m = 0; m < biases; ++m)
                for (int64_t j = 0; j < layer.n_out; ++j)
                    gradient[layer.bias + m * layer.n_out + j] = block.bias_gradient[m * block.stride + j];
            if (l != last())
                reduce_parameters(layer.n_parameters, layer.per_unit, layer.n_out, block.stride, block.p_gradient,
                                  gradient + layer.parameters);
        }
    }

    int64_t rows_capacity() const { return capacity; }
    T* raw() const { return blocks[last()].z; }
    int64_t raw_stride() const { return blocks[last()].stride; }
    const T* pre_activations(int l) const { return blocks[l].z; }
    const T* activations(int l) const { return blocks[l].h; }
    int64_t stride(int l) const { return blocks[l].stride; }

  private:
    struct Block {
        int64_t stride;
        T *z, *h, *mask, *bias, *p, *bias_gradient, *p_gradient;
        T *packed, *packed_gradient;  // (matrices, n_in, stride) where theta's rows are not whole vectors, or scaled
        T* turned;                    // (matrices, n_out, stride of the layer below): small weights transposed
    };
    static constexpr int64_t largest_turned = 4096;

    const PlanSpec& plan;
    int64_t capacity;
    const T* theta = nullptr;
    Block* blocks;
    T *inputs, *targets, *row_weights, *delta, *delta_below;
    const T* dense = nullptr;  // the rows being passed, when dense
    bool fresh = true;         // nothing added to the gradient yet

    int last() const { return plan.n_layers - 1; }
    bool has_front() const { return plan.signs || plan.input_scale >= 0; }
    int64_t n_targets() const { return plan.loss == loss_cross_entropy ? 1 : plan.layers[plan.n_layers - 1].n_out; }
    T padding_of_outputs() const {
        return plan.loss == loss_cross_entropy ? -std::numeric_limits<T>::infinity() : T(0);
    }
    static void zero(T* at, int64_t n) {
        if (n > 0) std::memset(at, 0, size_t(n) * sizeof(T));
    }
    static void copy_padded(const T* from, int64_t n, T* to, int64_t stride, T padding) {
        for (int64_t j = 0; j < stride; ++j) to[j] = j < n ? from[j] : padding;
    }
    LayerBlock<T> view(int l, int64_t rows) const {
        const Block& b = blocks[l];
        return {rows, b.stride, b.z, b.h, b.bias, b.p, b.p_gradient, b.bias_gradient};
    }
    Activation activation(int l) const {
        const LayerSpec& layer = plan.layers[l];
        return {layer.kind, layer.n_parameters, layer.n_constants, layer.constants};
    }

    Block make_block(int l, int64_t rows, bool training, Arena& arena) const {
        const LayerSpec& layer = plan.layers[l];
        const bool output = l == last();
        const int64_t biases = output ? plan.n_members : 1, matrices = n_matrices(l);
        Block block{};
        block.stride = padded<T>(layer.n_out);
        block.z = arena.take<T>(rows * block.stride);
        block.bias = arena.take<T>(biases * block.stride);
        block.p = arena.take<T>(layer.n_parameters * block.stride);
        const int64_t packed = matrices * layer.n_in * block.stride;
        const bool fits = layer.n_in * layer.n_out <= largest_panel;
        const bool packs = (block.stride != layer.n_out && fits) || (l == 0 && has_front());
        if (packs) block.packed = arena.take<T>(packed);
        if (!output) block.h = arena.take<T>(rows * block.stride);
        if (!training) return block;
        if (packs) block.packed_gradient = arena.take<T>(packed);
        if (!output && plan.dropout > 0) block.mask = arena.take<T>(rows * block.stride);
        block.bias_gradient = arena.take<T>(biases * block.stride);
        block.p_gradient = arena.take<T>(layer.n_parameters * block.stride);
        if (l > 0 && layer.n_in * layer.n_out <= largest_turned)
            block.turned = arena.take<T>(matrices * layer.n_out * padded<T>(layer.n_in));
        return block;
    }

    // ---- weights: padded, transposed, scaled ---------------------------------------------------------------------

    // Matrices that rows are multiplied by: one a member where members differ.
    int n_matrices(int l) const { return l == last() || (l == 0 && has_front()) ? plan.n_members : 1; }
    // Offset of matrix m in theta: only the output layer has one a member.
    int64_t offset(int l, int m) const {
        return plan.layers[l].weights + (l == last() ? m * plan.layers[l].n_in * plan.layers[l].n_out : 0);
    }
    const T* weights(int l, int m) const {
        const Block& block = blocks[l];
        if (!block.packed) return theta + offset(l, m);
        return block.packed + (n_matrices(l) > 1 ? m : 0) * plan.layers[l].n_in * block.stride;
    }
    T* weights_gradient(int l, int m) const {
        const Block& block = blocks[l];
        if (!block.packed) return gradient + offset(l, m);
        return block.packed_gradient + (n_matrices(l) > 1 ? m : 0) * plan.layers[l].n_in * block.stride;
    }
    bool has_padded_weights(int l) const { return weights_stride(l) == blocks[l].stride; }
    int64_t weights_stride(int l) const { return blocks[l].packed ? blocks[l].stride : plan.layers[l].n_out; }

    // x o s o r_m times W is x times (s o r_m o W): members and input scales act on the weights, not on the rows.
    T sign(int m, int64_t i) const {
        return plan.signs ? static_cast<const T*>(plan.signs)[m * plan.layers[0].n_in + i] : T(1);
    }
    T front_factor(int l, int m, int64_t i) const {
        if (l > 0) return 1;
        return plan.input_scale >= 0 ? theta[plan.input_scale + i] * sign(m, i) : sign(m, i);
    }
    void pack(int l) {
        const LayerSpec& layer = plan.layers[l];
        for (int m = 0; m < n_matrices(l); ++m)
            for (int64_t i = 0; i < layer.n_in; ++i) {
                const T factor = front_factor(l, m, i), *from = theta + offset(l, m) + i * layer.n_out;
                T* to = blocks[l].packed + (m * layer.n_in + i) * blocks[l].stride;
                for (int64_t j = 0; j < layer.n_out; ++j) to[j] = factor * from[j];
            }
    }
    void unpack_gradient(int l) {
        const LayerSpec& layer = plan.layers[l];
        const bool scaled = l == 0 && plan.input_scale >= 0;
        if (l == 0 && l != last()) zero(gradient + layer.weights, layer.n_in * layer.n_out);
        for (int m = 0; m < n_matrices(l); ++m)
            for (int64_t i = 0; i < layer.n_in; ++i) {
                const int64_t at = offset(l, m) + i * layer.n_out;
                const T factor = front_factor(l, m, i);
                const T* g = blocks[l].packed_gradient + (m * layer.n_in + i) * blocks[l].stride;
                if (l == 0 && l != last()) {
                    for (int64_t j = 0; j < layer.n_out; ++j) gradient[at + j] += factor * g[j];
                } else {
                    for (int64_t j = 0; j < layer.n_out; ++j) gradient[at + j] = factor * g[j];
                }
                if (!scaled) continue;
                T along = 0;
                for (int64_t j = 0; j < layer.n_out; ++j) along += theta[at + j] * g[j];
                gradient[plan.input_scale + i] += sign(m, i) * along;
            }
    }
    void turn(int l) {
        const LayerSpec& layer = plan.layers[l];
        const int64_t stride = blocks[l - 1].stride;
        for (int m = 0; m < n_matrices(l); ++m) {
            const T* from = weights(l, m);
            T* to = blocks[l].turned + m * layer.n_out * stride;
            for (int64_t i = 0; i < layer.n_in; ++i)
                for (int64_t j = 0; j < layer.n_out; ++j) to[j * stride + i] = from[i * weights_stride(l) + j];
        }
    }

    // ---- the first layer: dense or sparse rows -------------------------------------------------------------------

    void read_inputs(const DataSpec& data, Rows rows) {
        if (data.columns) return;
        const int64_t width = plan.layers[0].n_in;
        const T* values = static_cast<const T*>(data.values);
        dense = values + (rows.count ? rows.first : 0) * width;
        if (!rows.order) return;
        for (int64_t r = 0; r < rows.count; ++r)
            std::memcpy(inputs + r * width, values + rows[r] * width, size_t(width) * sizeof(T));
        dense = inputs;
    }
    void multiply_inputs(const DataSpec& data, Rows rows) {
        const LayerSpec& layer = plan.layers[0];
        const int64_t n = rows.count, stride = blocks[0].stride;
        for (int m = 0; m < plan.n_members; ++m) {
            T* z = blocks[0].z + m * n * stride;
            const T* w = weights(0, m);
            if (!data.columns) {
                multiply_rows(has_padded_weights(0), false, n, layer.n_out, layer.n_in, dense, layer.n_in, w,
                              weights_stride(0), false, z, stride);
                continue;
            }
            for (int64_t r = 0; r < n; ++r) {
                zero(z + r * stride, stride);
                each_stored(data, rows[r], [&](T x, int64_t column) {
                    add_scaled(x, w + column * weights_stride(0), layer.n_out, z + r * stride);
                });
            }
        }
    }
    // Gradient of the first layer's weights, for each member's own effective matrix.
    void add_input_gradient(const DataSpec& data, Rows rows, const T* d) {
        const LayerSpec& layer = plan.layers[0];
        const int64_t n = rows.count, stride = blocks[0].stride;
        for (int m = 0; m < plan.n_members; ++m) {
            const T* from = d + m * n * stride;
            T* into = weights_gradient(0, m);
            const bool add = !fresh || (m > 0 && n_matrices(0) == 1);
            if (!data.columns) {
                multiply_rows(has_padded_weights(0), true, layer.n_in, layer.n_out, n, dense, layer.n_in, from, stride,
                              add, into, weights_stride(0));
                continue;
            }
            if (!add) zero(into, layer.n_in * weights_stride(0));
            for (int64_t r = 0; r < n; ++r)
                each_stored(data, rows[r], [&](T x, int64_t column) {
                    add_scaled(x, from + r * stride, layer.n_out, into + column * weights_stride(0));
                });
        }
    }
    template <class Visit> static void each_stored(const DataSpec& data, int64_t row, Visit visit) {
        for (int64_t k = data.starts[row]; k < data.starts[row + 1]; ++k)
            visit(static_cast<const T*>(data.values)[k], int64_t(data.columns[k]));
    }
    static void add_scaled(T factor, const T* from, int64_t n, T* to) {
        for (int64_t j = 0; j < n; ++j) to[j] += factor * from[j];
    }

    // ---- hidden layers -------------------------------------------------------------------------------------------

    bool activate_layer(int l, int64_t rows) {
        const LayerBlock<T> b = view(l, rows);
        if (activate(activation(l), b)) return true;
        add_bias(b);
        return call_back(l, b, b.h, nullptr);
    }
    bool backpropagate_layer(int l, int64_t rows, T* d) {
        const LayerBlock<T> b = view(l, rows);
        if (backpropagate(activation(l), b, d)) return true;
        if (!call_back(l, b, d, b.p_gradient)) return false;
        for (int64_t r = 0; r < rows; ++r)
            for (int64_t j = 0; j < b.stride; ++j) b.bias_gradient[j] += d[r * b.stride + j];
        return true;
    }
    bool call_back(int l, const LayerBlock<T>& b, T* out, T* p_gradient) const {
        return plan.callback.call(plan.callback.context, l, plan.dtype, b.rows, plan.layers[l].n_out, b.stride, b.z,
                                  b.p, out, p_gradient) == 0;
    }
    // Inverted dropout: what is kept is scaled up, so that prediction needs no change.
    void drop(Block& block, int64_t rows, int64_t units, Random& random) {
        const uint64_t threshold = uint64_t(plan.dropout * 18446744073709551615.0);
        const T keep = T(1 / (1 - plan.dropout));
        for (int64_t r = 0; r < rows; ++r)
            for (int64_t j = 0; j < units; ++j) {
                const T factor = random.next() < threshold ? T(0) : keep;
                block.mask[r * block.stride + j] = factor;
                block.h[r * block.stride + j] *= factor;
            }
    }

    // ---- the output layer, and the way back ----------------------------------------------------------------------

    void outputs(int l, int64_t n) {
        const LayerSpec& layer = plan.layers[l];
        const Block& block = blocks[l];
        for (int m = 0; m < plan.n_members; ++m) {
            T* z = block.z + m * n * block.stride;
            if (l > 0)
                multiply_rows(has_padded_weights(l), false, n, layer.n_out, layer.n_in,
                              blocks[l - 1].h + m * n * blocks[l - 1].stride, blocks[l - 1].stride, weights(l, m),
                              weights_stride(l), false, z, block.stride);
            const T* bias = block.bias + m * block.stride;
            for (int64_t r = 0; r < n; ++r)
                for (int64_t j = 0; j < block.stride; ++j) z[r * block.stride + j] += bias[j];
        }
    }

    void read_targets(const DataSpec& data, Rows rows, T scale) {
        const int64_t width = n_targets();
        const T *from = static_cast<const T*>(data.targets), *weights = static_cast<const T*>(data.weights);
        for (int64_t r = 0; r < rows.count; ++r) {
            const int64_t row = rows[r];
            for (int64_t j = 0; j < width; ++j) targets[r * width + j] = from[row * width + j];
            row_weights[r] = weights ? weights[row] * scale : scale;
        }
    }

    // `delta` holds the gradient of the raw outputs on entry.
    bool backward(const DataSpec& data, Rows rows) {
        const int64_t n = rows.count, all = n * plan.n_members;
        for (int l = last(); l >= 0; --l) {
            const Block& block = blocks[l];
            if (l == last()) {
                add_output_bias_gradient(n);
            } else {
                if (block.mask)
                    for (int64_t i = 0; i < all * block.stride; ++i) delta[i] *= block.mask[i];
                if (!backpropagate_layer(l, all, delta)) return false;
            }
            if (l == 0) break;
            const int matrices = n_matrices(l);
            for (int m = 0; m < matrices; ++m) backward_through(l, m, all / matrices);
            T* swapped = delta;
            delta = delta_below;
            delta_below = swapped;
        }
        add_input_gradient(data, rows, delta);
        return true;
    }
    // Gradient of matrix m of layer l, and of its inputs, for the n rows that it multiplied.
    void backward_through(int l, int m, int64_t n) {
        const LayerSpec& layer = plan.layers[l];
        const Block &block = blocks[l], &below = blocks[l - 1];
        const T *d = delta + m * n * block.stride, *h = below.h + m * n * below.stride;
        T* down = delta_below + m * n * below.stride;
        multiply_rows(has_padded_weights(l), true, layer.n_in, layer.n_out, n, h, below.stride, d, block.stride, !fresh,
                      weights_gradient(l, m), weights_stride(l));
        if (block.turned) {
            multiply_rows(true, false, n, layer.n_in, layer.n_out, d, block.stride,
                          block.turned + m * layer.n_out * below.stride, below.stride, false, down, below.stride);
        } else {
            sk_adaptive::multiply(false, true, n, layer.n_in, layer.n_out, d, block.stride, weights(l, m),
                                  weights_stride(l), T(0), down, below.stride);
        }
    }
    void add_output_bias_gradient(int64_t n) {
        const Block& block = blocks[last()];
        for (int m = 0; m < plan.n_members; ++m)
            for (int64_t r = 0; r < n; ++r)
                for (int64_t j = 0; j < block.stride; ++j)
                    block.bias_gradient[m * block.stride + j] += delta[(m * n + r) * block.stride + j];
    }
};

}  // namespace SK_ISA
