// SPDX-License-Identifier: BSD-2-Clause
// The line for somebody at a terminal who sees no row: it says whether nothing happened, or everything was filtered.
//     QuietStart start{rows.fd()};
//     if (start.is_over(rows.counts().printed))
//         log.line("{}", QuietStart::text(options, filtered));
#pragma once

#include "cli/options.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace snoop {

class QuietStart {
public:
    // Begins now. Without effect unless the rows and stderr go to a terminal.
    explicit QuietStart(int rows_fd);

    // True once: five seconds have passed, and no row has been printed.
    bool is_over(std::uint64_t printed);
    // The earlier of `limit` and the end of the five seconds, as a time to wait.
    [[nodiscard]] std::optional<std::chrono::milliseconds>
    at_most(std::optional<std::chrono::milliseconds> limit) const;

    // "no event matched in 5 s; filters: --uid 1000; events filtered out: 312"
    static std::string text(const CommonOptions &options, std::uint64_t filtered);

private:
    using Clock = std::chrono::steady_clock;

    std::optional<Clock::time_point> end_; // nothing once there is nothing to say
};

} // namespace snoop
