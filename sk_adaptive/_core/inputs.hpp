// What the first layer reads of a table's row: standardised and clipped numbers, and levels. The table may be of
// another dtype than the network: numbers are standardised in float64 and then rounded to T.
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

    // The numbers of dense rows, (n_members, rows.count, n_numbers), each member's with its signs.
    void read(const DataSpec& data, Rows rows, int n_members, T* to) const {
        constexpr int64_t ahead = 8;
        const int64_t n = rows.count, width = inputs->n_numbers;
        for (int64_t r = 0; r < n; ++r) {
            if (r + ahead < n) fetch_row(data, rows[r + ahead]);
            read_row(data, rows[r], to + r * width);
        }
        for (int m = n_members - 1; m >= 0 && n_members > 1; --m)  // the first one's own at the end
            for (int64_t r = 0; r < n; ++r) flip(m, to + r * width, to + (m * n + r) * width);
    }
    // Calls visit(x, input) for each number that a sparse row holds, less that of a zero.
    template <class Visit> void each_number(const DataSpec& data, int64_t row, Visit visit) const {
        with_values(data, [&](auto* values) {
            for (int64_t k = data.starts[row]; k < data.starts[row + 1]; ++k) {
                const int64_t column = data.columns[k];
                visit(T(number(*inputs, values[k], column) - number(*inputs, 0, column)), column);
            }
        });
    }
    // Calls visit(x, input) for each number whose zero is not the mean.
    template <class Visit> void each_zero(Visit visit) const {
        for (int64_t k = 0; k < inputs->n_centred; ++k) {
            const int64_t i = inputs->centred[k];
            visit(T(number(*inputs, 0, i)), i);
        }
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

  private:
    const InputsSpec* inputs;
    const T* signs;
    int64_t n_inputs;

    // Fetches a dense row that is read soon: shuffled rows are not in the cache.
    void fetch_row(const DataSpec& data, int64_t row) const {
        const int64_t size = inputs->n_columns * int64_t(data.values_dtype == sk_adaptive::float32 ? 4 : 8);
        const char* from = static_cast<const char*>(data.values) + row * size;
        for (int64_t at = 0; at < size && at < 512; at += 64) __builtin_prefetch(from + at);
    }
    void read_row(const DataSpec& data, int64_t row, T* to) const {
        with_values(data, [&](auto* values) {
            const auto* from = values + row * inputs->n_columns;
            const InputsSpec spec = *inputs;
            SK_INDEPENDENT
            for (int64_t i = 0; i < spec.n_numbers; ++i) to[i] = T(number(spec, from[spec.columns[i]], i));
        });
    }
    void flip(int m, const T* from, T* to) const {
        SK_INDEPENDENT
        for (int64_t i = 0; i < inputs->n_numbers; ++i) to[i] = sign(m, i) * from[i];
    }
    template <class Visit> static void with_values(const DataSpec& data, Visit visit) {
        with_dtype(data.values_dtype, [&](auto zero) { visit(static_cast<const decltype(zero)*>(data.values)); });
    }
    // Without branches, so that the compiler makes vectors of it.
    static double number(const InputsSpec& spec, double x, int64_t i) {
        const double z = (x - spec.centre[i]) * spec.factor[i], missing = spec.missing[i];
        const double lower = spec.lower[i], upper = spec.upper[i];
        const double below = z > upper ? upper : z, clipped = below < lower ? lower : below;
        return x == x ? clipped : missing;
    }
    // -1 for a number that is not missing, and for what is no level's number.
    static int64_t level_of(const LevelsSpec& levels, double x) {
        if (levels.n_levels == 0) return x == x ? -1 : 0;
        return x >= 0 && x < double(levels.n_levels) ? int64_t(x) : -1;
    }
    double value(const DataSpec& data, int64_t row, int64_t column) const {
        double found = 0;
        with_values(data, [&](auto* values) {
            const int64_t at = data.columns ? place(data, row, column) : row * inputs->n_columns + column;
            if (at >= 0) found = values[at];
        });
        return found;
    }
    // Where a sparse row, whose columns are in order, holds a column, or -1.
    static int64_t place(const DataSpec& data, int64_t row, int64_t column) {
        int64_t first = data.starts[row], end = data.starts[row + 1];
        while (first < end) {
            const int64_t middle = first + (end - first) / 2;
            if (data.columns[middle] == column) return middle;
            if (data.columns[middle] < column) first = middle + 1;
            else end = middle;
        }
        return -1;
    }
};

}  // namespace SK_ISA
