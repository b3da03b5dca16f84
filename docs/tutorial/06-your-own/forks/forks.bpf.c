// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* forks: counts the children that processes create, by the name of the parent. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct name {
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct name);
	__type(value, u64);
} forks SEC(".maps");

/* The names that are not counted. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct name);
	__type(value, u8);
} ignored SEC(".maps");

const volatile __u32 only_uid = -1; /* -1: all users. User space knows __u32, not u32. */

SEC("raw_tp/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct name name = {};
	u64 one = 1, *n;

	if (only_uid != -1 && (u32)bpf_get_current_uid_gid() != only_uid)
		return 0;
	if (BPF_CORE_READ(child, pid) != BPF_CORE_READ(child, tgid))
		return 0; /* a thread, not a process */
	BPF_CORE_READ_STR_INTO(&name.comm, parent, comm);
	if (bpf_map_lookup_elem(&ignored, &name))
		return 0;
	n = bpf_map_lookup_elem(&forks, &name);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&forks, &name, &one, BPF_ANY);
	return 0;
}
