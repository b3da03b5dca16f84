// SPDX-License-Identifier: BSD-2-Clause
// Drops privileges in a child that becomes a tool.
//     Start{.in_child = [] { become_nobody_with({cap_bpf, cap_perfmon}); }, …}
#pragma once

#include <sys/types.h>
#include <vector>

namespace snoop::test {

constexpr uid_t nobody = 65534;
constexpr unsigned cap_net_admin = 12, cap_perfmon = 38,
                   cap_bpf = 39; // <linux/capability.h> has the last two since 5.8

// Becomes nobody, with these capabilities and no others.
void become_nobody_with(const std::vector<unsigned> &capabilities);

} // namespace snoop::test
