// Matrix product: a register-blocked kernel for strips of B that stay in the first-level cache.
#pragma once

#include "transpose.hpp"

namespace SK_ISA {

// Accumulators of a tile: rows x 2 vectors, as many as the registers hold; rows x 3 vectors if there are 32 registers.
constexpr int tile_rows = SK_VECTOR_BYTES == 64 ? 8 : 6;
constexpr bool three_fit = SK_VECTOR_BYTES == 64;
constexpr int slice = 128;  // rows of B that are copied at a time; they fit in the first-level cache

// C (R, N vectors) = A (R, k) B (k, N vectors) [+ C].
template <int R, int N, class V, class T>
[[gnu::always_inline]] inline void tile(int64_t k, Matrix<T> a, const T* b, int64_t b_stride, bool add, T* c,
                                        int64_t c_stride) {
    constexpr int step = lanes_of<V>;
    V sums[R][N];
    for (int r = 0; r < R; ++r)
        for (int j = 0; j < N; ++j) sums[r][j] = add ? load<V>(c + r * c_stride + j * step) : V{};
    for (int64_t i = 0; i < k; ++i) {
        V row[N];
        for (int j = 0; j < N; ++j) row[j] = load<V>(b + i * b_stride + j * step);
        for (int r = 0; r < R; ++r) {
            const T x = a.at[r * a.row + i * a.column];
            for (int j = 0; j < N; ++j) sums[r][j] += x * row[j];
        }
    }
    for (int r = 0; r < R; ++r)
        for (int j = 0; j < N; ++j) store(c + r * c_stride + j * step, sums[r][j]);
}

// The tile of the last rows, of which there are fewer than R.
template <int R, int N, class V, class T>
[[gnu::noinline]] void last_tile(int64_t rows, int64_t k, Matrix<T> a, const T* b, int64_t b_stride, bool add, T* c,
                      int64_t c_stride) {
    if constexpr (R > 1) {
        if (rows == R - 1) tile<R - 1, N, V>(k, a, b, b_stride, add, c, c_stride);
        else last_tile<R - 1, N, V>(rows, k, a, b, b_stride, add, c, c_stride);
    }
}

// C (m, N vectors), tile by tile.
template <int N, class V, class T>
inline void strip(int64_t m, int64_t k, Matrix<T> a, const T* b, int64_t b_stride, bool add, T* c, int64_t c_stride) {
    int64_t r = 0;
    for (; r + tile_rows <= m; r += tile_rows)
        tile<tile_rows, N, V>(k, a.from(r, 0), b, b_stride, add, c + r * c_stride, c_stride);
    last_tile<tile_rows, N, V>(m - r, k, a.from(r, 0), b, b_stride, add, c + r * c_stride, c_stride);
}

// C (m, n) = A (m, k) B (k, n) [+ C]; C is stored row by row. If the rows are padded to whole vectors, the padding is
// overwritten, which is faster.
template <class T> class Product {
  public:
    Product(int64_t m, int64_t n, int64_t k, Matrix<T> a, Matrix<T> b, bool add, T* c, int64_t c_stride)
        : m(m), n(n), k(k), a(a), b(b), add(add), c(c), c_stride(c_stride), c_loose(c_stride >= padded<T>(n)),
          b_loose(b.column == 1 ? b.row >= padded<T>(n) : b.column >= padded<T>(k)) {
        // B is copied if it must be transposed or padded, or if its rows are far apart in memory, which is slow for
        // caches and TLB.
        copies = b.column != 1 || !b_loose || !c_loose || (m >= 4 * tile_rows && b.row > 4 * step);
    }

    void run() const {
        int64_t j = 0;
        for (; n - j > (three_fit ? 3 : 2) * step; j += 2 * step) columns<2>(j);
        // A strip of one vector at the end would leave half of the registers unused.
        if (three_fit && n - j > 2 * step) columns<3>(j);
        else if (n - j > step) columns<2>(j);
        else columns<1>(j);
    }

  private:
    using V = Vector<T>;
    static constexpr int64_t step = lanes<T>;
    int64_t m, n, k;
    Matrix<T> a, b;
    bool add, copies;
    T* c;
    int64_t c_stride;
    bool c_loose, b_loose;  // whether rows are padded to whole vectors

    // N vectors of columns of C, from column j.
    template <int N> void columns(int64_t j) const {
        if (!copies) return strip<N, V>(m, k, a, b.at + j, b.row, add, c + j, c_stride);
        constexpr int64_t width = N * step;
        const int64_t count = n - j < width ? n - j : width;
        alignas(64) T copy[slice * width];
        for (int64_t first = 0; first < k; first += slice) {
            const int64_t rows = k - first < slice ? k - first : slice;
            copy_strip(b.from(first, j), rows, count, width, b_loose, copy);
            const bool adds = add || first > 0;
            if (c_loose || count == width) {
                strip<N, V>(m, rows, a.from(0, first), copy, width, adds, c + j, c_stride);
            } else {
                edge<N>(rows, a.from(0, first), copy, adds, c + j, count);
            }
        }
    }
    // If the rows of C are not padded: computes padded rows and copies them to C.
    template <int N> void edge(int64_t rows, Matrix<T> part, const T* copy, bool adds, T* to, int64_t count) const {
        constexpr int64_t width = N * step;
        alignas(64) T wide[tile_rows * width] = {};
        for (int64_t first = 0; first < m; first += tile_rows) {
            const int64_t height = m - first < tile_rows ? m - first : tile_rows;
            T* at = to + first * c_stride;
            if (adds) copy_rows(at, c_stride, height, count, wide, width);
            strip<N, V>(height, rows, part.from(first, 0), copy, width, adds, wide, width);
            copy_rows(wide, width, height, count, at, c_stride);
        }
    }
};

// C = A B [+ C], one block of A at a time: A is read once per strip of C, and a block stays in the second-level cache.
template <class T>
void multiply(int64_t m, int64_t n, int64_t k, Matrix<T> a, Matrix<T> b, bool add, T* c, int64_t c_stride) {
    constexpr int64_t height = 384, width = 256;  // multiples of tile_rows and of slice
    for (int64_t r = 0; r < m; r += height)
        for (int64_t i = 0; i == 0 || i < k; i += width)
            Product<T>(m - r < height ? m - r : height, n, k - i < width ? k - i : width, a.from(r, i), b.from(i, 0),
                       add || i > 0, c + r * c_stride, c_stride)
                .run();
}

}  // namespace SK_ISA
