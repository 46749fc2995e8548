// The choice of the widest instruction set that the machine has, at run time.
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

}  // namespace sk_adaptive
