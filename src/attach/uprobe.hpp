// SPDX-License-Identifier: BSD-2-Clause
// Programs on instructions of user programs. A link for each place is what every kernel
// has, but ends slowly: the kernel waits for a grace period at each, up to a tenth of a
// second. Since 6.6 one link can have all places of a file.
//     if (has_uprobe_multi()) use_uprobe_multi(program);   // before the load
//     links.push_back(attach_uprobes(log, program, file, places));
#pragma once

#include "kernel/features.hpp"
#include "libbpf/link.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <sys/types.h>

namespace snoop {

struct UprobeTarget {
    std::uint64_t offset;           // in the file
    std::uint64_t semaphore_offset; // of a counter that is above 0 while something is attached; 0: none
    std::uint64_t cookie;           // what bpf_get_attach_cookie() says there
};

// To one place of a file, in one process, or with pid -1 in all; with at_return, to where
// the function that begins there returns. A cookie other than 0 needs kernel::has_cookies().
// Throws Error.
Link attach_uprobe(const Log &log, bpf_program *program, pid_t pid, const std::string &file, const UprobeTarget &place,
                   bool at_return = false);

// To all of these places, in all processes. The program was loaded for that alone.
bool has_uprobe_multi();
void use_uprobe_multi(bpf_program *program);
Link attach_uprobes(const Log &log, bpf_program *program, const std::string &file, std::span<const UprobeTarget> places,
                    bool at_return = false);

} // namespace snoop
