// One pass of rows through the network and back: the only forward and the only backward there is.
#pragma once

#include <limits>

#include "activations/layer.hpp"
#include "dropout.hpp"
#include "inputs.hpp"
#include "losses.hpp"
#include "weights.hpp"

namespace SK_ISA {

inline Activation activation_of(const LayerSpec& layer) {
    return {layer.kind, layer.n_parameters, layer.n_constants, layer.constants};
}

template <class T> class Network {
  public:
    T* gradient;  // (n_theta,) of the rows passed since begin_batch

    // A network for passes of at most `rows` rows, in the arena's memory (zeroed by the caller).
    Network(const PlanSpec& plan, bool dense_rows, int64_t rows, bool training, Arena& arena)
        : plan(plan), reader(plan), capacity(rows) {
        const int64_t all = rows * plan.n_members;
        inputs = arena.take<T>(dense_rows ? all * plan.inputs.n_numbers : 0);
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
        const int64_t first = plan.n_members * padded<T>(plan.layers[0].n_out);
        resting = dense_rows ? nullptr : arena.take<T>(first);
        resting_gradient = dense_rows || !training ? nullptr : arena.take<T>(first);
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
            block.weights.prepare(theta);
        }
        if (resting) add_resting();
    }

    // Whether what a level or a sparse row's number adds to is theta and `gradient` themselves.
    bool inputs_lie_in_theta() const { return blocks[0].weights.lies_in_theta(); }
    // Leaves it to the caller to clear the gradient of theta[begin, end): of inputs that rows may lack.
    void leave_gradient(int64_t begin, int64_t end) { left_begin = begin, left_end = end; }

    void begin_batch() {
        fresh = true;
        if (resting_gradient) zero(resting_gradient, plan.n_members * blocks[0].stride);
        for (int l = 0; l < plan.n_layers; ++l) {
            const LayerSpec& layer = plan.layers[l];
            const int64_t biases = l == last() ? plan.n_members : 1;
            zero(blocks[l].bias_gradient, biases * blocks[l].stride);
            zero(blocks[l].p_gradient, layer.n_parameters * blocks[l].stride);
        }
    }

    // Raw outputs: member m's row r at raw() + (m * rows.count + r) * raw_stride().
    // With `dropout`, units are dropped.
    bool forward(const DataSpec& data, Rows rows, const DropoutSpec* dropout) {
        if (!data.columns) reader.read(data, rows, plan.n_members, inputs);
        const int64_t n = rows.count, all = n * plan.n_members;
        for (int l = 0; l < plan.n_layers; ++l) {
            if (l == 0) {
                multiply_inputs(data, rows);
            } else {
                multiply_by_weights(l, plan.layers[l].n_in, all, blocks[l - 1].h, blocks[l - 1].stride);
            }
            if (l == last()) {
                add_output_bias(n);
            } else {
                if (!activate_layer(l, all)) return false;
                if (dropout) drop(plan, l, rows, *dropout, blocks[l].stride, blocks[l].h, blocks[l].mask);
            }
        }
        return true;
    }

    // Adds to the gradient of sum_r w_r loss_r; `scale` multiplies every row's weight. Returns false after an
    // exception in a user's activation.
    bool add_gradient(const DataSpec& data, Rows rows, T scale, const DropoutSpec* dropout, double& loss) {
        return forward(data, rows, dropout) && add_loss_of_outputs(data, rows, scale, loss) &&
               backward(data, rows, dropout != nullptr);
    }

    // The mean loss of the rows alone, no gradient.
    bool add_loss(const DataSpec& data, Rows rows, T scale, double& loss) {
        return forward(data, rows, nullptr) && add_loss_of_outputs(data, rows, scale, loss);
    }

    // Leaves the gradient of output j of member m in `gradient`, for the one row just passed.
    bool gradient_of_output(const DataSpec& data, Rows row, int m, int64_t j) {
        begin_batch();
        zero(delta, plan.n_members * raw_stride());
        delta[m * raw_stride() + j] = T(1);
        if (!backward(data, row, false)) return false;
        end_batch();
        return true;
    }

