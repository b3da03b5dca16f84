// SPDX-License-Identifier: BSD-2-Clause
// BPF features of the running kernel. Each is probed, never derived from the version; slow
// answers are remembered.
//     if (!kernel::has_ring_buffer()) …
#pragma once

#include "base/fd.hpp"

#include <bpf/bpf.h>

namespace snoop::kernel {

// The kernel's own types.
constexpr const char *vmlinux_btf = "/sys/kernel/btf/vmlinux";

// BPF_MAP_TYPE_RINGBUF (5.8). The helper bpf_ktime_get_boot_ns came with the same release.
bool has_ring_buffer();

// Arrays that user space can map (BPF_F_MMAPABLE, 5.5); .bss of the programs is one.
bool has_mmapable_arrays();

// A BPF helper (BPF_FUNC_…) for tracing programs.
bool has_helper(int helper);

// Tracing programs can use maps that allocate entries on demand (6.1, commit 34dd3bad1a6f);
// before, all memory of such a map is allocated when it is created.
bool allocates_for_programs();

// The kernel was built with BTF (CONFIG_DEBUG_INFO_BTF), and this user can read it.
bool has_btf();

// This user can load fentry programs. arm64 kernels before 6.4 load them and refuse to
// attach them.
bool has_fentry();

// Programs that run for each task when user space reads (BPF_TRACE_ITER, 5.8).
bool has_task_iterator();

// The kernel does not call a program at fentry from within itself (5.12). Without this guard,
// tracing a function that programs need crashes the kernel.
bool guards_fentry();

// The kernel may preempt a task inside a BPF program; true if that cannot be determined.
bool may_preempt_programs();

// CONFIG_KPROBES and CONFIG_UPROBES.
bool has_kprobes();
bool has_uprobes();
// Whether either is there, but no perf event for it: libbpf then attaches and detaches them through files of tracefs.
bool has_probes_of_tracefs();

// bpf_get_attach_cookie() for programs on kprobes and uprobes (5.15).
bool has_cookies();

// The kernel can run 32-bit programs, which make 32-bit system calls.
bool runs_32bit_programs();

// Loads a program of two instructions that returns a constant, to find out whether the
// kernel accepts a program type or an option. Not open, with errno set, if it refuses.
Fd load_probe(bpf_prog_type type, bpf_prog_load_opts *options = nullptr, int return_value = 0);

} // namespace snoop::kernel
