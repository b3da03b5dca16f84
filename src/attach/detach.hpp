// SPDX-License-Identifier: BSD-2-Clause
// Links that the kernel detaches one after the other, each after a grace period of up to 0.1 s.
//     return detach_in_turn(log, std::move(links), [&skel] { skel.bss->is_stopped = 1; });
#pragma once

#include "libbpf/link.hpp"
#include "libbpf/log.hpp"

#include <functional>
#include <vector>

namespace snoop {

// Detaches and removes the links, from the last one on, and says so if they are many. A signal then ends the wait, or
// stop::overdue() after one that came before: a process in the background, which is named, holds the rest until the
// kernel has detached them.
void detach_until_overdue(const Log &log, std::vector<Link> &links);

// A link that owns others. Its destructor calls `stop`, after which the programs must do nothing, and detaches the
// links as above. `log` must outlive the link.
Link detach_in_turn(const Log &log, std::vector<Link> links, std::function<void()> stop);

} // namespace snoop
