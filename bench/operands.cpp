// Drives a product unit with operands, one tuple a cycle, and compares every product.
//
// All tuples where a tuple has at most EXHAUSTIVE_BITS bits; otherwise TUPLES random ones, of which
// every operand is an extreme one time in four.
#include <cstdint>
#include <cstdio>
#include <random>

#include "Voperands.h"
#include "verilated.h"

static constexpr int EXHAUSTIVE_BITS = 24;
static constexpr int BITS = A_BITS + WEIGHTS * W_BITS;
static constexpr int PRODUCT_BITS = A_BITS + W_BITS;

static uint64_t low(uint64_t value, int bits) { return value & ((uint64_t(1) << bits) - 1); }

static int64_t number(uint64_t code, int bits, bool is_signed) {
    const bool negative = is_signed && (code >> (bits - 1) & 1);
    return int64_t(code) - (negative ? int64_t(1) << bits : 0);
}

static uint64_t operand(std::mt19937_64 &random, int bits, bool is_signed) {
    const uint64_t draw = random(), sign = uint64_t(1) << (bits - 1);
    const uint64_t extremes[] = {0, sign, sign - 1, low(~uint64_t(0), bits)};
    return (draw >> 62) ? low(draw, bits) : extremes[draw >> 60 & 3];
}

int main() {
    VerilatedContext context;
    context.randReset(2);
    Voperands unit(&context);
    std::mt19937_64 random(1);
    const bool all = BITS <= EXHAUSTIVE_BITS;
    const uint64_t tuples = all ? uint64_t(1) << BITS : TUPLES;
    static uint64_t expected[LATENCY];
    uint64_t wrong = 0;
    for (uint64_t cycle = 0; cycle < tuples + LATENCY; ++cycle) {
        uint64_t codes[WEIGHTS + 1], products = 0, weights = 0;
        for (int i = 0, at = 0; i <= WEIGHTS; at += i++ ? W_BITS : A_BITS) {
            const int bits = i ? W_BITS : A_BITS;
            codes[i] = all ? low(cycle >> at, bits) : operand(random, bits, i ? W_SIGNED : A_SIGNED);
        }
        for (int i = 0; i < WEIGHTS; ++i) {
            const int64_t product = number(codes[0], A_BITS, A_SIGNED) *
                                    number(codes[i + 1], W_BITS, W_SIGNED);
            products |= low(uint64_t(product), PRODUCT_BITS) << (i * PRODUCT_BITS);
            weights |= codes[i + 1] << (i * W_BITS);
        }
        // What comes out behind this edge went in LATENCY - 1 edges earlier.
        unit.activation = codes[0];
        unit.weights = weights;
        unit.clk = 0;
        unit.eval();
        unit.clk = 1;
        unit.eval();
        expected[cycle % LATENCY] = products;
        if (cycle >= LATENCY - 1 && cycle - (LATENCY - 1) < tuples)
            wrong += unit.products != expected[(cycle + 1) % LATENCY];
    }
    std::printf("%llu %llu\n", (unsigned long long)tuples, (unsigned long long)wrong);
    return 0;
}
