// SPDX-License-Identifier: BSD-2-Clause
// Attaches programs to instructions of user programs. With one link for each target, detaching
// takes up to 0.1 s a link, since the kernel waits for a grace period each time. Since 6.6 one
// link can have all targets in a file (uprobe.multi).
//     if (has_uprobe_multi()) use_uprobe_multi(program);   // before the load
//     links.push_back(attach_uprobes(log, program, file, targets));
#pragma once

#include "kernel/features.hpp"
#include "libbpf/link.hpp"
#include "libbpf/log.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <sys/types.h>

namespace snoop {

struct UprobeTarget {
    std::uint64_t offset;           // of the instruction in the file
    std::uint64_t semaphore_offset; // of a counter above 0 while a program is attached; 0: none
    std::uint64_t cookie;           // returned by bpf_get_attach_cookie()
};

// Attaches to one target in one process, or in all with pid -1; with at_return, to the return
// of the function that begins there. A cookie other than 0 requires kernel::has_cookies().
// Throws Error.
Link attach_uprobe(const Log &log, bpf_program *program, pid_t pid, const std::string &file, const UprobeTarget &target,
                   bool at_return = false);

// Attaches to all targets in a file, in one process or, with pid -1, in all. The program must have been
// loaded after use_uprobe_multi(). A pid requires has_uprobe_multi_pid(), since before 6.10 (46ba0e49b642) it
// means one thread. Throws Error.
bool has_uprobe_multi();
bool has_uprobe_multi_pid();
void use_uprobe_multi(bpf_program *program);
Link attach_uprobes(const Log &log, bpf_program *program, const std::string &file,
                    std::span<const UprobeTarget> targets, bool at_return = false, pid_t pid = -1);

// Raises the limit of open files to what is allowed: a link takes one or two descriptors. The command is
// already running then, and keeps its limit.
void raise_descriptor_limit();

// The kernel runs programs of the section "uprobe.s" (6.0), which may wait for memory.
bool has_sleepable_uprobes();

} // namespace snoop
