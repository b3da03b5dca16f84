// SPDX-License-Identifier: BSD-2-Clause
// The tools and their main modes, each with a command that makes an event which the mode must show.
//     for (const Mode &mode : every_mode())
//         std::cout << mode.name << ": " << attempt(mode, {cap_bpf, cap_perfmon}) << '\n';
#pragma once

#include "hooks.hpp"

#include <ostream>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace snoop::test {

using Capabilities = std::vector<unsigned>;

struct Mode {
    std::string name; // as docs/privileges.md shows it
    std::string tool;
    std::vector<std::string> args;
    std::vector<std::string> command; // "@" is a file or program that every user may read
    std::string mark;                 // what a row of the event contains; "@" as above
    Capabilities capabilities;        // those that its manual names
    std::vector<Hook> hooks{};        // what the kernel must have
};
void PrintTo(const Mode &mode, std::ostream *out);

const std::vector<Mode> &every_mode();

// "bpf+perfmon", "none".
std::string names_of(const Capabilities &capabilities);

// Runs the tool as nobody with these capabilities and no others, and this RLIMIT_MEMLOCK, in bytes. Returns "ok" if it
// showed its event, else its exit code and the part of its message that says what is wrong.
std::string attempt(const Mode &mode, const Capabilities &capabilities, rlim_t locked_memory = RLIM_INFINITY);

} // namespace snoop::test
