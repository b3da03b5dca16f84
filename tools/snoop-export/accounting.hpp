// SPDX-License-Identifier: BSD-2-Clause
// Counts what became of each row, for the last line on stderr.
#pragma once

#include <cstdint>
#include <string>

namespace snoop::snoop_export {

struct Accounting {
    std::uint64_t sent = 0;
    std::uint64_t queued = 0; // not sent, when the program gave up
    std::uint64_t queue_full = 0, rejected = 0, invalid = 0;

    [[nodiscard]] std::uint64_t dropped() const noexcept { return queue_full + rejected + invalid; }
    [[nodiscard]] bool is_all_sent() const noexcept { return queued + dropped() == 0; }
};

// `read` is counted apart from the others, so that the sum says something.
std::string as_text(const Accounting &accounting, std::uint64_t read);

} // namespace snoop::snoop_export