    // Gathers what begin_batch and a backward pass left in padded blocks into `gradient`.
    void end_batch() {
        if (fresh) {  // a share without rows
            zero(gradient, left_begin);
            zero(gradient + left_end, plan.n_theta - left_end);
        }
        if (plan.input_scale >= 0) zero(gradient + plan.input_scale, plan.layers[0].n_in);
        for (int l = 0; l < last(); ++l)
            zero(gradient + plan.layers[l].parameters,
                 plan.layers[l].n_parameters * (plan.layers[l].per_unit ? plan.layers[l].n_out : 1));
        if (resting_gradient && !fresh) add_resting_gradient();
        for (int l = 0; l < plan.n_layers && !fresh; ++l) blocks[l].weights.unpack_gradient(theta, gradient);
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
        Weights<T> weights;
        T *z, *h, *slope, *mask, *bias, *p, *bias_gradient, *p_gradient;
    };

    const PlanSpec& plan;
    InputReader<T> reader;
    int64_t capacity;
    const T* theta = nullptr;
    Block* blocks;
    T *inputs, *targets, *row_weights, *delta, *delta_below;
    T *resting, *resting_gradient;  // sparse rows: (n_members, stride) of an empty row
    int64_t left_begin = 0, left_end = 0;
    bool fresh = true;         // nothing added to the gradient yet

    int last() const { return plan.n_layers - 1; }
    int64_t n_targets() const { return plan.loss == loss_cross_entropy ? 1 : plan.layers[plan.n_layers - 1].n_out; }
    T padding_of_outputs() const {
        return plan.loss == loss_cross_entropy ? -std::numeric_limits<T>::infinity() : T(0);
    }
    LayerBlock<T> view(int l, int64_t rows) const {
        const Block& b = blocks[l];
        return {rows, b.stride, b.z, b.h, b.slope, b.bias, b.p, b.p_gradient, b.bias_gradient};
    }

    Block make_block(int l, int64_t rows, bool training, Arena& arena) const {
        const LayerSpec& layer = plan.layers[l];
        const bool output = l == last();
        const int64_t biases = output ? plan.n_members : 1;
        Block block{padded<T>(layer.n_out), Weights<T>(plan, l, training, arena), {}, {}, {}, {}, {}, {}, {}, {}};
        block.z = arena.take<T>(rows * block.stride);
        block.bias = arena.take<T>(biases * block.stride);
        block.p = arena.take<T>(layer.n_parameters * block.stride);
        if (!output) block.h = arena.take<T>(rows * block.stride);
        if (!training) return block;
        const bool apart = !output && slope_apart<T>(activation_of(layer));
        block.slope = apart ? arena.take<T>(rows * block.stride) : block.z;
        if (!output && plan.dropout > 0) block.mask = arena.take<T>(rows * block.stride);
        block.bias_gradient = arena.take<T>(biases * block.stride);
        block.p_gradient = arena.take<T>(layer.n_parameters * block.stride);
        return block;
    }

    // ---- the first layer: numbers and levels of dense or sparse rows ---------------------------------------------
    // Signs flip the rows, not the weights: that costs a multiplication per input, of n_out that follow anyway.

