// SPDX-License-Identifier: BSD-2-Clause
// Probes whether the system has what a test needs besides hooks (probes.hpp).
//     if (const auto reason = probe::program("tmux")) …
#pragma once

#include <optional>
#include <string>

namespace snoop::test::probe {

// The reason why the system does not have it; nullopt if it does.
std::optional<std::string> batch();
std::optional<std::string> cgroup2();
std::optional<std::string> cgroup1();
std::optional<std::string> memcg();
std::optional<std::string> ia32();
std::optional<std::string> uring();
std::optional<std::string> uring_req();
std::optional<std::string> userns();
std::optional<std::string> loginuid();
std::optional<std::string> veth();
std::optional<std::string> tun();
std::optional<std::string> overlay();
std::optional<std::string> userns_overlay();
std::optional<std::string> idmap();
std::optional<std::string> uffd();
std::optional<std::string> exporter();
std::optional<std::string> reporter();
std::optional<std::string> binfmt_misc();
std::optional<std::string> legacy_open();
std::optional<std::string> program(const char *name); // on the PATH

// Tests that change the whole machine run only if SNOOP_ALONE allows it.
std::optional<std::string> alone();
std::optional<std::string> hotplug();
std::optional<std::string> core_pipe(); // core_pattern is global

} // namespace snoop::test::probe
