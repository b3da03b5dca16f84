// SPDX-License-Identifier: BSD-2-Clause
// The last bytes of a stream, up to a size and an age: what a flight recorder holds until somebody asks.
//     KeptBlocks kept{{.bytes = 64 << 20, .age = std::chrono::seconds{60}}};
//     kept.add(lines, 3, now);
//     kept.take(now, [](std::string_view bytes, std::uint64_t items) { … });
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace snoop {

struct KeepLimits {
    std::size_t bytes;
    std::optional<std::chrono::nanoseconds> age;
};

class KeptBlocks {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit KeptBlocks(const KeepLimits &limits);

    // Adds bytes that hold so many items, none of them in part, and forgets the oldest ones beyond the size, but never
    // those that it adds. All of them are forgotten together: give at most block_bytes() at a time, or one item.
    void add(std::string_view bytes, std::uint64_t items, Time now);

    [[nodiscard]] std::size_t block_bytes() const noexcept { return block_bytes_; }

    // Hands over what is not too old, the oldest first and whole items each time, and forgets all of it. An item is
    // held a little longer than the age: at most 1/64 of it.
    void take(Time now, const std::function<void(std::string_view bytes, std::uint64_t items)> &to);

private:
    struct Block {
        std::string bytes;
        std::uint64_t items = 0;
        Time first, last; // when they were added
    };

    [[nodiscard]] bool fits_into_last(std::size_t bytes, Time now) const;
    void forget_old(Time now);

    KeepLimits limits_;
    std::size_t block_bytes_;
    std::size_t bytes_ = 0;
    std::deque<Block> blocks_;
};

} // namespace snoop