    Matrix<T> first_weights(int m) const { return blocks[0].weights.matrix(theta, plan.n_layers == 1 ? m : 0); }
    T* first_gradient(int m) const { return blocks[0].weights.gradient(gradient, plan.n_layers == 1 ? m : 0); }
    // Calls visit(factor, m, r, input) for each level of the rows, and each number that a sparse row holds. The factor
    // of a number is how far it is from that of an empty row.
    template <class Visit> void each_input(const DataSpec& data, Rows rows, Visit visit) const {
        for (int64_t r = 0; r < rows.count; ++r) {
            const auto each = [&](T x, int64_t input) {
                for (int m = 0; m < plan.n_members; ++m) visit(reader.sign(m, input) * x, m, r, input);
            };
            if (data.columns) reader.each_number(data, rows[r], each);
            reader.each_level(data, rows[r], each);
        }
    }
    void multiply_inputs(const DataSpec& data, Rows rows) {
        const int64_t n = rows.count, n_out = plan.layers[0].n_out, stride = blocks[0].stride;
        T* z = blocks[0].z;
        if (data.columns) {
            for (int m = 0; m < plan.n_members; ++m)
                for (int64_t r = 0; r < n; ++r)
                    std::memcpy(z + (m * n + r) * stride, resting + m * stride, size_t(stride) * sizeof(T));
        } else {
            multiply_by_weights(0, plan.inputs.n_numbers, n * plan.n_members, inputs, plan.inputs.n_numbers);
        }
        each_input(data, rows, [&](T x, int m, int64_t r, int64_t input) {
            add_scaled(x, first_weights(m).from(input, 0).at, n_out, z + (m * n + r) * stride);
        });
        const T* shift = static_cast<const T*>(plan.inputs.shift);
        for (int m = 0; shift && m < plan.n_members; ++m)
            for (int64_t r = 0; r < n; ++r) add_scaled(T(1), shift + m * n_out, n_out, z + (m * n + r) * stride);
    }
    void add_input_gradient(const DataSpec& data, Rows rows) {
        const LayerSpec& layer = plan.layers[0];
        const Weights<T>& weights = blocks[0].weights;
        const int64_t n = rows.count, stride = blocks[0].stride;
        const int64_t dense = data.columns ? 0 : plan.inputs.n_numbers;  // inputs whose gradient a product sets
        for (int m = 0; m < weights.matrices() && fresh && left_begin == left_end; ++m)
            zero(weights.gradient(gradient, m) + dense * weights.stride(), (layer.n_in - dense) * weights.stride());
        if (dense) add_weights_gradient(0, dense, n * plan.n_members, inputs, dense);
        for (int m = 0; resting_gradient && m < plan.n_members; ++m)
            for (int64_t r = 0; r < n; ++r)
                add_scaled(T(1), delta + (m * n + r) * stride, stride, resting_gradient + m * stride);
        each_input(data, rows, [&](T x, int m, int64_t r, int64_t input) {
            add_scaled(x, delta + (m * n + r) * stride, layer.n_out, first_gradient(m) + input * weights.stride());
        });
    }
    // What an empty row gives: its zeros are numbers as well, though far from the mean.
    void add_resting() {
        zero(resting, plan.n_members * blocks[0].stride);
        for (int m = 0; m < plan.n_members; ++m)
            reader.each_zero([&](T x, int64_t input) {
                add_scaled(reader.sign(m, input) * x, first_weights(m).from(input, 0).at, plan.layers[0].n_out,
                           resting + m * blocks[0].stride);
            });
    }
    void add_resting_gradient() {
        for (int m = 0; m < plan.n_members; ++m)
            reader.each_zero([&](T x, int64_t input) {
                add_scaled(reader.sign(m, input) * x, resting_gradient + m * blocks[0].stride, plan.layers[0].n_out,
                           first_gradient(m) + input * blocks[0].weights.stride());
            });
    }

    // ---- products of every layer ---------------------------------------------------------------------------------

    // z = h (all, n_in) times the first n_in rows of the weights; `all` rows, member by member.
    void multiply_by_weights(int l, int64_t n_in, int64_t all, const T* h, int64_t h_stride) const {
        const LayerSpec& layer = plan.layers[l];
        const Block& block = blocks[l];
        const int64_t n = all / block.weights.matrices();
        if (!n_in) zero(block.z, all * block.stride);
        for (int m = 0; n_in && m < block.weights.matrices(); ++m)
            multiply(n, layer.n_out, n_in, Matrix<T>{h + m * n * h_stride, h_stride},
                     block.weights.matrix(theta, m), false, block.z + m * n * block.stride, block.stride);
    }
    // Gradient of the weights that multiplied h (all, n_in), from `delta`.
    void add_weights_gradient(int l, int64_t n_in, int64_t all, const T* h, int64_t h_stride) const {
        const LayerSpec& layer = plan.layers[l];
        const Block& block = blocks[l];
        const Weights<T>& weights = block.weights;
        const int64_t n = all / weights.matrices();
        for (int m = 0; m < weights.matrices(); ++m)
            multiply(n_in, layer.n_out, n, Matrix<T>{h + m * n * h_stride, h_stride}.transposed(),
                     Matrix<T>{delta + m * n * block.stride, block.stride}, !fresh, weights.gradient(gradient, m),
                     weights.stride());
    }
    // Gradient of what the layer below put out, from `delta` into `delta_below`.
    void multiply_back(int l, int64_t all) const {
        const LayerSpec& layer = plan.layers[l];
        const Block &block = blocks[l], &below = blocks[l - 1];
        const int64_t n = all / block.weights.matrices();
        for (int m = 0; m < block.weights.matrices(); ++m)
            multiply(n, layer.n_in, layer.n_out, Matrix<T>{delta + m * n * block.stride, block.stride},
                     block.weights.matrix(theta, m).transposed(), false, delta_below + m * n * below.stride,
                     below.stride);
    }

