// The core's random numbers: a sequence, xoshiro256++, and draws by position.
#pragma once

#include <cstdint>

namespace SK_ISA {

// xoshiro256++ (D. Blackman and S. Vigna, arXiv:1805.01407); the state lives in Python's arrays.
struct Random {
    uint64_t* s;

    uint64_t next() {
        const uint64_t result = rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = rotate(s[3], 45);
        return result;
    }
    // Uniform below n, by multiplication (D. Lemire, arXiv:1805.10941, without its rejection: bias below n/2^64).
    uint64_t below(uint64_t n) { return uint64_t((static_cast<unsigned __int128>(next()) * n) >> 64); }
    void shuffle(int64_t* items, int64_t n) {
        for (int64_t i = n - 1; i > 0; --i) {
            const int64_t j = int64_t(below(uint64_t(i + 1))), swapped = items[i];
            items[i] = items[j];
            items[j] = swapped;
        }
    }

  private:
    static uint64_t rotate(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
};

// Draw number `i` of `stream`, in any order: threads that share rows draw what one thread would.
// The sequence of splitmix64 (G. L. Steele et al., doi:10.1145/2714064.2660195), each element by itself.
inline uint64_t draw(uint64_t stream, uint64_t i) {
    uint64_t x = stream + (i + 1) * 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

}  // namespace SK_ISA
