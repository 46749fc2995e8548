// Denormal numbers count as zero while training: Adam's moments of a silent unit fade into them, and each one that is
// computed with takes as long as dozens of others.
#pragma once

#ifdef SK_X86
#include <immintrin.h>
#endif

namespace SK_ISA {

// In force on this thread as long as the object lives.
class FlushDenormals {
  public:
#ifdef SK_X86
    FlushDenormals() : before(_mm_getcsr()) { _mm_setcsr(before | flush_to_zero | denormals_are_zero); }
    ~FlushDenormals() { _mm_setcsr(before); }

  private:
    static constexpr unsigned flush_to_zero = 0x8000, denormals_are_zero = 0x0040;
    unsigned before;
#else
    FlushDenormals() {}  // an instruction set of its own is left as it is
#endif
};

}  // namespace SK_ISA