    // ---- hidden layers -------------------------------------------------------------------------------------------

    bool activate_layer(int l, int64_t rows) {
        const LayerBlock<T> b = view(l, rows);
        if (activate(activation_of(plan.layers[l]), b)) return true;
        add_bias(b);
        return call_back(l, b, b.h, nullptr);
    }
    bool backpropagate_layer(int l, int64_t rows, T* d) {
        const LayerBlock<T> b = view(l, rows);
        if (backpropagate(activation_of(plan.layers[l]), b, d)) return true;
        if (!call_back(l, b, d, b.p_gradient)) return false;
        for (int64_t r = 0; r < rows; ++r)
            for (int64_t j = 0; j < b.stride; ++j) b.bias_gradient[j] += d[r * b.stride + j];
        return true;
    }
    bool call_back(int l, const LayerBlock<T>& b, T* out, T* p_gradient) const {
        return plan.callback.activation(plan.callback.context, l, plan.dtype, b.rows, plan.layers[l].n_out, b.stride,
                                        b.z, b.p, out, p_gradient) == 0;
    }

    // ---- the output layer, and the way back ----------------------------------------------------------------------

    void add_output_bias(int64_t n) {
        const Block& block = blocks[last()];
        for (int m = 0; m < plan.n_members; ++m)
            for (int64_t r = 0; r < n; ++r)
                add_scaled(T(1), block.bias + m * block.stride, block.stride, block.z + (m * n + r) * block.stride);
    }

    // The weighted loss of the rows just passed; its gradient is left in `delta`.
    bool add_loss_of_outputs(const DataSpec& data, Rows rows, T scale, double& loss) {
        read_targets(data, rows, scale);
        const int64_t n_out = plan.layers[last()].n_out, stride = blocks[last()].stride;
        for (int m = 0; m < plan.n_members; ++m) {
            const int64_t at = m * rows.count * stride;
            if (plan.loss >= 0) {
                loss += loss_and_derivative(plan.loss, rows.count, n_out, stride, raw() + at, targets, row_weights,
                                            T(plan.loss_constant), delta + at);
            } else if (plan.callback.loss(plan.callback.context, plan.dtype, rows.count, n_out, stride, raw() + at,
                                          targets, row_weights, delta + at, &loss) != 0) {
                return false;
            }
        }
        return true;
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
    bool backward(const DataSpec& data, Rows rows, bool dropped) {
        const int64_t n = rows.count, all = n * plan.n_members;
        for (int l = last(); l >= 0; --l) {
            const Block& block = blocks[l];
            if (l == last()) {
                add_output_bias_gradient(n);
            } else {
                if (dropped)
                    for (int64_t i = 0; i < all * block.stride; ++i) delta[i] *= block.mask[i];
                if (!backpropagate_layer(l, all, delta)) return false;
            }
            if (l == 0) break;
            add_weights_gradient(l, plan.layers[l].n_in, all, blocks[l - 1].h, blocks[l - 1].stride);
            multiply_back(l, all);
            T* swapped = delta;
            delta = delta_below;
            delta_below = swapped;
        }
        add_input_gradient(data, rows);
        fresh = false;
        return true;
    }
    void add_output_bias_gradient(int64_t n) {
        const Block& block = blocks[last()];
        for (int m = 0; m < plan.n_members; ++m)
            for (int64_t r = 0; r < n; ++r)
                add_scaled(T(1), delta + (m * n + r) * block.stride, block.stride,
                           block.bias_gradient + m * block.stride);
    }
};

}  // namespace SK_ISA
