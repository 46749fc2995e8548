// What every machine of the architecture has.
#define SK_ISA baseline
#define SK_VECTOR_BYTES 16
#define SK_NAMES
#include "core_impl.hpp"
