// Products of row-major matrices. Operands that the core laid out itself are padded to whole vectors, so that one
// small register-blocked kernel serves up to sizes where its operands leave the second-level cache; BLAS takes the rest.
#pragma once

#include "blas.hpp"
#include "simd.hpp"

namespace SK_ISA {

// Accumulators of a tile: as many rows by two vectors as the registers hold.
constexpr int tile_rows = SK_VECTOR_BYTES == 64 ? 8 : 6;
constexpr int64_t largest_panel = 1 << 19;  // elements of B; a larger one is BLAS's
constexpr int slice = 128;                  // rows of B that are copied together at a time: they fit the first-level cache

// C (R, C vectors) = A (R, k) B (k, C vectors) [+ C]; element (r, i) of A is a[r * a_row + i * a_column].
template <int R, int C, class V, class T>
inline void tile(int64_t k, const T* a, int64_t a_row, int64_t a_column, const T* b, int64_t b_stride, bool add, T* c,
                 int64_t c_stride) {
    constexpr int step = lanes_of<V>;
    V sums[R][C];
    for (int r = 0; r < R; ++r)
        for (int j = 0; j < C; ++j) sums[r][j] = add ? load<V>(c + r * c_stride + j * step) : V{};
    for (int64_t i = 0; i < k; ++i) {
        V row[C];
        for (int j = 0; j < C; ++j) row[j] = load<V>(b + i * b_stride + j * step);
        for (int r = 0; r < R; ++r) {
            const T x = a[r * a_row + i * a_column];
            for (int j = 0; j < C; ++j) sums[r][j] += x * row[j];
        }
    }
    for (int r = 0; r < R; ++r)
        for (int j = 0; j < C; ++j) store(c + r * c_stride + j * step, sums[r][j]);
}

template <int C, class V, class T>
inline void panel(int64_t m, int64_t k, const T* a, int64_t a_row, int64_t a_column, const T* b, int64_t b_stride,
                  bool add, T* c, int64_t c_stride) {
    int64_t r = 0;
    for (; r + tile_rows <= m; r += tile_rows)
        tile<tile_rows, C, V>(k, a + r * a_row, a_row, a_column, b, b_stride, add, c + r * c_stride, c_stride);
    for (; r + 2 <= m; r += 2)
        tile<2, C, V>(k, a + r * a_row, a_row, a_column, b, b_stride, add, c + r * c_stride, c_stride);
    for (; r < m; ++r) tile<1, C, V>(k, a + r * a_row, a_row, a_column, b, b_stride, add, c + r * c_stride, c_stride);
}

// The same with B copied slice by slice: its rows lie a page apart where it is wide, which caches and TLB take badly.
template <class V, class T>
void sliced_panel(int64_t m, int64_t k, const T* a, int64_t a_row, int64_t a_column, const T* b, int64_t b_stride,
                  bool add, T* c, int64_t c_stride) {
    constexpr int width = 2 * lanes_of<V>;
    alignas(64) T copy[slice * width];
    for (int64_t first = 0; first < k; first += slice) {
        const int64_t rows = k - first < slice ? k - first : slice;
        for (int64_t i = 0; i < rows; ++i) std::memcpy(copy + i * width, b + (first + i) * b_stride, sizeof(T) * width);
        panel<2, V>(m, rows, a + first * a_column, a_row, a_column, copy, width, add || first > 0, c, c_stride);
    }
}

// C (m, n) = A (m, k) B (k, n) [+ C], A given transposed if so said. `padded`: the rows of B and C are, to whole vectors.
template <class T>
void multiply_rows(bool padded, bool a_transposed, int64_t m, int64_t n, int64_t k, const T* a, int64_t a_stride, const T* b,
                     int64_t b_stride, bool add, T* c, int64_t c_stride) {
    if (!padded || k * n > largest_panel)
        return sk_adaptive::multiply(a_transposed, false, m, n, k, a, a_stride, b, b_stride, T(add), c, c_stride);
    using V = Vector<T>;
    constexpr int step = lanes<T>;
    const int64_t a_row = a_transposed ? 1 : a_stride, a_column = a_transposed ? a_stride : 1;
    const bool copies = m >= 4 * tile_rows && b_stride > 4 * step;
    int64_t j = 0;
    for (; j + step < n; j += 2 * step) {
        if (copies) {
            sliced_panel<V>(m, k, a, a_row, a_column, b + j, b_stride, add, c + j, c_stride);
        } else {
            panel<2, V>(m, k, a, a_row, a_column, b + j, b_stride, add, c + j, c_stride);
        }
    }
    if (j < n) panel<1, V>(m, k, a, a_row, a_column, b + j, b_stride, add, c + j, c_stride);
}

}  // namespace SK_ISA
