// SPDX-License-Identifier: BSD-2-Clause
// What this kernel and this user can do: asked for, never concluded from a version. Answers
// that take long are kept.
//     require_bpf(options.btf);              // throws Error (exit 3) with the cure
//     if (!kernel::has_ring_buffer()) …
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snoop::kernel {

// Where the kernel shows its own types.
constexpr const char *vmlinux_btf = "/sys/kernel/btf/vmlinux";

// BPF_MAP_TYPE_RINGBUF, since 5.8. bpf_ktime_get_boot_ns came with the same release.
bool has_ring_buffer();

// Arrays that user space can map (BPF_F_MMAPABLE, 5.5), .bss of the programs among them.
bool has_mmapable_arrays();

// A BPF helper (BPF_FUNC_…), for tracing programs.
bool has_helper(int helper);

// Can tracing programs have maps that take memory as entries come? Since 6.1, commit
// 34dd3bad1a6f; before, they must be given it when the map is made.
bool allocates_for_programs();

// Was it built with BTF, its types (CONFIG_DEBUG_INFO_BTF)? For a user who may read it.
bool has_btf();

// Does it let this user load fentry programs and their like? arm64 kernels before 6.4 do,
// and refuse to attach them.
bool has_fentry();

// Does it keep a program at fentry from being called by what it calls itself (5.12)? Where it
// does not, tracing a function that programs need takes the kernel down.
bool guards_fentry();

// May it preempt a task inside a BPF program? True also where that cannot be found out.
bool may_preempt_programs();

// Are kprobes compiled in?
bool has_kprobes();

// Are uprobes?
bool has_uprobes();

// Does it tell a program on a kprobe or uprobe which of its places was hit (5.15)?
bool has_cookies();

// Can it run 32-bit programs, and so 32-bit system calls?
bool runs_32bit_programs();

// Where the trace events can be read ("/sys/kernel/tracing"); nothing if tracefs is
// not mounted or not readable for this user.
std::optional<std::string> tracefs();

// Checks that this user may load BPF programs and that the kernel's types are known,
// from /sys/kernel/btf/vmlinux or, if it is not empty, from the file `btf`. Throws
// Error: exit 3 with what is missing and how to get it, exit 2 for a bad `btf`.
void require_bpf(const std::string &tool, const std::string &btf);

// The same for programs that see packets and need none of the kernel's types.
void require_network_bpf(const std::string &tool);

// CAP_PERFMON, which the verifier wants for arithmetic with pointers; or CAP_SYS_ADMIN.
bool has_perfmon();

// The cure for a program or map that the kernel refused with errno `err`; may be empty.
std::string load_hint(int err);

// Where the first file system of that type is mounted.
std::optional<std::string> mount_of(std::string_view type);

// Where cgroup v2 is mounted ("/sys/fs/cgroup", "/sys/fs/cgroup/unified").
std::optional<std::string> cgroup2_mount();

// The lines CONFIG_X=y that this kernel was built with, the first one behind a line feed;
// nothing if they are not to be had.
std::optional<std::string> build_config();

// The first line of a file below /proc or /sys; empty if it cannot be read.
std::string setting(const char *path);

// Of this process, in effect (CAP_…).
bool has_capability(int capability);

// Nanoseconds of a clock (CLOCK_…).
std::int64_t clock_ns(int clock);

} // namespace snoop::kernel
