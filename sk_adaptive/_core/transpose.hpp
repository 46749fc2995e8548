// Strips of a matrix copied row after row, also out of a transposed matrix.
#pragma once

#include "memory.hpp"

namespace SK_ISA {

// A matrix as it lies: element (i, j) is at[i * row + j * column], one of the two strides being 1.
template <class T> struct Matrix {
    const T* at;
    int64_t row, column = 1;
    Matrix transposed() const { return {at, column, row}; }
    Matrix from(int64_t i, int64_t j) const { return {at + i * row + j * column, row, column}; }
};

// to (L, L) = from (L, L) transposed, L lanes: row i interleaved with row i + L/2, log2(L) times.
template <class T> inline void transpose_square(const T* from, int64_t from_stride, T* to, int64_t to_stride) {
    using V = Vector<T>;
    constexpr int L = lanes<T>;
    constexpr auto each = each_lane<V>;
    V rows[L], mixed[L];
#pragma GCC unroll 16
    for (int i = 0; i < L; ++i) rows[i] = load<V>(from + i * from_stride);
#pragma GCC unroll 4
    for (int done = 1; done < L; done *= 2) {
#pragma GCC unroll 8
        for (int i = 0; i < L / 2; ++i) {
            mixed[2 * i] = interleave<0>(rows[i], rows[i + L / 2], each);
            mixed[2 * i + 1] = interleave<1>(rows[i], rows[i + L / 2], each);
        }
#pragma GCC unroll 16
        for (int i = 0; i < L; ++i) rows[i] = mixed[i];
    }
#pragma GCC unroll 16
    for (int i = 0; i < L; ++i) store(to + i * to_stride, rows[i]);
}

// to (rows, width) = from (rows, columns), columns <= width, padded with zeros. Room is left in `to` for whole vectors
// of rows; `loose`: so it is in `from`.
template <class T>
void copy_strip(Matrix<T> from, int64_t rows, int64_t columns, int64_t width, bool loose, T* to) {
    if (from.column == 1 && (loose || columns == width)) {
        for (int64_t i = 0; i < rows; ++i)
            for (int64_t j = 0; j < width; j += lanes<T>)
                store(to + i * width + j, load<Vector<T>>(from.at + i * from.row + j));
        return;
    }
    if (columns < width) zero(to, rows * width);
    const bool transposed = from.row == 1;
    const int64_t columns_in_squares = columns / lanes<T> * lanes<T>;
    const int64_t rows_in_squares = !transposed ? 0 : loose ? padded<T>(rows) : rows / lanes<T> * lanes<T>;
    for (int64_t i = 0; i < rows_in_squares; i += lanes<T>)
        for (int64_t j = 0; j < columns_in_squares; j += lanes<T>)
            transpose_square(from.at + i + j * from.column, from.column, to + i * width + j, width);
    for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = i < rows_in_squares ? columns_in_squares : 0; j < columns; ++j)
            to[i * width + j] = from.at[i * from.row + j * from.column];
}

}  // namespace SK_ISA
