// SPDX-License-Identifier: BSD-2-Clause
// Links that the kernel detaches one after the other, each after a grace period of up to 0.1 s.
//     return detach_in_turn(log, std::move(links), [&skel] { skel.bss->is_stopped = 1; });
#pragma once

#include "libbpf/link.hpp"
#include "libbpf/log.hpp"

#include <functional>
#include <vector>

namespace snoop {

// A link that owns others. Its destructor calls `stop`, after which the programs must do nothing, detaches the links
// and, if they are many, says so. SIGINT, SIGTERM or SIGHUP then ends the wait: a process in the background, which
// the destructor names, holds the links until the kernel has detached them. These signals must be blocked (Loop
// does so). `log` must outlive the link.
Link detach_in_turn(const Log &log, std::vector<Link> links, std::function<void()> stop);

} // namespace snoop
