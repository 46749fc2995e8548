// Steps of the solvers on a range of theta. The classes in Python are in sk_adaptive/solvers.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "loops.hpp"
#include "plan.hpp"

namespace SK_ISA {

using sk_adaptive::GroupSpec;
using sk_adaptive::SolverSpec;

// What some steps without a gradient make of a weight: theta <- keep theta + along d, where d is the solver's direction
// before them. They multiply d by `faded`, and each of the solver's buffers by its factor in `buffers`.
struct Coast {
    double keep = 1, along = 0, faded = 1, buffers[2] = {1, 1};
};

// v <- mu v - rate g;  theta <- theta + v, or with Nesterov's momentum theta + mu v - rate g.
struct SGD {
    static constexpr int n_buffers = 1;
    template <class T>
    static void step(const SolverSpec& solver, double rate, int64_t, int64_t begin, int64_t end, int64_t, T* theta,
                     const T* gradient, T* state) {
        const T momentum = T(solver.constants[0]), minus_rate = T(-rate);
        const bool nesterov = solver.constants[1] != 0;
        for (int64_t i = begin; i < end; ++i) {
            const T change = minus_rate * gradient[i], v = momentum * state[i] + change;
            state[i] = v;
            theta[i] += nesterov ? momentum * v + change : v;
        }
    }
    // The direction is v.
    static Coast coast(const SolverSpec& solver, double, int64_t) {
        const double momentum = solver.constants[0];
        return {1, solver.constants[1] != 0 ? momentum : 1, momentum, {momentum, 1}};
    }
    template <class T>
    static void coast_along(const SolverSpec&, const Coast& owed, int64_t begin, int64_t end, int64_t, T* theta,
                            T* state) {
        const T keep = T(owed.keep), along = T(owed.along), fade = T(owed.buffers[0]);
        for (int64_t i = begin; i < end; ++i) {
            theta[i] = keep * theta[i] + along * state[i];
            state[i] *= fade;
        }
    }
};

// D. P. Kingma and J. Ba, arXiv:1412.6980, in the order of computation of the end of its section 2.
struct Adam {
    static constexpr int n_buffers = 2;
    template <class T>
    static void step(const SolverSpec& solver, double rate, int64_t t, int64_t begin, int64_t end, int64_t n_theta,
                     T* theta, const T* gradient, T* state) {
        const double beta_1 = solver.constants[0], beta_2 = solver.constants[1];
        const T b1 = T(beta_1), b2 = T(beta_2), rest_1 = T(1 - beta_1), rest_2 = T(1 - beta_2);
        const T epsilon = T(solver.constants[2]);
        const T corrected_rate = T(corrected(solver, rate, t));
        T *first = state, *second = state + n_theta;
        SK_INDEPENDENT
        for (int64_t i = begin; i < end; ++i) {
            const T g = gradient[i], m = b1 * first[i] + rest_1 * g, v = b2 * second[i] + rest_2 * g * g;
            first[i] = m;
            second[i] = v;
            theta[i] -= corrected_rate * m / (std::sqrt(v) + epsilon);
        }
    }
    // The direction is m / (sqrt(v) + epsilon): epsilon counts in full, though v fades.
    static Coast coast(const SolverSpec& solver, double rate, int64_t t) {
        const double beta_1 = solver.constants[0], beta_2 = solver.constants[1];
        return {1, -corrected(solver, rate, t), beta_1 / std::sqrt(beta_2), {beta_1, beta_2}};
    }
    template <class T>
    static void coast_along(const SolverSpec& solver, const Coast& owed, int64_t begin, int64_t end, int64_t n_theta,
                            T* theta, T* state) {
        const T keep = T(owed.keep), along = T(owed.along), epsilon = T(solver.constants[2]);
        const T least = std::numeric_limits<T>::min();  // 0 would turn squares that overflowed into NaN
        const T fade_1 = T(owed.buffers[0]), fade_2 = std::max(T(owed.buffers[1]), least);
        T *first = state, *second = state + n_theta;
        SK_INDEPENDENT
        for (int64_t i = begin; i < end; ++i) {
            theta[i] = keep * theta[i] + along * first[i] / (std::sqrt(second[i]) + epsilon);
            first[i] *= fade_1;
            second[i] *= fade_2;
        }
    }

  private:
    static double corrected(const SolverSpec& solver, double rate, int64_t t) {
        const double beta_1 = solver.constants[0], beta_2 = solver.constants[1];
        return rate * std::sqrt(1 - std::pow(beta_2, double(t))) / (1 - std::pow(beta_1, double(t)));
    }
};

}  // namespace SK_ISA

#define SK_SOLVERS(X) \
    X(sgd, SGD)       \
    X(adam, Adam)

namespace SK_ISA {

enum SolverKind {
#define SK_SOLVER(name, type) solver_##name,
    SK_SOLVERS(SK_SOLVER)
#undef SK_SOLVER
};

// Decoupled weight decay: theta moves towards the anchor of its group, or towards zero.
template <class T>
void decay(const SolverSpec& solver, const GroupSpec& group, double rate, int64_t begin, int64_t end, T* theta) {
    const T shrink = T(rate * group.decay * (group.anchor ? 1 : solver.decay_factor));
    const T* anchor = static_cast<const T*>(group.anchor);
    for (int64_t i = begin; i < end; ++i) theta[i] -= shrink * (theta[i] - (anchor ? anchor[i - group.begin] : T(0)));
}

// What step t would do without a gradient to a weight of a group without an anchor.
inline Coast coast(const SolverSpec& solver, const GroupSpec& group, double rate, int64_t t) {
    const double group_rate = rate * group.rate_factor;
    Coast one;
    switch (solver.kind) {
#define SK_CASE(name, type) \
    case solver_##name: one = type::coast(solver, group_rate, t); break;
        SK_SOLVERS(SK_CASE)
#undef SK_CASE
    }
    one.keep = 1 - group_rate * group.decay * solver.decay_factor;
    return one;
}

template <class T>
void coast_along(const SolverSpec& solver, const Coast& owed, int64_t begin, int64_t end, int64_t n_theta, T* theta) {
    T* state = static_cast<T*>(solver.state);
    switch (solver.kind) {
#define SK_CASE(name, type) \
    case solver_##name: type::coast_along(solver, owed, begin, end, n_theta, theta, state); break;
        SK_SOLVERS(SK_CASE)
#undef SK_CASE
    }
}

// One step for theta[begin, end), group by group.
template <class T>
void solver_step(const SolverSpec& solver, double rate, int64_t t, int64_t begin, int64_t end, int64_t n_theta,
                 T* theta, const T* gradient) {
    T* state = static_cast<T*>(solver.state);
    for (int i = 0; i < solver.n_groups; ++i) {
        const GroupSpec& group = solver.groups[i];
        const int64_t from = group.begin > begin ? group.begin : begin, to = group.end < end ? group.end : end;
        if (from >= to || group.rate_factor == 0) continue;
        const double group_rate = rate * group.rate_factor;
        if (group.decay != 0) decay(solver, group, group_rate, from, to, theta);
        switch (solver.kind) {
#define SK_CASE(name, type) \
    case solver_##name: type::step(solver, group_rate, t, from, to, n_theta, theta, gradient, state); break;
            SK_SOLVERS(SK_CASE)
#undef SK_CASE
        }
    }
}

}  // namespace SK_ISA
