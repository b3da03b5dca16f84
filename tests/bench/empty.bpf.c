// SPDX-License-Identifier: BSD-2-Clause
// Programs that do nothing, on the hooks that opensnoop takes: what a hook itself costs.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define EMPTY(section, name)                                                                                           \
    SEC(section)                                                                                                       \
    int name(void *ctx) { return 0; }

EMPTY("?tp_btf/sys_exit", on_any_exit)
EMPTY("?raw_tp/sys_exit", on_any_exit_raw)
EMPTY("?tp/raw_syscalls/sys_exit", on_any_exit_perf)
EMPTY("?tp/syscalls/sys_exit_openat", open_tracepoint)
EMPTY("?fexit/do_sys_openat2", open_fexit)
