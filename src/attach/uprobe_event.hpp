// SPDX-License-Identifier: BSD-2-Clause
// Attaches programs to instructions of user programs by trace events. One event has many targets, and is
// attached and detached in one step. The tasks that a task starts inherit it, so that breakpoints are
// placed in a command and its descendants alone.
//     const std::vector<std::uint64_t> keys = uprobe_event_keys(offsets);
//     links.push_back(attach_uprobe_event(log, {program}, targets, {command, true}, keys[0] & ~uprobe_event_bits));
#pragma once

#include "attach/trace_event.hpp"
#include "libbpf/link.hpp"
#include "libbpf/log.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace snoop {

// The processes in which breakpoints are placed. Others that map the file run at full speed.
struct UprobeScope {
    pid_t pid = -1;                // all processes
    bool with_descendants = false; // of a process that has not executed its program yet, and from then on
};

struct UprobeEventTarget {
    std::string file;
    std::uint64_t offset;           // of the instruction in the file
    std::uint64_t semaphore_offset; // as in UprobeTarget
};

// An event has one cookie. Its targets are told apart by these bits of the instruction's address, which are those of
// its offset in the file, so no two targets of an event may have the same ones.
constexpr std::uint64_t uprobe_event_bits = 4095;

// Numbers targets, for a program that looks them up by `cookie | address & uprobe_event_bits`. Targets whose keys have
// the same upper bits can share an event that has those as its cookie.
std::vector<std::uint64_t> uprobe_event_keys(std::span<const std::uint64_t> offsets);

// As many events as a command's processes may inherit. Each makes a fork about 10 µs slower
// (docs/decisions.md).
constexpr std::size_t most_inherited_events = 32;

// Attaches the programs, which run in this order, to all targets. A cookie other than 0 requires kernel::has_cookies().
// Throws Error (exit 3 if the kernel refuses, 2 if there is no such process).
Link attach_uprobe_event(const Log &log, std::span<bpf_program *const> programs,
                         std::span<const UprobeEventTarget> targets, UprobeScope scope, std::uint64_t cookie);

} // namespace snoop
