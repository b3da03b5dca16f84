// SPDX-License-Identifier: BSD-2-Clause
// The parts of fuzz programs: a check that ends the program, and a file with the input's bytes.
//     extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
//     require(is_valid(output), "the output is not valid");
#pragma once

#include "base/fd.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace fuzz {

inline void require(bool holds, const char *otherwise)
{
    if (holds)
        return;
    std::fprintf(stderr, "FAULT: %s\n", otherwise);
    std::abort();
}

// In memory, under a path that others can open.
class File {
public:
    [[nodiscard]] const std::string &path() const noexcept { return path_; }

    void write(std::string_view bytes)
    {
        require(ftruncate(fd_.get(), 0) == 0 &&
                    pwrite(fd_.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
                "the file cannot be written");
    }

private:
    snoop::Fd fd_{memfd_create("fuzz", MFD_CLOEXEC)};
    std::string path_ = "/proc/self/fd/" + std::to_string(fd_.get());
};

// Takes the input apart: numbers first, the rest is bytes.
class Input {
public:
    Input(const std::uint8_t *data, std::size_t size) : left_(reinterpret_cast<const char *>(data), size) {}

    [[nodiscard]] bool empty() const noexcept { return left_.empty(); }
    [[nodiscard]] std::string_view rest() const noexcept { return left_; }
    unsigned byte()
    {
        const std::string_view one = take(1);
        return one.empty() ? 0 : static_cast<unsigned char>(one[0]);
    }
    // A piece that is preceded by its length, 16 bits, low byte first.
    std::string_view piece()
    {
        const unsigned low = byte();
        return take(low | byte() << 8);
    }
    std::string_view take(std::size_t size)
    {
        const std::string_view part = left_.substr(0, size);
        left_.remove_prefix(part.size());
        return part;
    }

private:
    std::string_view left_;
};

} // namespace fuzz
