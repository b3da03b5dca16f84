// SPDX-License-Identifier: BSD-2-Clause
// The books: every event that a hook saw is printed, filtered, lost by a named cause,
// or came after the end. The sum is stated when the tool ends.
//     books.printed++;
//     log.line("{}", books.as_text());   // "seen 12 = printed 10 + filtered 2 + lost 0"
#pragma once

#include <snoop/events/event.h>
#include <snoop/text.hpp>

#include <cstdint>
#include <string>
#include <string_view>

struct bpf_object;

namespace snoop {

struct Books {
    // Counted by the programs.
    snoop_books kernel{};
    std::uint64_t not_run = 0; // programs that the kernel skipped (recursion_misses)

    // Counted by the reader.
    std::uint64_t printed = 0;
    std::uint64_t filtered_by_reader = 0;
    std::uint64_t received = 0; // events, not records, whatever became of them

    [[nodiscard]] std::uint64_t seen() const { return kernel.count[SNOOP_SEEN] + not_run; }
    [[nodiscard]] std::uint64_t filtered() const { return kernel.count[SNOOP_FILTERED] + filtered_by_reader; }
    [[nodiscard]] std::uint64_t lost() const;
    // Received, but after -c or after the pipe's reader had gone.
    [[nodiscard]] std::uint64_t unshown() const { return received - printed - filtered_by_reader; }

    [[nodiscard]] std::string as_text() const;
    // One object, with its line feed.
    void put_json(Buffer &out, std::string_view tool) const;

    // Sums the map `books` over all CPUs, and recursion_misses over all programs of
    // the object. Throws Error (exit 1) if the kernel does not give them.
    void read_kernel(bpf_object *object);
};

} // namespace snoop
