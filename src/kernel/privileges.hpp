// SPDX-License-Identifier: BSD-2-Clause
// Privileges that this process has, and errors that say which ones it lacks.
//     kernel::require_bpf({"opensnoop", info.power}, options.btf);   // throws Error (exit 3) with the fix
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace snoop::kernel {

// True if the capability (CAP_…) is in effect for this process.
bool has_capability(int capability);

// Those that this process may put into effect, a bit for each.
std::uint64_t permitted_capabilities();

// Puts these into effect, and permits those; none is inheritable. False, with errno, if the kernel refuses.
bool set_capabilities(std::uint64_t effective, std::uint64_t permitted);

// CAP_PERFMON, which the verifier requires for pointer arithmetic, or CAP_SYS_ADMIN.
bool has_perfmon();

// True if the executable has capabilities, or a set-user-ID bit, that its caller does not have: what the caller gives
// must not get the tool to do more than it is for.
bool is_lent_privileges();

// For what needs no privileges and reads a file that the caller made: gives up capabilities that the executable lends.
void give_up_lent_privileges();

// A tool in messages about its privileges: parts of its ToolInfo.
struct Privileged {
    std::string tool;
    std::string_view power; // what others get by its privileges
    bool is_by_perf = false;
};

// Checks that this user can load BPF programs and that the kernel's types are available,
// from /sys/kernel/btf/vmlinux or, unless it is empty, from the file `btf`. Throws Error:
// exit 3 with what is missing, how to get it, and the power that others get by it;
// exit 2 for an invalid `btf`.
void require_bpf(const Privileged &who, const std::string &btf);

// Checks that this user can load and attach BPF programs on packets, which use none of the
// kernel's types. Throws Error (exit 3).
void require_network_bpf(const Privileged &who);

// True before Linux 5.11: maps and programs count against RLIMIT_MEMLOCK.
bool counts_locked_memory();

// The fix for a program or map that the kernel refused with errno `err`; may be empty.
std::string load_hint(int err);

// The error if the kernel refuses something to this user, or to everyone on this system: another program, function or
// file would fare no better.
class Refusal : public Error {
public:
    using Error::Error;
};

// The error of perf events that the kernel refused to this user (exit 3): which setting does so, or that it takes root.
Refusal perf_refusal();

// True if the kernel's lockdown is `confidentiality`. It then refuses programs that read its memory with EINVAL, since
// it does not let them have the helper, and kprobes with EPERM.
bool is_locked_down();

} // namespace snoop::kernel
