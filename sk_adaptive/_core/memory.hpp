// Python's workspace handed out in pieces, and which rows of the data a pass reads.
#pragma once

#include "plan.hpp"
#include "simd.hpp"

namespace SK_ISA {

template <class T> constexpr int64_t padded(int64_t n) { return (n + lanes<T> - 1) / lanes<T> * lanes<T>; }

template <class T> void zero(T* at, int64_t n) {
    if (n > 0) std::memset(at, 0, size_t(n) * sizeof(T));
}

// The first `width` elements of each row.
template <class T>
void copy_rows(const T* from, int64_t from_stride, int64_t rows, int64_t width, T* to, int64_t to_stride) {
    for (int64_t r = 0; r < rows; ++r)
        std::memcpy(to + r * to_stride, from + r * from_stride, size_t(width) * sizeof(T));
}

template <class T> void copy_padded(const T* from, int64_t n, T* to, int64_t stride, T padding) {
    for (int64_t j = 0; j < stride; ++j) to[j] = j < n ? from[j] : padding;
}

// Calls visit(T{}) with a dtype.
template <class Visitor> auto with_dtype(int dtype, Visitor visit) {
    return dtype == sk_adaptive::float32 ? visit(float{}) : visit(double{});
}

// With no memory behind it, it only counts.
struct Arena {
    char* memory;
    int64_t used = 0;
    template <class T> T* take(int64_t n) {
        T* piece = memory ? reinterpret_cast<T*>(memory + used) : nullptr;
        used += (n * int64_t(sizeof(T)) + 63) / 64 * 64;
        return piece;
    }
};

// Rows first .. first + count of `order`, or of the data itself.
struct Rows {
    const int64_t* order;
    int64_t first, count;
    int64_t operator[](int64_t i) const { return order ? order[first + i] : first + i; }
};

template <class T> void add_scaled(T factor, const T* from, int64_t n, T* to) {
    for (int64_t j = 0; j < n; ++j) to[j] += factor * from[j];
}

}  // namespace SK_ISA
