// SPDX-License-Identifier: BSD-2-Clause
// The differences of two recordings of a job.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::snoop_diff {

// In the order of their weight: the heaviest first.
enum class Kind {
    status,    // other exit code or signal
    exec,      // a command that was executed in one, or failed with another error
    file,      // opened in one, not found in the other
    error,     // an open that failed in one, or with another error
    program,   // another program in its place, or another file of that name
    only,      // a process and all below it
    arguments, // others, or in another order
    opened,    // files that were not even looked for in the other
    resolved,  // a path that led to another file
    slower,    // a process that took much longer in one
    looked_for // files that were not found, and not looked for in the other
};
constexpr std::size_t kinds = static_cast<std::size_t>(Kind::looked_for) + 1;

struct Side {
    std::optional<std::size_t> program; // index into Forest::programs(); of Kind::only, on one side alone
    std::string value;                  // what it is here; may be empty
};

struct Difference {
    Kind kind{};
    Side a, b;
    std::vector<std::string_view> paths = {}; // of Kind::file, error, exec and resolved one; of opened, looked_for all
    std::size_t processes = 0;                // Kind::only: how many, itself included
    // It follows from another one: the status of a process below, or that the job ended earlier.
    bool is_consequence = false;
    // The time from the beginning of B; if it is in A alone, about when it would have been.
    std::uint64_t at_ns = 0;
    std::optional<std::uint64_t> in_a_ns = {}; // ts_ns, of opens in A alone
    bool is_first = false;
};

} // namespace snoop::snoop_diff
