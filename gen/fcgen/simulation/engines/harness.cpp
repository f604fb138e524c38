// Drives one emitted layer, compiled by Verilator, through its streams, and checks the protocol.
// A plain C interface for ctypes: beats come and go as arrays of 32-bit words, least significant
// word first, as fcgen/design/beats.py packs them. The numbers of Status are
// mirrored in fcgen/simulation/engines/compiled.py, the fields of Job in fcgen/simulation/engines/compiled_job.py.

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "Vlayer.h"
#include "verilated.h"

namespace {

enum Status : int32_t {
    kDone = 0,
    kHang = 1,
    kPayloadChanged = 2,
    kValidDropped = 3,
    kFraming = 4,
    kErrorFlag = 5,
    kSurplus = 6,
    kStopped = 7,
    kRefused = 8,
};

// One run over a set of vectors; every pointer belongs to the caller.
struct Job {
    const uint32_t* input;   // vectors * input_beats * input_words
    uint32_t* output;        // vectors * output_beats * output_words
    int64_t* first_input;    // a vector: cycle in which its first beat was accepted
    int64_t* output_cycles;  // an output beat: cycle in which it was accepted
    int64_t vectors;
    int64_t input_beats, input_words, output_beats, output_words;
    int64_t start;           // cycle of the first offer: with a few idle ones, latency is exact
    int64_t period;          // the producer has one new beat every so many cycles
    int64_t watchdog;        // cycles without an accepted beat that count as a hang
    int64_t tail;            // cycles to go on after the last beat, looking for surplus beats
    int64_t resets;          // resets at random moments
    uint64_t seed;
    uint32_t gap, stall;     // probabilities a cycle, in 1 / 2^32
    uint32_t reset_chance;   // the same, while resets are left
    uint32_t reserved;
    // Runtime weights: once `update_after` vectors have begun, hold, write, read back, release.
    const uint32_t* write_address;
    const uint32_t* write_data;
    const uint32_t* read_address;
    uint32_t* read_data;
    int64_t writes, reads, update_after;
    // Results.
    int64_t begun_before_update;  // vectors that were finished with the weights before
    int64_t cycles;
    int64_t vector, beat;         // where a fault showed
};

// The model called $finish, $stop or $fatal, or met an unreadable image.
struct Stopped : std::runtime_error {
    using std::runtime_error::runtime_error;
};

thread_local std::string printed;

uint64_t advance(uint64_t& state) {  // splitmix64: any seed will do, 0 included
    uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

bool chance(uint64_t& state, uint32_t probability) {
    return probability != 0 && static_cast<uint32_t>(advance(state)) < probability;
}

template <class Port>
void drive(Port& port, const uint32_t* words) {
    port = static_cast<Port>(words[0]);
}
void drive(QData& port, const uint32_t* words) {
    port = words[0] | static_cast<QData>(words[1]) << 32;
}
template <std::size_t N>
void drive(VlWide<N>& port, const uint32_t* words) {
    std::memcpy(port.data(), words, N * sizeof(uint32_t));
}

template <class Port>
void sample(const Port& port, uint32_t* words) {
    words[0] = port;
}
void sample(const QData& port, uint32_t* words) {
    words[0] = static_cast<uint32_t>(port);
    words[1] = static_cast<uint32_t>(port >> 32);
}
template <std::size_t N>
void sample(const VlWide<N>& port, uint32_t* words) {
    std::memcpy(words, port.data(), N * sizeof(uint32_t));
}

class Model {
public:
    explicit Model(uint64_t seed) : context_{new VerilatedContext} {
        context_->randReset(2);  // registers without a reset start with arbitrary values
        context_->randSeed(static_cast<int>(seed & 0x3fffffff) + 1);
        top_.reset(new Vlayer{context_.get(), "TOP"});
        top_->clk = 0;
        top_->rst = 0;
        idle();
        top_->eval();  // runs the initial blocks: images are read here
    }

    Vlayer* operator->() { return top_.get(); }

    void settle() {
        top_->clk = 0;
        top_->eval();
    }
    void edge() {
        top_->clk = 1;
        top_->eval();
    }
    void reset() {
        top_->rst = 1;
        settle();
        edge();
        top_->rst = 0;
    }
    void idle() {
        top_->in_valid = 0;
        top_->out_ready = 0;
#ifdef FCGEN_RUNTIME_WEIGHTS
        top_->parameter_hold = 0;
        top_->parameter_write = 0;
        top_->parameter_read = 0;
#endif
#ifdef FCGEN_CHAINED  // a layer of a network, by itself
        top_->chain_write = 0;
        top_->chain_read = 0;
        top_->chain_answered = 0;
#endif
#ifdef FCGEN_HOLD_INPUT
        top_->hold_input = 0;
#endif
    }

    std::string message;

private:
    std::unique_ptr<VerilatedContext> context_;
    std::unique_ptr<Vlayer> top_;
};

// Offers the beats in order, with gaps; an idle stream carries noise, which must not matter.
class Producer {
public:
    Producer(Model& model, const Job& job) : model_(model), job_(job), earliest_(job.start) {
        noise_.resize(job.input_words);
    }
    void offer(int64_t cycle, uint64_t& random) {
        if (!offering_ && beat_ < job_.vectors * job_.input_beats && cycle >= earliest_ &&
            !chance(random, job_.gap)) {
            offering_ = true;
            earliest_ = cycle + job_.period;
            const int64_t place = beat_ % job_.input_beats;
            drive(model_->in_payload, job_.input + beat_ * job_.input_words);
            model_->in_first = place == 0;
            model_->in_last = place == job_.input_beats - 1;
            model_->in_valid = 1;
        } else if (!offering_ && !noisy_) {
            noisy_ = true;
            const uint64_t noise = advance(random);
            for (auto& word : noise_) word = static_cast<uint32_t>(advance(random));
            mask_noise();
            drive(model_->in_payload, noise_.data());
            model_->in_first = noise & 1;
            model_->in_last = noise >> 1 & 1;
            model_->in_valid = 0;
        }
    }
    bool accept(int64_t cycle) {
        if (!offering_ || !model_->in_ready) return false;
        if (beat_ % job_.input_beats == 0) job_.first_input[beat_ / job_.input_beats] = cycle;
        ++beat_;
        offering_ = noisy_ = false;
        return true;
    }
    void restart(int64_t vector) {
        beat_ = vector * job_.input_beats;
        offering_ = noisy_ = false;
    }
    int64_t begun() const { return (beat_ + job_.input_beats - 1) / job_.input_beats; }

private:
    void mask_noise() {  // Verilator wants the bits beyond a port's width to be 0
        const int spare = static_cast<int>(job_.input_words * 32 - FCGEN_INPUT_WIDTH);
        noise_.back() &= 0xffffffffU >> spare;
    }
    Model& model_;
    const Job& job_;
    std::vector<uint32_t> noise_;
    int64_t earliest_, beat_ = 0;
    bool offering_ = false, noisy_ = false;
};

// Takes the beats, with stalls, and checks that they hold while stalled and are framed.
class Consumer {
public:
    Consumer(Model& model, const Job& job) : model_(model), job_(job) {
        now_.resize(job.output_words);
        before_.resize(job.output_words);
    }
    void offer(uint64_t& random) {
        ready_ = !chance(random, job_.stall);
        model_->out_ready = ready_;
    }
    Status check(int64_t cycle, bool& accepted) {
        accepted = false;
        if (model_->error) return kErrorFlag;
        if (!model_->out_valid) return waiting_ ? kValidDropped : kDone;
        sample(model_->out_payload, now_.data());
        const int framing = model_->out_first | model_->out_last << 1;
        if (waiting_ && (now_ != before_ || framing != framing_)) return kPayloadChanged;
        if (finished()) return kSurplus;
        waiting_ = !ready_;
        framing_ = framing;
        if (waiting_) {
            before_ = now_;
            return kDone;
        }
        const int64_t place = beat_ % job_.output_beats;
        if (framing != ((place == 0) | (place == job_.output_beats - 1) << 1)) return kFraming;
        std::memcpy(job_.output + beat_ * job_.output_words, now_.data(),
                    now_.size() * sizeof(uint32_t));
        job_.output_cycles[beat_] = cycle;
        ++beat_;
        accepted = true;
        return kDone;
    }
    void restart() {
        beat_ -= beat_ % job_.output_beats;
        waiting_ = false;
    }
    int64_t vector() const { return beat_ / job_.output_beats; }
    int64_t beat() const { return beat_ % job_.output_beats; }
    bool finished() const { return beat_ == job_.vectors * job_.output_beats; }

private:
    Model& model_;
    const Job& job_;
    std::vector<uint32_t> now_, before_;
    int64_t beat_ = 0;
    int framing_ = 0;
    bool ready_ = false, waiting_ = false;
};

#ifdef FCGEN_RUNTIME_WEIGHTS
// Holds the layer, writes and reads back its parameters, and lets it go on.
class Updater {
public:
    Updater(Model& model, Job& job) : model_(model), job_(job) {
        if (job.writes == 0 && job.reads == 0) phase_ = kOver;
    }
    bool over() const { return phase_ == kOver; }
    void offer(int64_t begun) {
        if (phase_ == kWaiting && begun >= job_.update_after) phase_ = kHolding;
        model_->parameter_hold = phase_ == kHolding || phase_ == kWriting || phase_ == kReading;
        model_->parameter_write = phase_ == kWriting && written_ < job_.writes;
        model_->parameter_read = phase_ == kReading && asked_ < job_.reads;
        if (model_->parameter_write) {
            drive(model_->parameter_address, job_.write_address + written_);
            model_->parameter_write_data = job_.write_data[written_];
        } else if (model_->parameter_read) {
            drive(model_->parameter_address, job_.read_address + asked_);
        }
    }
    Status check(int64_t begun) {
        if (model_->parameter_refused) return kRefused;
        if (model_->parameter_read_valid) {
            if (answered_ >= asked_) return kSurplus;
            job_.read_data[answered_++] = model_->parameter_read_data;
        }
        if (phase_ == kHolding && model_->parameter_held) {
            job_.begun_before_update = begun;
            phase_ = kWriting;
        } else if (phase_ == kWriting && (written_ += model_->parameter_write) == job_.writes) {
            phase_ = kReading;
        } else if (phase_ == kReading) {
            asked_ += model_->parameter_read;
            if (answered_ == job_.reads) phase_ = kOver;
        }
        return kDone;
    }
    bool busy() const { return phase_ == kWriting || phase_ == kReading; }

private:
    enum Phase { kWaiting, kHolding, kWriting, kReading, kOver };
    Model& model_;
    Job& job_;
    int64_t written_ = 0, asked_ = 0, answered_ = 0;
    Phase phase_ = kWaiting;
};
#else
class Updater {
public:
    Updater(Model&, Job&) {}
    bool over() const { return true; }
    void offer(int64_t) {}
    Status check(int64_t) { return kDone; }
    bool busy() const { return false; }
};
#endif

Status run(Model& model, Job& job) {
    uint64_t random = job.seed;
    int64_t resets = job.resets, idle = 0, tail = job.tail;
    Producer producer{model, job};
    Consumer consumer{model, job};
    Updater updater{model, job};
    model.idle();
    model.reset();
    for (int64_t cycle = 0; tail > 0; ++cycle) {
        job.cycles = cycle + 1;
        if (resets > 0 && chance(random, job.reset_chance)) {
            --resets;
            model.reset();
            consumer.restart();  // whatever was in flight is lost, and offered again
            producer.restart(consumer.vector());
            continue;
        }
        producer.offer(cycle, random);
        consumer.offer(random);
        updater.offer(producer.begun());
        model.settle();
        bool taken = false;
        Status status = consumer.check(cycle, taken);
        const bool given = producer.accept(cycle);
        if (status == kDone) status = updater.check(producer.begun());
        idle = given || taken || updater.busy() ? 0 : idle + 1;
        if (consumer.finished() && updater.over()) {
            --tail;
        } else if (status == kDone && idle > job.watchdog) {
            status = kHang;
        }
        if (status != kDone) {
            job.vector = consumer.vector();
            job.beat = consumer.beat();
            return status;
        }
        model.edge();
    }
    return kDone;
}

void copy(const std::string& text, char* message, std::size_t size) {
    std::snprintf(message, size, "%s", text.c_str());
}

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
EXPORTED void* fcgen_open(uint64_t seed, char* message, std::size_t size) {
    printed.clear();
    try {
        return new Model{seed};
    } catch (const std::exception& error) {
        copy(error.what(), message, size);
        return nullptr;
    }
}

EXPORTED int32_t fcgen_run(void* model, Job* job, char* message, std::size_t size) {
    printed.clear();
    try {
        return run(*static_cast<Model*>(model), *job);
    } catch (const std::exception& error) {
        copy(error.what(), message, size);
        return kStopped;
    }
}

EXPORTED void fcgen_close(void* model) { delete static_cast<Model*>(model); }
