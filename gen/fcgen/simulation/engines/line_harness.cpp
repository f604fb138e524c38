// Drives a design with a host link, compiled by Verilator, through its serial line.
// FCGEN_FLASH: it has the pins of a flash memory.
// A plain C interface for ctypes; the fields of Span are mirrored in fcgen/host/serial_line.py.

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include "Vlayer.h"
#include "flash_memory.h"
#include "verilated.h"

namespace {

constexpr int kFrameBits = 10;  // start, 8 data bits, stop

// One stretch of time; every pointer belongs to the caller.
struct Span {
    const uint8_t* input;  // bytes to send, one behind the other
    uint8_t* output;       // bytes received
    int64_t inputs, capacity;
    int64_t cycles;        // at most so many
    int64_t quiet;         // ends after so many cycles in which both directions were idle
    int64_t sent, received, broken, elapsed;  // results
};

struct Stopped : std::runtime_error {
    using std::runtime_error::runtime_error;
};

thread_local std::string printed;

class Line {
public:
    Line(uint64_t seed, double send_bit, double receive_bit, const FlashMemory& flash)
        : context_{new VerilatedContext},
          flash_{flash},
          send_bit_{send_bit},
          receive_bit_{receive_bit} {
        context_->randReset(2);  // registers without a reset start with arbitrary values
        context_->randSeed(static_cast<int>(seed & 0x3fffffff) + 1);
        top_.reset(new Vlayer{context_.get(), "TOP"});
        top_->clk = 0;
        top_->rst = 0;
        top_->rx = 1;
        top_->eval();  // runs the initial blocks: images are read here
        reset();
    }

    void reset() {
        top_->rst = 1;
        cycle();
        top_->rst = 0;
        receiving_ = false;
    }

    void hold(int level, int64_t cycles) {  // a line that carries no byte
        top_->rx = level;
        for (int64_t i = 0; i < cycles; ++i) cycle();
        top_->rx = 1;
    }

    void run(Span& span) {
        int64_t idle = 0;
        span.sent = span.received = span.broken = span.elapsed = 0;
        while (span.elapsed < span.cycles && idle < span.quiet && span.received < span.capacity) {
            if (!sending_ && span.sent < span.inputs) begin(span.input[span.sent++]);
            const bool active = sending_ || receiving_ || selected_;
            drive();
            cycle();
            receive(span);
            ++span.elapsed;
            idle = active || receiving_ ? 0 : idle + 1;
        }
    }

private:
    void cycle() {
        top_->clk = 0;
        top_->eval();
        top_->clk = 1;
        top_->eval();
#ifdef FCGEN_FLASH
        top_->flash_miso = flash_.cycle(top_->flash_sck, top_->flash_cs_n, top_->flash_mosi);
        selected_ = !top_->flash_cs_n;
#endif
    }
    void begin(uint8_t byte) {
        sending_ = true;
        bits_ = byte << 1 | 1 << (kFrameBits - 1);
        // What is left of the last bit's cycle counts, so that the rate is exact.
        send_time_ -= kFrameBits * send_bit_;
        if (send_time_ < 0 || send_time_ >= 1) send_time_ = 0;
    }
    void drive() {
        if (!sending_) return;
        top_->rx = bits_ >> static_cast<int>(send_time_ / send_bit_) & 1;
        send_time_ += 1;
        sending_ = send_time_ < kFrameBits * send_bit_;
    }
    void receive(Span& span) {
        if (!receiving_) {
            if (top_->tx) return;
            receiving_ = true;
            receive_time_ = 0.5;
            sampled_ = 0;
            byte_ = 0;
            return;
        }
        receive_time_ += 1;
        if (receive_time_ < (sampled_ + 0.5) * receive_bit_) return;
        if (sampled_ == kFrameBits - 1) {
            if (top_->tx) {
                span.output[span.received++] = static_cast<uint8_t>(byte_ >> 1);
            } else {
                ++span.broken;
            }
            receiving_ = false;
            return;
        }
        byte_ |= static_cast<unsigned>(top_->tx) << sampled_++;
    }

    std::unique_ptr<VerilatedContext> context_;
    std::unique_ptr<Vlayer> top_;
    FlashMemory flash_;
    double send_bit_, receive_bit_, send_time_ = 0, receive_time_ = 0;
    unsigned bits_ = 0, byte_ = 0;
    int sampled_ = 0;
    bool sending_ = false, receiving_ = false, selected_ = false;
};

}  // namespace

// What the Verilated runtime calls: text of $display, and every way to end a simulation.
extern "C" int fcgen_print(const char* format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    const int length = std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (printed.size() < 4096) printed += text;
    return length;
}
void vl_finish(const char* file, int line, const char*) {
    throw Stopped{printed + file + ":" + std::to_string(line) + ": $finish"};
}
void vl_stop(const char* file, int line, const char*) {
    throw Stopped{printed + file + ":" + std::to_string(line) + ": $stop or $fatal"};
}
void vl_fatal(const char* file, int line, const char*, const char* message) {
    throw Stopped{printed + file + ":" + std::to_string(line) + ": " + message};
}
void vl_warn(const char* file, int line, const char*, const char* message) {
    throw Stopped{printed + file + ":" + std::to_string(line) + ": " + message};
}

#define EXPORTED extern "C" __attribute__((visibility("default")))

// Returns null, and says why in `message`, when the model stops while it reads its images.
EXPORTED void* fcgen_line_open(uint64_t seed, double send_bit, double receive_bit,
                               const uint8_t* contents, int64_t bytes, int64_t offset,
                               int64_t wake, char* message, std::size_t size) {
    printed.clear();
    try {
        return new Line{seed, send_bit, receive_bit, {contents, bytes, offset, wake}};
    } catch (const std::exception& error) {
        std::snprintf(message, size, "%s", error.what());
        return nullptr;
    }
}

// Returns 0, or 1 when the model stopped by itself.
EXPORTED int32_t fcgen_line_run(void* line, Span* span, char* message, std::size_t size) {
    printed.clear();
    try {
        static_cast<Line*>(line)->run(*span);
        return 0;
    } catch (const std::exception& error) {
        std::snprintf(message, size, "%s", error.what());
        return 1;
    }
}

EXPORTED void fcgen_line_reset(void* line) { static_cast<Line*>(line)->reset(); }
EXPORTED void fcgen_line_hold(void* line, int32_t level, int64_t cycles) {
    static_cast<Line*>(line)->hold(level, cycles);
}
EXPORTED void fcgen_line_close(void* line) { delete static_cast<Line*>(line); }
