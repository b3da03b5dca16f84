// SPDX-License-Identifier: BSD-2-Clause
// Does this kernel call LSM programs? It may load and attach them and never call one: bpf
// has to be among the LSMs that it was started with.
//     if (const auto active = lsm::active(); active && !lsm::has_bpf(*active))
//         throw Error{exit_lacks, "the kernel calls no LSM programs: {}", lsm::how_to_enable(active)};
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace snoop::lsm {

// /sys/kernel/security/lsm: "lockdown,capability,yama,apparmor". Nothing if it cannot be
// read: securityfs is not mounted, or the kernel has none.
std::optional<std::string> active();

// Is bpf in such a list?
bool has_bpf(std::string_view list);

// What turns it on: the parameter for the kernel's command line, from today's list.
std::string how_to_enable(const std::optional<std::string> &active);

} // namespace snoop::lsm
