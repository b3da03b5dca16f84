// SPDX-License-Identifier: BSD-2-Clause
// Drops privileges in a child that becomes a tool.
//     Start{.in_child = [] { become_nobody_with({cap_bpf, cap_perfmon}); }, …}
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace snoop::test {

constexpr uid_t nobody = 65534;
constexpr unsigned cap_net_admin = 12, cap_perfmon = 38,
                   cap_bpf = 39; // <linux/capability.h> has the last two since 5.8

// Becomes nobody, with these capabilities and no others, and with the kernel's limit of locked memory.
void drop_to_nobody_with(const std::vector<unsigned> &capabilities);
// Likewise, but without this limit, against which maps count before 5.11.
void become_nobody_with(const std::vector<unsigned> &capabilities);

// Root with these capabilities and no others, as in a container, from the next exec on; without this limit, too.
void keep_capabilities(const std::vector<unsigned> &capabilities);

// Gives a file capabilities, as `setcap cap_bpf,cap_perfmon+ep` does.
void lend_capabilities(const std::string &path, const std::vector<unsigned> &capabilities);

} // namespace snoop::test
