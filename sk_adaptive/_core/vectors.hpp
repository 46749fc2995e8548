// Vectors of the instruction set that this file is compiled for. What generic vectors do not reach is here in terms of
// x86's instructions, with the same in plain C++ for other machines.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <type_traits>
#include <utility>

#ifdef SK_X86
#include <immintrin.h>
#endif

// One namespace per instruction set, so that the linker never merges code compiled with different flags.
namespace SK_ISA {

template <class T> struct VectorOf {
    typedef T type __attribute__((vector_size(SK_VECTOR_BYTES)));
};
template <class T> using Vector = typename VectorOf<T>::type;
template <class T> constexpr int lanes = SK_VECTOR_BYTES / int(sizeof(T));
template <class V> constexpr int lanes_of = int(sizeof(V) / sizeof(V{}[0]));
template <class V> using Scalar = std::decay_t<decltype(V{}[0])>;
template <class T> using BitsOf = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
template <class V> using Bits = Vector<BitsOf<Scalar<V>>>;  // unsigned lanes as wide as V's
template <class V> using Index = Vector<std::make_signed_t<BitsOf<Scalar<V>>>>;
template <int Lanes> struct PlacesOf {
    typedef int32_t type __attribute__((vector_size(4 * Lanes)));
};
template <class V> using Places = typename PlacesOf<lanes_of<V>>::type;  // an int32 for each lane of V
template <class V> constexpr auto each_lane = std::make_integer_sequence<int, lanes_of<V>>{};
template <class V, int... I> constexpr Places<V> numbers(std::integer_sequence<int, I...>) { return Places<V>{I...}; }
template <class V> constexpr Places<V> lane_numbers = numbers<V>(each_lane<V>);

template <class To, class From> inline To bit_cast(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}
template <class V> inline V load(const Scalar<V>* from) {
    V v;
    std::memcpy(&v, from, sizeof v);
    return v;
}
template <class V> inline void store(Scalar<V>* to, V v) { std::memcpy(to, &v, sizeof v); }
template <class V> inline V splat(Scalar<V> x) { return x - V{}; }  // x - 0 keeps the sign of -0
template <class V> inline Scalar<V> sum(V v) {
    Scalar<V> total = 0;
    for (int i = 0; i < lanes_of<V>; ++i) total += v[i];
    return total;
}

// larger: a > b ? a : b, so b if either is NaN; smaller: a < b ? a : b.
#ifdef SK_X86
#if SK_VECTOR_BYTES == 64
#define SK_MM(call, a, b) _mm512_maskz_##call(-1, a, b)  // without its mask, GCC warns of what the call leaves open
#elif SK_VECTOR_BYTES == 32
#define SK_MM(call, a, b) _mm256_##call(a, b)
#else
#define SK_MM(call, a, b) _mm_##call(a, b)
#endif
inline Vector<float> larger(Vector<float> a, Vector<float> b) { return SK_MM(max_ps, a, b); }
inline Vector<double> larger(Vector<double> a, Vector<double> b) { return SK_MM(max_pd, a, b); }
inline Vector<float> smaller(Vector<float> a, Vector<float> b) { return SK_MM(min_ps, a, b); }
inline Vector<double> smaller(Vector<double> a, Vector<double> b) { return SK_MM(min_pd, a, b); }
#undef SK_MM
#else
template <class V> inline V larger(V a, V b) { return a > b ? a : b; }
template <class V> inline V smaller(V a, V b) { return a < b ? a : b; }
#endif

// from[at[k]] in lane k. The compiler may not see that the mask takes every lane: it would no longer clear the register
// that is filled, and the instruction would wait for what that held before.
#if defined(SK_X86) && SK_VECTOR_BYTES == 64
inline Vector<float> gather(const float* from, Places<Vector<float>> at) {
    __mmask16 all = -1;
    asm("" : "+Yk"(all));
    return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), all, (__m512i)at, from, sizeof(float));
}
inline Vector<double> gather(const double* from, Places<Vector<double>> at) {
    __mmask8 all = -1;
    asm("" : "+Yk"(all));
    return _mm512_mask_i32gather_pd(_mm512_setzero_pd(), all, (__m256i)at, from, sizeof(double));
}
#elif defined(SK_X86) && SK_VECTOR_BYTES == 32
inline Vector<float> gather(const float* from, Places<Vector<float>> at) {
    __m256i all = _mm256_set1_epi32(-1);
    asm("" : "+x"(all));
    return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), from, (__m256i)at, (__m256)all, sizeof(float));
}
inline Vector<double> gather(const double* from, Places<Vector<double>> at) {
    __m256i all = _mm256_set1_epi32(-1);
    asm("" : "+x"(all));
    return _mm256_mask_i32gather_pd(_mm256_setzero_pd(), from, (__m128i)at, (__m256d)all, sizeof(double));
}
#else
template <class T, int... I>
inline Vector<T> gather(const T* from, const int32_t* at, std::integer_sequence<int, I...>) {
    return Vector<T>{from[at[I]]...};
}
template <class T> inline Vector<T> gather(const T* from, Places<Vector<T>> at) {
    int32_t each[lanes<T>];
    store(each, at);
    return gather(from, each, each_lane<Vector<T>>);
}
#endif

