// The functions of core.hpp, compiled once for each instruction set by core_*.cpp, which define SK_ISA (its name)
// and SK_VECTOR_BYTES (its vectors).
#pragma once

#include "core.hpp"

#include "training.hpp"

namespace SK_ISA {

using sk_adaptive::Core;
using sk_adaptive::MatrixSpec;

#define SK_ELEMENTARY(X)                          \
    X(exp, exponential(x))                        \
    X(expm1, exponential_minus_one(x))            \
    X(log, logarithm(x))                          \
    X(tanh, tanh(x))                              \
    X(logistic, logistic(x))                      \
    X(softplus, softplus(x))                      \
    X(normal_cdf, normal_cdf(x, other))           \
    X(sin, (sine_cosine(x, y, other), y))         \
    X(cos, (sine_cosine(x, other, y), y))

int64_t workspace_bytes(const PlanSpec& plan, int dense, int64_t rows, int team_size, int training) {
    return with_dtype(plan.dtype, [&](auto zero) {
        using T = decltype(zero);
        Arena arena{nullptr};
        arena.take<Network<T>>(team_size);
        Network<T> one(plan, dense, rows, training, arena);
        const int64_t networks = (int64_t(sizeof(Network<T>)) * team_size + 63) / 64 * 64;
        arena.used = networks + (arena.used - networks) * team_size;
        if (training) EpochRun<T>::make_late_steps(plan, dense, team_size, arena);
        return arena.used;
    });
}

// Each member passes its share of all rows and hands every piece to visit(network, rows).
template <class T, class Visit>
int pass_all(const PlanSpec& plan, const DataSpec& data, const void* theta, int64_t rows, Team* team, void* workspace,
             Visit visit) {
    Arena arena{static_cast<char*>(workspace)};
    Crew<T> crew(plan, data, team, rows, false, arena);
    crew.run([&](int worker) {
        crew.networks[worker].prepare(static_cast<const T*>(theta));
        crew.share(worker, nullptr, 0, data.n_rows, [&](Network<T>& network, Rows piece) {
            if (!network.forward(data, piece, nullptr)) return false;
            visit(network, piece);
            return true;
        });
    });
    return crew.stopped() ? sk_adaptive::interrupted : sk_adaptive::ok;
}

int forward(const PlanSpec& plan, const DataSpec& data, const void* theta, int64_t rows, Team* team, void* workspace,
            void* out) {
    return with_dtype(plan.dtype, [&](auto zero) {
        using T = decltype(zero);
        const int64_t width = plan.layers[plan.n_layers - 1].n_out;
        return pass_all<T>(plan, data, theta, rows, team, workspace, [&](Network<T>& network, Rows piece) {
            for (int m = 0; m < plan.n_members; ++m)
                copy_rows(network.raw() + m * piece.count * network.raw_stride(), network.raw_stride(), piece.count,
                          width, static_cast<T*>(out) + (m * data.n_rows + piece.first) * width, width);
        });
    });
}

int hidden(const PlanSpec& plan, const DataSpec& data, const void* theta, int64_t rows, Team* team, void* workspace,
           void* const* z, void* const* h) {
    return with_dtype(plan.dtype, [&](auto zero) {
        using T = decltype(zero);
        return pass_all<T>(plan, data, theta, rows, team, workspace, [&](Network<T>& network, Rows piece) {
            const auto copy = [&](const T* from, int layer, void* to) {
                const int64_t width = plan.layers[layer].n_out, stride = network.stride(layer);
                for (int m = 0; to && m < plan.n_members; ++m)
                    copy_rows(from + m * piece.count * stride, stride, piece.count, width,
                              static_cast<T*>(to) + (m * data.n_rows + piece.first) * width, width);
            };
            for (int layer = 0; layer < plan.n_layers - 1; ++layer) {
                copy(network.pre_activations(layer), layer, z[layer]);
                copy(network.activations(layer), layer, h[layer]);
            }
        });
    });
}

int loss_and_grad(const PlanSpec& plan, const DataSpec& data, const void* theta, int64_t rows, Team* team,
                  void* workspace, double* loss, void* gradient, const DropoutSpec* dropout) {
    return with_dtype(plan.dtype, [&](auto zero) {
        using T = decltype(zero);
        Arena arena{static_cast<char*>(workspace)};
        Crew<T> crew(plan, data, team, rows, gradient != nullptr, arena);
        const double scale = 1 / (weight_of<T>(data, Rows{nullptr, 0, data.n_rows}) * plan.n_members);
        const T* at = static_cast<const T*>(theta);
        crew.run([&](int worker) {
            if (gradient) return crew.add_up(worker, data, nullptr, 0, data.n_rows, at, scale, dropout);
            crew.networks[worker].prepare(at);
            crew.share(worker, nullptr, 0, data.n_rows, [&](Network<T>& network, Rows piece) {
                return network.add_loss(data, piece, T(scale), crew.losses[worker]);
            });
        });
        *loss = crew.total_loss();
        if (gradient) crew.reduce(0, plan.n_theta, static_cast<T*>(gradient));
        return crew.stopped() ? sk_adaptive::interrupted : sk_adaptive::ok;
    });
}

int jacobian(const PlanSpec& plan, const DataSpec& data, const void* theta, Team* team, void* workspace, void* out,
             void* to) {
    return with_dtype(plan.dtype, [&](auto zero) {
        using T = decltype(zero);
        Arena arena{static_cast<char*>(workspace)};
        Crew<T> crew(plan, data, team, 1, true, arena);
        const int64_t width = plan.layers[plan.n_layers - 1].n_out, n_outputs = plan.n_members * width;
        crew.run([&](int worker) {
            crew.networks[worker].prepare(static_cast<const T*>(theta));
            crew.share(worker, nullptr, 0, data.n_rows, [&](Network<T>& network, Rows row) {
                if (!network.forward(data, row, nullptr)) return false;
                copy_rows(network.raw(), network.raw_stride(), plan.n_members, width,
                          static_cast<T*>(out) + row.first * n_outputs, width);
                T* gradients = static_cast<T*>(to) + row.first * n_outputs * plan.n_theta;
                for (int64_t k = 0; k < n_outputs; ++k, gradients += plan.n_theta) {
                    if (!network.gradient_of_output(data, row, int(k / width), k % width)) return false;
                    std::memcpy(gradients, network.gradient, size_t(plan.n_theta) * sizeof(T));
                }
                return true;
            });
        });
        return crew.stopped() ? sk_adaptive::interrupted : sk_adaptive::ok;
    });
}

int train_epoch(const PlanSpec& plan, const EpochSpec& epoch, const SolverSpec& solver, void* theta, int64_t rows,
                Team* team, void* workspace, double* loss, double* largest) {
    return with_dtype(plan.dtype, [&](auto zero) {
        using T = decltype(zero);
        Arena arena{static_cast<char*>(workspace)};
        Crew<T> crew(plan, epoch.data, team, rows, true, arena);
        return EpochRun<T>(crew, solver, epoch, static_cast<T*>(theta), arena).run(loss, largest);
    });
}

void step(const PlanSpec& plan, const SolverSpec& solver, double rate, void* theta, void* gradient) {
    with_dtype(plan.dtype, [&](auto zero) {
        using T = decltype(zero);
        step_along(solver, rate, plan.n_theta, static_cast<T*>(theta), static_cast<T*>(gradient));
        return 0;
    });
}

void shuffle(uint64_t* random, int64_t* order, int64_t n) { Random{random}.shuffle(order, n); }

uint64_t next_number(uint64_t* random) { return Random{random}.next(); }

int64_t padded_units(int dtype, int64_t units) {
    return dtype == sk_adaptive::float32 ? padded<float>(units) : padded<double>(units);
}

int fits_kernel(const LayerSpec& layer) { return fits(activation_of(layer)); }

int activation(const LayerSpec& layer, int dtype, int64_t rows, int64_t stride, void* z, const void* p, void* h,
               void* slope, void* d, void* p_gradient) {
    return with_dtype(dtype, [&](auto zero) {
        using T = decltype(zero);
        const Activation which = activation_of(layer);
        // The last two rows of the parameters' gradient stand in for the bias's gradient and for the bias.
        T *gradient = static_cast<T*>(p_gradient), *spare = gradient + layer.n_parameters * stride;
        T* at = static_cast<T*>(z);
        const LayerBlock<T> block{rows, stride, at, static_cast<T*>(h),
                                  slope_apart<T>(which) ? static_cast<T*>(slope) : at, spare + stride,
                                  static_cast<const T*>(p), gradient, spare};
        const bool known = activate(which, block) && backpropagate(which, block, static_cast<T*>(d));
        return known ? sk_adaptive::ok : sk_adaptive::interrupted;
    });
}

void multiply_matrices(int dtype, int64_t m, int64_t n, int64_t k, const MatrixSpec& a, const MatrixSpec& b, int add,
                       void* c, int64_t stride) {
    with_dtype(dtype, [&](auto zero) {
        using T = decltype(zero);
        const auto matrix = [](const MatrixSpec& x) { return Matrix<T>{static_cast<const T*>(x.at), x.row, x.column}; };
        multiply(m, n, k, matrix(a), matrix(b), add != 0, static_cast<T*>(c), stride);
        return 0;
    });
}

void elementary(int which, int dtype, int64_t n, const void* from, void* to) {
    with_dtype(dtype, [&](auto zero) {
        using T = decltype(zero);
        using V = Vector<T>;
        for (int64_t i = 0; i < n; i += lanes<T>) {
            const V x = load<V>(static_cast<const T*>(from) + i);
            V y = x, other = x;
            int number = 0;
#define SK_TRY(name, call) \
    if (which == number++) y = call;
            SK_ELEMENTARY(SK_TRY)
#undef SK_TRY
            store(static_cast<T*>(to) + i, y);
        }
        return 0;
    });
}

}  // namespace SK_ISA

