// A hint to the compiler for the loop that follows: its iterations are independent, so it can be vectorised.
#pragma once

#ifdef __clang__
#define SK_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define SK_INDEPENDENT _Pragma("GCC ivdep")
#endif
