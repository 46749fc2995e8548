// For processors with AVX2 and fused multiply-add.
#define SK_ISA avx2
#define SK_VECTOR_BYTES 32
#include "core_impl.hpp"
