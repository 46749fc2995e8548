// Inverted dropout: what is kept is scaled up, so that prediction needs no change. A unit's draw depends on its layer
// and member and on its row's place in the epoch, not on how the rows are shared out.
#pragma once

#include "memory.hpp"
#include "random.hpp"

namespace SK_ISA {

using sk_adaptive::DropoutSpec;
using sk_adaptive::PlanSpec;

// Multiplies what layer l puts out, h (n_members * rows.count, stride), by factors that are left in `mask`.
template <class T>
void drop(const PlanSpec& plan, int l, Rows rows, const DropoutSpec& dropout, int64_t stride, T* h, T* mask) {
    const uint64_t threshold = uint64_t(plan.dropout * 18446744073709551615.0);
    const T keep = T(1 / (1 - plan.dropout));
    for (int m = 0; m < plan.n_members; ++m) {
        const uint64_t stream = draw(dropout.number, uint64_t(l) * plan.n_members + m);
        for (int64_t r = 0; r < rows.count; ++r) {
            const int64_t at_row = rows.first + r;
            const uint64_t row = draw(stream, dropout.places ? dropout.places[at_row] : at_row);
            const int64_t at = (m * rows.count + r) * stride;
            for (int64_t j = 0; j < plan.layers[l].n_out; ++j) {
                const T factor = draw(row, j) < threshold ? T(0) : keep;
                mask[at + j] = factor;
                h[at + j] *= factor;
            }
        }
    }
}

}  // namespace SK_ISA
