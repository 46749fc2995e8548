// One pass of rows through the network and back: the only forward and the only backward there is.
#pragma once

#include <limits>

#include "activations/layer.hpp"
#include "blas.hpp"
#include "losses.hpp"
#include "random.hpp"

namespace SK_ISA {

using sk_adaptive::DataSpec;
using sk_adaptive::LayerSpec;
using sk_adaptive::multiply;
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
            const LayerSpec& layer = plan.layers[l];
            const bool output = l == plan.n_layers - 1;
            const int64_t stride = padded<T>(layer.n_out), biases = output ? plan.n_members : 1;
            Block block{};
            block.stride = stride;
            block.z = arena.take<T>(all * stride);
            block.h = output ? nullptr : arena.take<T>(all * stride);
            block.mask = training && !output && plan.dropout > 0 ? arena.take<T>(all * stride) : nullptr;
            block.bias = arena.take<T>(biases * stride);
            block.p = arena.take<T>(layer.n_parameters * stride);
            block.bias_gradient = training ? arena.take<T>(biases * stride) : nullptr;
            block.p_gradient = training ? arena.take<T>(layer.n_parameters * stride) : nullptr;
            if (blocks) blocks[l] = block;
            if (stride > widest) widest = stride;
        }
        const int64_t front_size = has_front() ? plan.n_members * first.n_in * first.n_out : 0;
        front = arena.take<T>(front_size);
        front_gradient = training ? arena.take<T>(front_size) : nullptr;
        delta = arena.take<T>(all * (training ? widest : padded<T>(plan.layers[plan.n_layers - 1].n_out)));
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
        }
        if (has_front()) prepare_front();
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
                multiply(false, false, all, layer.n_out, layer.n_in, blocks[l - 1].h, blocks[l - 1].stride,
                         theta + layer.weights, layer.n_out, T(0), block.z, block.stride);
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
        if (has_front() && !fresh) reduce_front();
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
    };

    const PlanSpec& plan;
    int64_t capacity;
    const T* theta = nullptr;
    Block* blocks;
    T *inputs, *targets, *row_weights, *front, *front_gradient, *delta, *delta_below;
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

    // ---- the first layer: dense or sparse rows, scaled inputs, members -------------------------------------------

    // x o s o r_m times W is x times (s o r_m o W): members and input scales act on the weights, not on the rows.
    T front_factor(int m, int64_t i) const {
        const T scale = plan.input_scale >= 0 ? theta[plan.input_scale + i] : T(1);
        return plan.signs ? scale * static_cast<const T*>(plan.signs)[m * plan.layers[0].n_in + i] : scale;
    }
    void prepare_front() {
        const LayerSpec& layer = plan.layers[0];
        for (int m = 0; m < plan.n_members; ++m)
            for (int64_t i = 0; i < layer.n_in; ++i) {
                const T factor = front_factor(m, i), *from = theta + layer.weights + weights_of(0, m) + i * layer.n_out;
                T* to = front + (m * layer.n_in + i) * layer.n_out;
                for (int64_t j = 0; j < layer.n_out; ++j) to[j] = factor * from[j];
            }
    }
    void reduce_front() {
        const LayerSpec& layer = plan.layers[0];
        zero(gradient + layer.weights, (last() == 0 ? plan.n_members : 1) * layer.n_in * layer.n_out);
        for (int m = 0; m < plan.n_members; ++m)
            for (int64_t i = 0; i < layer.n_in; ++i) {
                const int64_t at = weights_of(0, m) + i * layer.n_out;
                const T factor = front_factor(m, i), *g = front_gradient + (m * layer.n_in + i) * layer.n_out;
                T along = 0;
                for (int64_t j = 0; j < layer.n_out; ++j) {
                    gradient[layer.weights + at + j] += factor * g[j];
                    along += theta[layer.weights + at + j] * g[j];
                }
                if (plan.input_scale >= 0) {
                    const T sign = plan.signs ? static_cast<const T*>(plan.signs)[m * layer.n_in + i] : T(1);
                    gradient[plan.input_scale + i] += sign * along;
                }
            }
    }
    // Offset of member m's weights inside layer l's: only the output layer has one matrix a member.
    int64_t weights_of(int l, int m) const {
        return l == last() ? m * plan.layers[l].n_in * plan.layers[l].n_out : 0;
    }
    const T* first_weights(int m) const {
        const LayerSpec& layer = plan.layers[0];
        return has_front() ? front + m * layer.n_in * layer.n_out : theta + layer.weights + weights_of(0, m);
    }

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
            const T* weights = first_weights(m);
            if (!data.columns) {
                multiply(false, false, n, layer.n_out, layer.n_in, dense, layer.n_in, weights, layer.n_out, T(0), z,
                         stride);
                continue;
            }
            for (int64_t r = 0; r < n; ++r) {
                T* row = z + r * stride;
                zero(row, layer.n_out);
                for (int64_t k = data.starts[rows[r]]; k < data.starts[rows[r] + 1]; ++k) {
                    const T x = static_cast<const T*>(data.values)[k];
                    const T* w = weights + data.columns[k] * layer.n_out;
                    for (int64_t j = 0; j < layer.n_out; ++j) row[j] += x * w[j];
                }
            }
        }
    }
    // Gradient of the first layer's weights, for each member's own effective matrix.
    void add_input_gradient(const DataSpec& data, Rows rows, const T* d) {
        const LayerSpec& layer = plan.layers[0];
        const int64_t n = rows.count, stride = blocks[0].stride, size = layer.n_in * layer.n_out;
        for (int m = 0; m < plan.n_members; ++m) {
            T* into = has_front() ? front_gradient + m * size : gradient + layer.weights + weights_of(0, m);
            const T* from = d + m * n * stride;
            if (!data.columns) {
                multiply(true, false, layer.n_in, layer.n_out, n, dense, layer.n_in, from, stride, T(fresh ? 0 : 1),
                         into, layer.n_out);
                continue;
            }
            if (fresh) zero(into, size);
            for (int64_t r = 0; r < n; ++r)
                for (int64_t k = data.starts[rows[r]]; k < data.starts[rows[r] + 1]; ++k) {
                    const T x = static_cast<const T*>(data.values)[k];
                    T* w = into + data.columns[k] * layer.n_out;
                    for (int64_t j = 0; j < layer.n_out; ++j) w[j] += x * from[r * stride + j];
                }
        }
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
                multiply(false, false, n, layer.n_out, layer.n_in, blocks[l - 1].h + m * n * blocks[l - 1].stride,
                         blocks[l - 1].stride, theta + layer.weights + weights_of(l, m), layer.n_out, T(0), z,
                         block.stride);
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
            const LayerSpec& layer = plan.layers[l];
            const Block& block = blocks[l];
            if (l == last()) {
                add_output_bias_gradient(n);
            } else {
                if (block.mask)
                    for (int64_t i = 0; i < all * block.stride; ++i) delta[i] *= block.mask[i];
                if (!backpropagate_layer(l, all, delta)) return false;
            }
            if (l == 0) break;
            const Block& below = blocks[l - 1];
            const int members = l == last() ? plan.n_members : 1;
            const int64_t share = all / members;
            for (int m = 0; m < members; ++m) {
                const T *d = delta + m * share * block.stride, *h = below.h + m * share * below.stride;
                multiply(true, false, layer.n_in, layer.n_out, share, h, below.stride, d, block.stride,
                         T(fresh ? 0 : 1), gradient + layer.weights + weights_of(l, m), layer.n_out);
                multiply(false, true, share, layer.n_in, layer.n_out, d, block.stride,
                         theta + layer.weights + weights_of(l, m), layer.n_out, T(0),
                         delta_below + m * share * below.stride, below.stride);
            }
            T* swapped = delta;
            delta = delta_below;
            delta_below = swapped;
        }
        add_input_gradient(data, rows, delta);
        return true;
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
