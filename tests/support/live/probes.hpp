// SPDX-License-Identifier: BSD-2-Clause
// Can a program of a kind be attached here? Each loads one of two instructions, attaches
// it and takes it away again; loading alone says nothing (arm64's fentry before 6.4 loads).
//     if (const auto reason = probe::kprobe()) …
#pragma once

#include <optional>
#include <string>

namespace snoop::test::probe {

// Why not; nothing if it can.
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
