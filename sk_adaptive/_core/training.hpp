// Rows shared out over a team: losses, gradients, and the epoch loop.
#pragma once

#include <new>

#include "denormals.hpp"
#include "late_steps.hpp"
#include "network.hpp"
#include "team.hpp"

namespace SK_ISA {

using sk_adaptive::EpochSpec;
using sk_adaptive::Team;
using sk_adaptive::team_barrier;
using sk_adaptive::team_run;
using sk_adaptive::team_size;

using sk_adaptive::max_workers;

inline int64_t share_begin(int64_t n, int worker, int workers) { return n * worker / workers; }

// What a team works on: one network a worker, all over the same theta.
template <class T> struct Crew {
    const PlanSpec& plan;
    Team* team;
    Network<T>* networks;
    double losses[max_workers] = {};

    Crew(const PlanSpec& plan, const DataSpec& data, Team* team, int64_t rows, bool training, Arena& arena)
        : plan(plan), team(team), networks(arena.take<Network<T>>(team_size(team))) {
        for (int worker = 0; worker < team_size(team); ++worker) {
            Network<T> network(plan, !data.columns, rows, training, arena);
            if (networks) new (networks + worker) Network<T>(network);
        }
    }
    int size() const { return team_size(team); }

    // Runs job(worker) on every worker.
    template <class Job> void run(Job job) {
        team_run(team, [](void* context, int worker) { (*static_cast<Job*>(context))(worker); }, &job);
    }
    // This worker's share of rows [first, first + count), in pieces that its network holds: work(network, rows).
    template <class Work> void share(int worker, const int64_t* order, int64_t first, int64_t count, Work work) {
        const int64_t begin = share_begin(count, worker, size()), end = share_begin(count, worker + 1, size());
        Network<T>& network = networks[worker];
        for (int64_t at = begin; at < end && !stopped(); at += network.rows_capacity()) {
            const int64_t piece = end - at < network.rows_capacity() ? end - at : network.rows_capacity();
            if (!work(network, Rows{order, first + at, piece}) || (worker == 0 && interrupted_after(piece)))
                __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
        }
    }
    // Whether an exception stopped a worker, and so all of them.
    bool stopped() const { return __atomic_load_n(&stop, __ATOMIC_RELAXED); }
    // This worker's gradient of its share, and its part of the loss.
    void add_up(int worker, const DataSpec& data, const int64_t* order, int64_t first, int64_t count, const T* theta,
                double scale, const DropoutSpec* dropout) {
        Network<T>& network = networks[worker];
        network.prepare(theta);
        network.begin_batch();
        losses[worker] = 0;
        share(worker, order, first, count, [&](Network<T>& net, Rows rows) {
            return net.add_gradient(data, rows, T(scale), dropout, losses[worker]);
        });
        network.end_batch();
    }
    // The workers' gradients, added in a fixed order into `into` over [begin, end).
    void reduce(int64_t begin, int64_t end, T* into) const {
        for (int worker = 0; worker < size(); ++worker) {
            const T* from = networks[worker].gradient;
            if (from == into) continue;
            if (worker == 0) {
                std::memcpy(into + begin, from + begin, size_t(end - begin) * sizeof(T));
            } else {
                for (int64_t i = begin; i < end; ++i) into[i] += from[i];
            }
        }
    }
    double total_loss() const {
        double total = 0;
        for (int worker = 0; worker < size(); ++worker) total += losses[worker];
        return total;
    }

  private:
    bool stop = false;
    double since_poll = 0;  // multiplications, of worker 0

    // Lets Python handle signals every some tens of milliseconds of work.
    bool interrupted_after(int64_t rows) {
        since_poll += double(rows) * double(plan.n_theta) * plan.n_members;
        if (since_poll < 1e8) return false;
        since_poll = 0;
        return plan.callback.poll(plan.callback.context) != 0;
    }
};

template <class T> double weight_of(const DataSpec& data, Rows rows) {
    if (!data.weights) return double(rows.count);
    double total = 0;
    for (int64_t r = 0; r < rows.count; ++r) total += double(static_cast<const T*>(data.weights)[rows[r]]);
    return total;
}

// As unsigned integers, magnitudes are in order, and NaN is above infinity.
template <class T> double largest_magnitude(const T* x, int64_t n) {
    BitsOf<T> largest = 0;
    for (int64_t i = 0; i < n; ++i) {
        const BitsOf<T> magnitude = bit_cast<BitsOf<T>>(x[i]) & (~BitsOf<T>(0) >> 1);
        largest = magnitude > largest ? magnitude : largest;
    }
    return double(bit_cast<T>(largest));
}

// One epoch of minibatch steps; everything that changes lives in theta, the solver's state and `epoch`.
template <class T> class EpochRun {
  public:
    EpochRun(Crew<T>& crew, const SolverSpec& solver, const EpochSpec& epoch, T* theta, Arena& arena)
        : crew(crew), solver(solver), epoch(epoch), theta(theta), first_step(*solver.steps),
          late(make_late_steps(crew.plan, !epoch.data.columns, crew.size(), arena)) {
        const PlanSpec& plan = crew.plan;
        is_late = crew.networks[0].inputs_lie_in_theta() && may_be_late(solver) &&
                  late_steps_pay(plan, epoch.data, epoch.batch_size);
        if (!is_late) return;
        late_begin = plan.layers[0].weights + late_inputs_begin(plan, !epoch.data.columns) * plan.layers[0].n_out;
        late_end = plan.layers[0].weights + plan.layers[0].n_in * plan.layers[0].n_out;
        for (int worker = 0; worker < crew.size(); ++worker)
            crew.networks[worker].leave_gradient(late_begin, late_end);
    }
    // Late steps of each worker. Their memory is taken even where none is late: its size does not depend on the rows.
    static LateSteps<T>* make_late_steps(const PlanSpec& plan, bool dense_rows, int workers, Arena& arena) {
        LateSteps<T>* late = arena.take<LateSteps<T>>(workers);
        for (int worker = 0; worker < workers; ++worker) {
            LateSteps<T> one(plan, dense_rows, worker, workers, arena);
            if (late) new (late + worker) LateSteps<T>(one);
        }
        return late;
    }

    int run(double* loss, double* largest) {
        Random random{epoch.random};
        if (epoch.order) random.shuffle(epoch.order, epoch.n_rows);
        if (crew.plan.dropout > 0) dropout.number = random.next();
        crew.run([this](int worker) {
            const FlushDenormals flush;
            work(worker);
        });
        *solver.steps = first_step + done;
        *loss = weight ? loss_sum / weight : 0;
        *largest = largest_magnitude(theta, crew.plan.n_theta);
        return status;
    }

  private:
    Crew<T>& crew;
    const SolverSpec& solver;
    const EpochSpec& epoch;
    T* theta;
    int64_t first_step, done = 0;
    LateSteps<T>* late;
    bool is_late;
    int64_t late_begin = 0, late_end = 0;  // what `late` updates of theta; the rest is updated in each step
    double loss_sum = 0, weight = 0, norms[max_workers] = {};
    DropoutSpec dropout = {};
    int status = sk_adaptive::ok;
    bool stop = false;

    void work(int worker) {
        const int64_t n = epoch.n_rows;
        if (is_late) late[worker].begin(solver, theta);
        for (int64_t b = 0, first = 0; first < n; ++b, first += epoch.batch_size) {
            const int64_t count = n - first < epoch.batch_size ? n - first : epoch.batch_size;
            const double batch_weight = weight_of<T>(epoch.data, Rows{epoch.order, first, count});
            if (is_late) {
                wake(worker, Rows{epoch.order, first, count});
                team_barrier(crew.team);
            }
            crew.add_up(worker, epoch.data, epoch.order, first, count, theta,
                        1 / (batch_weight * crew.plan.n_members), crew.plan.dropout > 0 ? &dropout : nullptr);
            team_barrier(crew.team);
            if (worker == 0) conclude(batch_weight);
            team_barrier(crew.team);
            if (stop) break;
            T* gradient = crew.networks[0].gradient;
            each_range(worker, [&](int64_t begin, int64_t end) { crew.reduce(begin, end, gradient); });
            const double clip = solver.max_norm > 0 ? clip_factor(worker, gradient) : 1;
            const int64_t t = first_step + b + 1;
            each_range(worker, [&](int64_t begin, int64_t end) {
                for (int64_t i = begin; i < end && clip < 1; ++i) gradient[i] *= T(clip);
                solver_step(solver, epoch.rates[b], t, begin, end, crew.plan.n_theta, theta, gradient);
            });
            if (is_late) late[worker].sleep(epoch.rates[b], t);
            team_barrier(crew.team);
        }
        if (is_late) late[worker].finish();
    }
    // Calls visit(begin, end) for each part of theta that this worker updates in this step.
    template <class Visit> void each_range(int worker, Visit visit) {
        const auto share = [&](int64_t begin, int64_t end) {
            const int64_t n = end - begin;
            visit(begin + share_begin(n, worker, crew.size()), begin + share_begin(n, worker + 1, crew.size()));
        };
        share(0, late_begin);
        share(late_end, crew.plan.n_theta);
        if (is_late) late[worker].each_awake(visit);
    }
    void wake(int worker, Rows rows) {
        late[worker].wake(epoch.data, rows, [&](int64_t at, int64_t n) {
            for (int i = 0; i < crew.size(); ++i) zero(crew.networks[i].gradient + at, n);
        });
    }
    // Worker 0's verdict on the batch, before anybody steps.
    void conclude(double batch_weight) {
        const double loss = crew.total_loss();
        loss_sum += loss * batch_weight;
        weight += batch_weight;
        if (crew.stopped()) {
            status = sk_adaptive::interrupted;
        } else if (!std::isfinite(loss)) {
            status = sk_adaptive::diverged;
        }
        stop = status != sk_adaptive::ok;
        if (!stop) ++done;
    }
    double clip_factor(int worker, const T* gradient) {
        double squares = 0;
        each_range(worker, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) squares += double(gradient[i]) * double(gradient[i]);
        });
        norms[worker] = squares;
        team_barrier(crew.team);
        double total = 0;
        for (int i = 0; i < crew.size(); ++i) total += norms[i];
        return total > solver.max_norm * solver.max_norm ? solver.max_norm / std::sqrt(total) : 1;
    }
};

// One step along a gradient that was summed elsewhere; the gradient is clipped in place.
template <class T> void step_along(const SolverSpec& solver, double rate, int64_t n_theta, T* theta, T* gradient) {
    const FlushDenormals flush;
    double squares = 0;
    if (solver.max_norm > 0)
        for (int64_t i = 0; i < n_theta; ++i) squares += double(gradient[i]) * double(gradient[i]);
    if (squares > solver.max_norm * solver.max_norm) {
        const T clip = T(solver.max_norm / std::sqrt(squares));
        for (int64_t i = 0; i < n_theta; ++i) gradient[i] *= clip;
    }
    solver_step(solver, rate, ++*solver.steps, 0, n_theta, n_theta, theta, gradient);
}

}  // namespace SK_ISA