#define SK_STRING_(x) #x
#define SK_STRING(x) SK_STRING_(x)
#define SK_JOIN_(a, b) a##b
#define SK_JOIN(a, b) SK_JOIN_(a, b)

namespace sk_adaptive {

const Core SK_JOIN(core_, SK_ISA) = {SK_STRING(SK_ISA), SK_ISA::workspace_bytes, SK_ISA::forward, SK_ISA::hidden,
                                     SK_ISA::loss_and_grad, SK_ISA::jacobian, SK_ISA::train_epoch, SK_ISA::step,
                                     SK_ISA::shuffle, SK_ISA::next_number, SK_ISA::fits_kernel, SK_ISA::padded_units,
                                     SK_ISA::activation, SK_ISA::multiply_matrices, SK_ISA::elementary};

#ifdef SK_NAMES  // defined for one of the instruction sets
#define SK_NAME(name, type) #name,
const char* const activation_names[] = {SK_FIXED_ACTIVATIONS(SK_NAME) SK_LEARNED_ACTIVATIONS(SK_NAME) nullptr};
const char* const loss_names[] = {"cross_entropy", SK_ELEMENTWISE_LOSSES(SK_NAME) nullptr};
const char* const solver_names[] = {SK_SOLVERS(SK_NAME) nullptr};
const char* const elementary_names[] = {SK_ELEMENTARY(SK_NAME) nullptr};
#define SK_BUFFERS(name, type) SK_ISA::type::n_buffers,
const int solver_buffers[] = {SK_SOLVERS(SK_BUFFERS)};
#endif

}  // namespace sk_adaptive
