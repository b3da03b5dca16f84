/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The filters --container and --unit. User space decides once for each cgroup (v2) whether it
 * passes, and keeps that here. An event in a cgroup that is not decided yet is sent, and user space
 * decides (src/libbpf/cgroup_verdicts.hpp).
 */
#ifndef __CGROUP_VERDICT_BPF_H__
#define __CGROUP_VERDICT_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/record.h>
#include "read.bpf.h"
#include "task.bpf.h"

enum {
	CGROUP_VERDICTS = 8192
};

/* SNOOP_CGROUP_PASSES or SNOOP_CGROUP_FILTERED, by the cgroup's id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, CGROUP_VERDICTS);
	__type(key, u64);
	__type(value, u8);
} cgroup_verdicts SEC(".maps");

/* Returns an enum snoop_cgroup_verdict of a cgroup. */
static __always_inline u32 verdict_of_cgroup(u64 id)
{
	u8 *verdict = bpf_map_lookup_elem(&cgroup_verdicts, &id);

	return verdict ? *verdict : SNOOP_CGROUP_UNDECIDED;
}

/* Returns true unless user space has decided that the cgroup of `task`, the current task, does not
 * pass. */
static __always_inline bool cgroup_may_pass(struct task_struct *task)
{
	return verdict_of_cgroup(task_cgroup_id(task, has_typed_task())) != SNOOP_CGROUP_FILTERED;
}

#endif /* __CGROUP_VERDICT_BPF_H__ */
