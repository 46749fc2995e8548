// List of the compiled activations, one line per activation. The position is the number of the kind; Python reads the
// names from this list.
#pragma once

#include "blend.hpp"
#include "fixed.hpp"
#include "polynomial.hpp"
#include "prelu.hpp"
#include "rational.hpp"
#include "snake.hpp"
#include "spline.hpp"
#include "swish.hpp"

#define SK_FIXED_ACTIVATIONS(X) \
    X(identity, Identity)       \
    X(logistic, Logistic)       \
    X(tanh, Tanh)               \
    X(relu, ReLU)               \
    X(leaky_relu, LeakyReLU)    \
    X(elu, ELU)                 \
    X(selu, SELU)               \
    X(silu, SiLU)               \
    X(gelu, GELU)               \
    X(mish, Mish)               \
    X(softplus, Softplus)       \
    X(tilted_abs, TiltedAbs)

#define SK_LEARNED_ACTIVATIONS(X) \
    X(polynomial, Polynomial)     \
    X(prelu, PReLU)               \
    X(swish, Swish)               \
    X(blend, Blend)               \
    X(rational, Rational)         \
    X(spline, Spline)             \
    X(snake, Snake)

namespace SK_ISA {

enum Kind {
    in_python = -1,  // a user's activation in Python, which is called back
#define SK_KIND(name, type) kind_##name,
    SK_FIXED_ACTIVATIONS(SK_KIND) SK_LEARNED_ACTIVATIONS(SK_KIND)
#undef SK_KIND
};

// Inlined, so that the derivative is not computed for a caller that does not use it.
template <class V> [[gnu::always_inline]] inline V Blend<V>::fixed(int kind, V z, V& derivative) {
    switch (kind) {
#define SK_CASE(name, type) \
    case kind_##name: return type<V>::both(z, derivative);
        SK_FIXED_ACTIVATIONS(SK_CASE)
#undef SK_CASE
    }
    return derivative = z;
}

// Whether all parameters and constants exist that the kernel of `which` reads.
inline bool fits(const Activation& which) {
    switch (which.kind) {
#define SK_CASE(name, type) \
    case kind_##name: return type<Vector<float>>::fits(which);
        SK_LEARNED_ACTIVATIONS(SK_CASE)
#undef SK_CASE
    }
    return true;
}

// Calls visit(kernel) with the kernel of `which`; false if it is not compiled.
template <class V, class Visitor> inline bool with_kernel(const Activation& which, Visitor visit) {
    switch (which.kind) {
#define SK_CASE(name, type) \
    case kind_##name: visit(Fixed<V, type>(which)); return true;
        SK_FIXED_ACTIVATIONS(SK_CASE)
#undef SK_CASE
#define SK_CASE(name, type) \
    case kind_##name: visit(type<V>(which)); return true;
        SK_LEARNED_ACTIVATIONS(SK_CASE)
#undef SK_CASE
    }
    return false;
}

}  // namespace SK_ISA