// a0 b0 a1 b1 ..., of the first half of the lanes or of the second.
template <int Half, class V, int... I> inline V interleave(V a, V b, std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(a, b, (I / 2 + Half * lanes_of<V> / 2 + I % 2 * lanes_of<V>)...);
}
// x0 x2 x4 ... of the lanes of a and then b; from x1 on if Odd is 1.
template <int Odd, class V, int... I> inline V every_second(V a, V b, std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(a, b, (2 * I + Odd)...);
}

// Whether a comparison holds in any lane.
template <class M> inline bool any(M mask) {
    uint64_t found = 0;
    for (uint64_t word : bit_cast<std::array<uint64_t, sizeof(M) / 8>>(mask)) found |= word;
    return found != 0;
}

// NaN in x is returned as NaN: comparisons with NaN are false.
template <class V> inline V at_least(V x, Scalar<V> low) { return larger(splat<V>(low), x); }
template <class V> inline V at_most(V x, Scalar<V> high) { return smaller(splat<V>(high), x); }
template <class V> inline V clamp(V x, Scalar<V> low, Scalar<V> high) { return at_most(at_least(x, low), high); }
template <class V> inline V absolute(V x) {
    using T = Scalar<V>;
    return bit_cast<V>(bit_cast<Bits<V>>(x) & (~BitsOf<T>(0) >> 1));
}
template <class V> inline V copy_sign(V magnitude, V sign) {
    using T = Scalar<V>;
    const BitsOf<T> rest = ~BitsOf<T>(0) >> 1;
    return bit_cast<V>((bit_cast<Bits<V>>(magnitude) & rest) | (bit_cast<Bits<V>>(sign) & ~rest));
}
template <class V> inline V square_root(V x) {
    for (int i = 0; i < lanes_of<V>; ++i) x[i] = std::sqrt(x[i]);
    return x;
}

// Makes the compiler write what was stored, and read it again: lanes taken out of a register one by one cost more.
template <class Array> inline void in_memory(Array& array) { asm("" : "+m"(array)); }

// The lower halves, or upper halves, of the blocks of 16 bytes of a and b, in turns.
template <int Upper, class V, int... I> inline V halves(V a, V b, std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(a, b, (I / 2 * 2 + Upper + I % 2 * lanes_of<V>)...);
}
// from[2 pair[k]] and from[2 pair[k] + 1] in lane k, pair[k] >= 0.
inline void gather_pairs(const float* from, Places<Vector<float>> pair, Vector<float>& first, Vector<float>& second) {
    using V = Vector<float>;
    const auto half = bit_cast<std::array<Places<Vector<double>>, 2>>(pair);
    const double* pairs = reinterpret_cast<const double*>(from);  // a pair of floats is read like a double
    const V low = bit_cast<V>(gather(pairs, half[0])), high = bit_cast<V>(gather(pairs, half[1]));
    first = every_second<0>(low, high, each_lane<V>);
    second = every_second<1>(low, high, each_lane<V>);
}
// One load for each pair of doubles: x86's instruction for scattered numbers takes longer.
typedef double PairOfDoubles __attribute__((vector_size(16)));
inline PairOfDoubles joined(PairOfDoubles a) { return a; }
template <class... Rest> inline auto joined(PairOfDoubles a, PairOfDoubles b, Rest... rest) {
    if constexpr (sizeof...(rest) == 0) {
        return __builtin_shufflevector(a, b, 0, 1, 2, 3);
    } else {
        return __builtin_shufflevector(joined(a, b), joined(rest...), 0, 1, 2, 3, 4, 5, 6, 7);
    }
}
template <int... I>
inline Vector<double> every_second_pair(const double* from, const int32_t* k, std::integer_sequence<int, I...>) {
    return joined(load<PairOfDoubles>(from + 2 * k[2 * I])...);
}
inline void gather_pairs(const double* from, Places<Vector<double>> pair, Vector<double>& first,
                         Vector<double>& second) {
    using V = Vector<double>;
    constexpr auto half = std::make_integer_sequence<int, lanes<double> / 2>{};
    int32_t k[lanes<double>];
    store(k, pair);
    in_memory(k);
    const V even = every_second_pair(from, k, half), odd = every_second_pair(from, k + 1, half);
    first = halves<0>(even, odd, each_lane<V>);
    second = halves<1>(even, odd, each_lane<V>);
}

// Rounds towards zero. A value out of range gives an unspecified number but never a trap.
template <class V> inline Places<V> truncate(V x) { return __builtin_convertvector(x, Places<V>); }

}  // namespace SK_ISA
