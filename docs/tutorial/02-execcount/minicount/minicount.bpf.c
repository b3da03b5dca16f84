// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The smallest execcount: how many programs each user executes. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);   /* the user */
	__type(value, u64); /* how many */
} counts SEC(".maps");

SEC("raw_tp/sched_process_exec")
int on_exec(void *ctx)
{
	u32 uid = (u32)bpf_get_current_uid_gid();
	u64 one = 1, *n = bpf_map_lookup_elem(&counts, &uid);

	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&counts, &uid, &one, BPF_ANY);
	return 0;
}
