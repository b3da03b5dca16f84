// SPDX-License-Identifier: BSD-2-Clause
// Gives up what a tool needs no more once its programs are attached: capabilities, privileges that an exec would give,
// and the system calls that no filter of cmake/seccomp_filters.cpp has. What it parses from then on, anybody may have
// written.
//     SandboxNeeds needs;
//     needs.calls = SandboxCalls::user_names;
//     log.detail("sandbox: {}", enter_sandbox(needs));
#pragma once

#include <cstdint>
#include <string>

namespace snoop {

// The system calls of every tool, and more for some.
enum class SandboxCalls {
    plain,
    user_names, // to ask the services of this machine that know users
    network,    // netlink, and the names of interfaces
    all,        // no filter
};

struct SandboxNeeds {
    SandboxCalls calls = SandboxCalls::plain;
    bool maps = true;               // it reads the maps of its programs
    std::uint64_t capabilities = 0; // a bit for each CAP_…, kept if this process has it

    void keep(unsigned capability) noexcept { capabilities |= std::uint64_t{1} << capability; }
};

// For the calling thread, of which there is one. Returns what is in force, and what the kernel refused, which is no
// error: "no capabilities, no_new_privs, system-call filter".
std::string enter_sandbox(const SandboxNeeds &needs);

} // namespace snoop
