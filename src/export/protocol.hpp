// SPDX-License-Identifier: BSD-2-Clause
// snoop-export tells the tool that started it what becomes of its rows, in lines on the socket from which it reads
// them. Both sides use this.
//     to_tool(message_line({.kind = Message::Kind::so_far, .counts = counts}));
//     if (const auto message = parse_message(line)) …
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snoop {

// These rows snoop-export has read.
struct ExportCounts {
    std::uint64_t sent = 0, queued = 0, queue_full = 0, rejected = 0, invalid = 0, damaged = 0;
    // With --otlp-spool, so many of those that are queued are on disk.
    std::uint64_t spooled = 0;
    // Not read by this run, but left on disk by former ones.
    std::uint64_t former_sent = 0, former_queued = 0, former_dropped = 0;

    [[nodiscard]] std::uint64_t total() const noexcept
    {
        return sent + queued + queue_full + rejected + invalid + damaged;
    }
    bool operator==(const ExportCounts &) const = default;
};

struct Message {
    enum class Kind {
        ready,  // it reads rows; `number` is for how many milliseconds it tries to send after the last one
        failed, // it does not, for the reason in `text`; `number` is an exit code
        so_far, // has only `counts`, as has the next one
        end     // comes last
    };
    Kind kind;
    std::uint64_t number = 0;
    std::string text{};
    ExportCounts counts{};
};

// With its newline.
std::string message_line(const Message &message);
// Without it. Nothing for any other line.
std::optional<Message> parse_message(std::string_view line);

} // namespace snoop
