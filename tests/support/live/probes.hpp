// SPDX-License-Identifier: BSD-2-Clause
// Probes whether a program type attaches here. Each loads two instructions, attaches
// them and detaches; loading alone proves nothing (fentry loads on arm64 before 6.4).
//     if (const auto reason = probe::kprobe()) …
#pragma once

#include <optional>
#include <string>

namespace snoop::test::probe {

// The reason why it does not; nullopt if it does.
std::optional<std::string> raw_tp();
std::optional<std::string> tp();
std::optional<std::string> tp_btf();
std::optional<std::string> kprobe();
std::optional<std::string> uprobe();
std::optional<std::string> kprobe_multi();
std::optional<std::string> fentry();
std::optional<std::string> fmod_ret();
std::optional<std::string> lsm(); // and is bpf among the active ones?
std::optional<std::string> xdp();
std::optional<std::string> tcx();
std::optional<std::string> clsact();

} // namespace snoop::test::probe
