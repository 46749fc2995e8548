// The only door to BLAS: pointers to scipy.linalg.cython_blas, set once by engine.pyx.
#pragma once

#include <cstdint>

namespace sk_adaptive {

template <class T>
using Gemm = void (*)(char*, char*, int*, int*, int*, T*, T*, int*, T*, int*, T*, T*, int*);

struct Blas {
    Gemm<float> sgemm;
    Gemm<double> dgemm;
};
extern Blas blas;

inline Gemm<float> gemm_of(float) { return blas.sgemm; }
inline Gemm<double> gemm_of(double) { return blas.dgemm; }

// Row-major C (m, n) = A (m, k) B (k, n) + beta C, where A or B may be given transposed; strides are row lengths.
template <class T>
inline void multiply(bool a_transposed, bool b_transposed, int64_t m, int64_t n, int64_t k, const T* a,
                     int64_t a_stride, const T* b, int64_t b_stride, T beta, T* c, int64_t c_stride) {
    char ta = a_transposed ? 'T' : 'N', tb = b_transposed ? 'T' : 'N';
    int m_ = int(m), n_ = int(n), k_ = int(k), lda = int(a_stride), ldb = int(b_stride), ldc = int(c_stride);
    T one = 1;
    // BLAS is column-major: it computes C' = B' A'.
    gemm_of(T{})(&tb, &ta, &n_, &m_, &k_, &one, const_cast<T*>(b), &ldb, const_cast<T*>(a), &lda, &beta, c, &ldc);
}

}  // namespace sk_adaptive
