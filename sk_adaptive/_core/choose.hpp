// The choice of an instruction set that the machine has, at run time.
#pragma once

#include <cstring>
#include <initializer_list>

#include "core.hpp"

namespace sk_adaptive {

inline const Core* core_named(const char* name) {
    if (!std::strcmp(name, core_baseline.name)) return &core_baseline;
#ifdef SK_X86
    __builtin_cpu_init();
    if (!std::strcmp(name, core_avx2.name) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &core_avx2;
    if (!std::strcmp(name, core_avx512.name) && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return &core_avx512;
#endif
    return nullptr;
}

// The widest instruction set that this machine has.
inline const Core* best_core() {
    for (const char* name : {"avx512", "avx2"})
        if (const Core* core = core_named(name)) return core;
    return &core_baseline;
}

// Padded to AVX2's vectors, narrow layers may be a quarter smaller, and then quicker, than padded to AVX-512's.
inline const Core* best_core(const PlanSpec& plan) {
    const Core *widest = best_core(), *half = core_named("avx2");
    if (!half || widest == half) return widest;
    int64_t wide = 0, narrow = 0;
    for (int l = 0; l < plan.n_layers; ++l) {
        wide += widest->padded(plan.dtype, plan.layers[l].n_out);
        narrow += half->padded(plan.dtype, plan.layers[l].n_out);
    }
    return 4 * narrow <= 3 * wide ? half : widest;
}

}  // namespace sk_adaptive
