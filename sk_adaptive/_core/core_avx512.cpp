// For processors with AVX-512 (F, DQ, BW and VL).
#define SK_ISA avx512
#define SK_VECTOR_BYTES 64
#include "core_impl.hpp"
