// SPDX-License-Identifier: BSD-2-Clause
// Tells whether the kernel calls LSM programs. It loads and attaches them in any case, but
// calls none unless bpf is among the LSMs that it was booted with.
//     if (const auto active = lsm::active(); active && !lsm::has_bpf(*active)) … lsm::how_to_enable(active)
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace snoop::lsm {

// The active LSMs, from /sys/kernel/security/lsm: "lockdown,capability,yama,apparmor".
// Nothing if it cannot be read: securityfs is not mounted, or not built in.
std::optional<std::string> active();

// True if bpf is in such a list.
bool has_bpf(std::string_view list);

// The kernel parameter that enables it, made from the active list.
std::string how_to_enable(const std::optional<std::string> &active);

} // namespace snoop::lsm
