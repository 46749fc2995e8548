// A spline's segments for a vector of units, each of which is in a segment of its own: the values at a segment's two
// ends, and the sums over rows of what the two ends get.
#pragma once

#include "kernel.hpp"

namespace SK_ISA {

// Two numbers for each segment and unit, beside each other, so that both are read or written at once.
template <class V> struct SegmentTable {
    static constexpr int most = 64, width = 2 * lanes_of<V>;  // segments that it has room for
    alignas(64) Scalar<V> pairs[most][width];
};

// The values at the ends, which are copied into a table unless there are too many.
template <class V> class SegmentEnds {
  public:
    SegmentEnds(int segments, Parameters<V> p) : segments(segments), p(p) {
        for (int k = 0; k < segments && segments <= table.most; ++k) {
            store(table.pairs[k], interleave<0>(p[k], p[k + 1], each_lane<V>));
            store(table.pairs[k] + lanes_of<V>, interleave<1>(p[k], p[k + 1], each_lane<V>));
        }
    }
    void find(V segment, V& low, V& high) const {
        const Places<V> k = truncate(segment);
        if (segments <= table.most) {
            gather_pairs(table.pairs[0], k * lanes_of<V> + lane_numbers<V>, low, high);
        } else {
            const Places<V> at = k * int32_t(p.stride) + lane_numbers<V>;
            low = gather(p.first, at);
            high = gather(p.first + p.stride, at);
        }
    }

  private:
    int segments;
    Parameters<V> p;
    SegmentTable<V> table;
};

// Sums in registers, one for each knot, of few segments: compared with each of them, which needs many registers.
template <class V> class RegisterSums {
  public:
    static bool fits(int segments) { return SK_VECTOR_BYTES == 64 && segments <= most; }
    RegisterSums(int segments, Gradients<V> g) : segments(segments), g(g) {}
    void add(V segment, V low, V high) {
#pragma GCC unroll 16
        for (int k = 0; k < most; ++k) {
            const auto here = segment == Scalar<V>(k);
            knots[k] = here ? knots[k] + low : knots[k];
            knots[k + 1] = here ? knots[k + 1] + high : knots[k + 1];
        }
    }
    void finish() const {
#pragma GCC unroll 16
        for (int k = 0; k <= most; ++k)
            if (k <= segments) g.add(k, knots[k]);
    }

  private:
    static constexpr int most = 12;
    int segments;
    Gradients<V> g;
    V knots[most + 1] = {};
};

// Sums in a table, or, of very many segments, lane by lane where they belong.
template <class V> class TableSums {
  public:
    TableSums(int segments, Gradients<V> g) : segments(segments), g(g) {
        if (segments <= table.most) std::memset(table.pairs, 0, size_t(segments) * sizeof table.pairs[0]);
    }
    void add(V segment, V low, V high) {
        store(ends[waiting], interleave<0>(low, high, each_lane<V>));
        store(ends[waiting] + lanes_of<V>, interleave<1>(low, high, each_lane<V>));
        store(k[waiting], truncate(segment));
        if (++waiting == together) add_waiting();
    }
    void finish() {
        add_waiting();
        for (int k = 0; k < segments && segments <= table.most; ++k) {
            const V left = load<V>(table.pairs[k]), right = load<V>(table.pairs[k] + lanes_of<V>);
            g.add(k, every_second<0>(left, right, each_lane<V>));
            g.add(k + 1, every_second<1>(left, right, each_lane<V>));
        }
    }

  private:
    using T = Scalar<V>;
    typedef T Pair __attribute__((vector_size(2 * sizeof(T))));
    int segments;
    Gradients<V> g;
    SegmentTable<V> table;

    // Some rows at a time: what they add is ready by then, and no row waits for the one before.
    static constexpr int together = 8;
    int waiting = 0;
    T ends[together][SegmentTable<V>::width];
    int32_t k[together][lanes_of<V>];

    void add_waiting() {
        in_memory(ends);
        in_memory(k);
        for (int r = 0; r < waiting; ++r) {
            if (segments > table.most) {
                scatter(k[r], ends[r]);
                continue;
            }
#pragma GCC unroll 16
            for (int i = 0; i < lanes_of<V>; ++i) {
                T* at = table.pairs[k[r][i]] + 2 * i;
                store(at, load<Pair>(at) + load<Pair>(ends[r] + 2 * i));
            }
        }
        waiting = 0;
    }
    void scatter(const int32_t* k, const T* ends) const {
        for (int i = 0; i < lanes_of<V>; ++i) {
            T* at = g.first + k[i] * g.stride + i;
            at[0] += ends[2 * i];
            at[g.stride] += ends[2 * i + 1];
        }
    }
};

}  // namespace SK_ISA
