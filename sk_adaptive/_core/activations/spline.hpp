// Linear spline through learned values at fixed knots.
#pragma once

#include "segments.hpp"

namespace SK_ISA {

// The linear spline through (t_k, c_k) on equally spaced knots t_k, continued linearly beyond both ends.
// P. Bohra et al., IEEE Open Journal of Signal Processing 1 (2020) 295.  Constants: first knot, last knot.
template <class V> struct Spline {
    using T = Scalar<V>;
    int segments;
    T first, per_step;
    static bool fits(const Activation& which) {
        return which.n_parameters >= 2 && which.constant(0) < which.constant(1);
    }
    explicit Spline(const Activation& which)
        : segments(which.n_parameters - 1),
          first(T(which.constant(0))),
          per_step(T(segments / (which.constant(1) - which.constant(0)))) {}

    auto of_units(Parameters<V> p) const {
        return [spline = *this, ends = SegmentEnds<V>(segments, p)](V z, V& slope) {
            const Position at(spline, z);
            V low, high;
            ends.find(at.segment, low, high);
            slope = (high - low) * spline.per_step + V{} * z;
            return low + at.right * (high - low);
        };
    }
    template <class Next> void add_gradients(int64_t begin, int64_t end, Next next, Gradients<V> g) const {
        if (RegisterSums<V>::fits(segments)) add_up(RegisterSums<V>(segments, g), begin, end, next);
        else add_up(TableSums<V>(segments, g), begin, end, next);
    }

  private:
    struct Position {
        V segment, right;  // its number; 0 at its left knot, 1 at its right knot
        Position(const Spline& spline, V z) {
            const V u = (z - spline.first) * spline.per_step;
            // NaN gives the first segment.
            const V inside = smaller(larger(u, V{}), splat<V>(T(spline.segments - 1)));
            segment = __builtin_convertvector(truncate(inside), V);
            right = u - segment;
        }
    };
    template <class Sums, class Next> void add_up(Sums sums, int64_t begin, int64_t end, Next next) const {
        for (int64_t r = begin; r < end; ++r) {
            V z;
            const V up = next(r, z);
            const Position at(*this, z);
            const V high = up * at.right;
            sums.add(at.segment, up - high, high);
        }
        sums.finish();
    }
};
template <class V> struct KeepsSlope<Spline<V>> : std::true_type {};

}  // namespace SK_ISA
