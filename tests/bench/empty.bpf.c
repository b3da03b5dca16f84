// SPDX-License-Identifier: BSD-2-Clause
// Empty programs, which measure the cost of a hook itself.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define EMPTY(section, name)                                                                       \
	SEC(section)                                                                               \
	int name(void *ctx)                                                                        \
	{                                                                                          \
		return 0;                                                                          \
	}

// The hooks that opensnoop takes.
EMPTY("?tp_btf/sys_exit", on_any_exit)
EMPTY("?raw_tp/sys_exit", on_any_exit_raw)
EMPTY("?tp/raw_syscalls/sys_exit", on_any_exit_perf)
EMPTY("?tp/syscalls/sys_exit_openat", open_tracepoint)
EMPTY("?fexit/do_sys_openat2", open_fexit)

// One of each kind at a call of getppid(), for figures.hooks(). load_getppid calls it by
// syscall(3).
#ifdef __TARGET_ARCH_arm64
#define GETPPID "__arm64_sys_getppid"
#else
#define GETPPID "__x64_sys_getppid"
#endif

EMPTY("?tp/syscalls/sys_enter_getppid", tracepoint)
EMPTY("?raw_tp/sys_enter", raw_tracepoint)
EMPTY("?tp_btf/sys_enter", tp_btf)
EMPTY("?fentry/" GETPPID, fentry)
EMPTY("?fexit/" GETPPID, fexit)
EMPTY("?kprobe/" GETPPID, kprobe)
EMPTY("?kretprobe/" GETPPID, kretprobe)
EMPTY("?uprobe/libc.so.6:syscall", uprobe)
EMPTY("?uretprobe/libc.so.6:syscall", uretprobe)

// The hook of openguard, for open_cost.sh.
EMPTY("?lsm/file_open", lsm_file_open)
