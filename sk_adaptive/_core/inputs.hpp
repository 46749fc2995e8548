// What the first layer reads of a table's row: standardised and clipped numbers, and levels.
#pragma once

#include "loops.hpp"
#include "memory.hpp"

namespace SK_ISA {

using sk_adaptive::DataSpec;
using sk_adaptive::InputsSpec;
using sk_adaptive::LevelsSpec;
using sk_adaptive::PlanSpec;

template <class T> class InputReader {
  public:
    explicit InputReader(const PlanSpec& plan)
        : inputs(&plan.inputs), signs(static_cast<const T*>(plan.signs)), n_inputs(plan.layers[0].n_in) {}

    // The numbers of a dense row.
    void read_row(const DataSpec& data, int64_t row, T* to) const {
        const T* from = static_cast<const T*>(data.values) + row * inputs->n_columns;
        SK_INDEPENDENT
        for (int64_t i = 0; i < inputs->n_numbers; ++i) to[i] = number(from[inputs->columns[i]], i);
    }
    // Calls visit(x, input) for each number that a sparse row holds, less that of a zero.
    template <class Visit> void each_number(const DataSpec& data, int64_t row, Visit visit) const {
        each_stored<T>(data, row, [&](T x, int64_t column) { visit(number(x, column) - number(0, column), column); });
    }
    // Calls visit(x, input) for each number whose zero is not the mean.
    template <class Visit> void each_zero(Visit visit) const {
        for (int64_t i = 0; i < inputs->n_numbers; ++i)
            if (inputs->centre[i] != 0) visit(number(0, i), i);
    }
    // Calls visit(1, input) for each level of a row that has an input.
    template <class Visit> void each_level(const DataSpec& data, int64_t row, Visit visit) const {
        for (int k = 0; k < inputs->n_levels; ++k) {
            const LevelsSpec& levels = inputs->levels[k];
            const int64_t level = level_of(levels, value(data, row, levels.column));
            if (level >= 0 && levels.inputs[level] >= 0) visit(T(1), levels.inputs[level]);
        }
    }
    T sign(int m, int64_t input) const { return signs ? signs[m * n_inputs + input] : T(1); }
    void flip(int m, const T* from, T* to) const {
        SK_INDEPENDENT
        for (int64_t i = 0; i < inputs->n_numbers; ++i) to[i] = sign(m, i) * from[i];
    }

  private:
    const InputsSpec* inputs;
    const T* signs;
    int64_t n_inputs;

    T number(T x, int64_t i) const {
        const double z = (double(x) - inputs->centre[i]) * inputs->factor[i], limit = inputs->limit;
        const double clipped = z > limit ? limit : z < -limit ? -limit : z;
        return T(x == x ? clipped : inputs->missing[i]);
    }
    // -1 for a number that is not missing, and for what is no level's number.
    static int64_t level_of(const LevelsSpec& levels, T x) {
        if (levels.n_levels == 0) return x == x ? -1 : 0;
        return x >= 0 && x < T(levels.n_levels) ? int64_t(x) : -1;
    }
    // The columns of a sparse row are in order.
    T value(const DataSpec& data, int64_t row, int64_t column) const {
        const T* values = static_cast<const T*>(data.values);
        if (!data.columns) return values[row * inputs->n_columns + column];
        int64_t first = data.starts[row], end = data.starts[row + 1];
        while (first < end) {
            const int64_t middle = first + (end - first) / 2;
            if (data.columns[middle] == column) return values[middle];
            if (data.columns[middle] < column) first = middle + 1;
            else end = middle;
        }
        return T(0);
    }
};

}  // namespace SK_ISA
