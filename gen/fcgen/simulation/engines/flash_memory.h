// A serial flash memory as an FPGA finds it after its configuration: powered down.
// SPI mode 0; of its commands only those that a design uses: AB (release) and 03 (read).

#pragma once

#include <cstdint>
#include <vector>

class FlashMemory {
public:
    // Contents stand at `offset`; all else is erased. After a release it needs `wake` cycles.
    FlashMemory(const uint8_t* contents, int64_t size, int64_t offset, int64_t wake)
        : contents_(contents, contents + size), offset_{offset}, wake_{wake} {}

    // Takes the pins as they stand after a cycle; returns its output for the next one.
    bool cycle(bool sck, bool cs_n, bool mosi) {
        ++now_;
        if (cs_n) {
            if (!cs_n_ && bits_ == 8 && command_ == kRelease) awake_ = now_ + wake_;
            bits_ = 0;
            output_ = true;
        } else if (sck && !sck_) {
            rise(mosi);
        } else if (!sck && sck_) {
            output_ = fall();
        }
        sck_ = sck;
        cs_n_ = cs_n;
        return output_;
    }

private:
    static constexpr unsigned kRelease = 0xab, kRead = 0x03;
    static constexpr int64_t kNever = INT64_MAX, kMask = 0xffffff;

    void rise(bool mosi) {
        if (bits_ < 32) input_ = input_ << 1 | mosi;
        if (++bits_ == 8) command_ = now_ >= awake_ || (input_ & 0xff) == kRelease ? input_ & 0xff : 0;
        if (bits_ == 32) address_ = input_ & kMask;
    }
    bool fall() const {
        if (command_ != kRead || bits_ < 32) return true;
        const int64_t bit = bits_ - 32;
        const int64_t place = ((address_ + bit / 8) & kMask) - offset_;
        if (place < 0 || place >= static_cast<int64_t>(contents_.size())) return true;
        return contents_[place] >> (7 - bit % 8) & 1;
    }

    std::vector<uint8_t> contents_;
    int64_t offset_, wake_, now_ = 0, awake_ = kNever, bits_ = 0, address_ = 0;
    uint32_t input_ = 0;
    unsigned command_ = 0;
    bool sck_ = false, cs_n_ = true, output_ = true;
};
