// Steps of the first layer's weights that no row of a batch reads, taken late and all at once.
//
// Of a hundred thousand levels or words a batch has a few. The gradient of the weights of all others is zero: momentum
// and weight decay alone move them, by factors that are the same for all of them and need no data. So these steps are
// put off until a batch reads the weights, or the epoch ends. An input whose weights the batch reads is awake, others
// sleep.
#pragma once

#include "inputs.hpp"
#include "solvers.hpp"

namespace SK_ISA {

// The first of the inputs whose weights may step late, which reach to the last input: levels, and in sparse rows
// numbers as well.
inline int64_t late_inputs_begin(const PlanSpec& plan, bool dense_rows) { return dense_rows ? plan.inputs.n_numbers : 0; }

// Whether late steps lead where steps in time do: with Adam only where m fades at least as fast as v, so that little of m
// is left when v has faded to epsilon.
inline bool may_be_late(const SolverSpec& solver) {
    const Coast one = coast(solver, GroupSpec{}, 0, 1);
    return one.faded * one.faded <= one.buffers[1] * (1 + 1e-12);  // equal but for rounding
}

// Whether a batch reads the weights of less than a third of these inputs, if each of its rows has others.
inline bool late_steps_pay(const PlanSpec& plan, const DataSpec& data, int64_t batch_size) {
    constexpr double least_ratio = 3;
    const double stored = data.columns ? double(data.starts[data.n_rows]) / double(data.n_rows) : 0;
    const double by_batch = double(batch_size) * (stored + plan.inputs.n_levels) + double(plan.inputs.n_centred);
    const double all = double(plan.layers[0].n_in - late_inputs_begin(plan, !data.columns));
    return plan.n_layers > 1 && all > least_ratio * by_batch;
}

// One worker's share of these inputs.
template <class T> class LateSteps {
  public:
    LateSteps(const PlanSpec& plan, bool dense_rows, int worker, int workers, Arena& arena)
        : plan(&plan), reader(plan), n_out(plan.layers[0].n_out) {
        const int64_t before = late_inputs_begin(plan, dense_rows), n = plan.layers[0].n_in - before;
        first = before + n * worker / workers;
        last = before + n * (worker + 1) / workers;
        taken = arena.take<int32_t>(last - first);
        awake = arena.take<int64_t>(last - first);
        owed = arena.take<Coast>(n ? max_late + 1 : 0);  // no memory for tables without levels
    }

    // Begins with weights that are up to date.
    void begin(const SolverSpec& with, T* all_weights) {
        solver = &with;
        theta = all_weights;
        for (int i = 0; i < with.n_groups; ++i)
            if (with.groups[i].begin == plan->layers[0].weights) group = &with.groups[i];
        restart();
    }
    // Brings the weights that rows read up to date, and calls clear(at, n) for each input's.
    template <class Clear> void wake(const DataSpec& data, Rows rows, Clear clear) {
        if (now == max_late) finish();
        const auto each = [&](T, int64_t input) {
            if (input < first || input >= last || taken[input - first] == awake_mark) return;
            catch_up(input);
            taken[input - first] = awake_mark;
            awake[n_awake++] = input;
            clear(at(input), n_out);
        };
        if (data.columns) reader.each_zero(each);
        for (int64_t r = 0; r < rows.count; ++r) {
            if (data.columns) reader.each_number(data, rows[r], each);
            reader.each_level(data, rows[r], each);
        }
    }
    // Calls visit(begin, end) for the weights of each input that is awake.
    template <class Visit> void each_awake(Visit visit) const {
        for (int64_t i = 0; i < n_awake; ++i) visit(at(awake[i]), at(awake[i]) + n_out);
    }
    // The weights that are awake have taken step t, and sleep; all others owe it.
    void sleep(double rate, int64_t t) {
        const Coast one = coast(*solver, *group, rate, t);
        for (int32_t k = 0; k <= now; ++k) {
            Coast& since = owed[k];
            since.faded *= one.faded;
            since.along = since.along * one.keep + one.along * since.faded;
            since.keep *= one.keep;
            for (int i = 0; i < 2; ++i) since.buffers[i] *= one.buffers[i];
        }
        owed[++now] = Coast{};
        for (int64_t i = 0; i < n_awake; ++i) taken[awake[i] - first] = now;
        n_awake = 0;
    }
    // Brings all weights up to date; those that are awake are.
    void finish() {
        for (int64_t input = first; input < last; ++input)
            if (taken[input - first] != awake_mark) catch_up(input);
        restart();
    }

  private:
    static constexpr int32_t max_late = 1024, awake_mark = -1;

    const PlanSpec* plan;
    InputReader<T> reader;
    int64_t n_out, first, last, n_awake = 0;  // inputs [first, last)
    int32_t now = 0;  // steps since all weights were up to date
    int32_t* taken;   // (last - first,) how many of them each input's weights have taken, or awake_mark
    int64_t* awake;   // (n_awake,) inputs
    Coast* owed;      // (now + 1,): owed[k] is what steps k + 1 .. now make of weights that have taken k of them
    const SolverSpec* solver = nullptr;
    const GroupSpec* group = nullptr;
    T* theta = nullptr;

    int64_t at(int64_t input) const { return plan->layers[0].weights + input * n_out; }
    void catch_up(int64_t input) {
        const int32_t steps = taken[input - first];
        if (steps != now) coast_along(*solver, owed[steps], at(input), at(input) + n_out, plan->n_theta, theta);
    }
    void restart() {
        zero(taken, last - first);
        now = 0;
        n_awake = 0;
        owed[0] = Coast{};
    }
};

}  // namespace SK_ISA
