/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `-- CMD`: follows CMD's descendants. A process is in the map `descendants` from its
 * fork to its exit. Walking up real_parent instead would lose the children of a dead
 * parent. Each program has a backup program, see backup.bpf.h.
 */
#ifndef __DESCENDANTS_BPF_H__
#define __DESCENDANTS_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "counters.bpf.h"
#include "filter.bpf.h"
#include "lineage.bpf.h"

static __always_inline int follow_fork(struct task_struct *parent, struct task_struct *child)
{
	u32 from = task_pid(parent, false);
	u32 pid = task_pid(child, false);
	u8 in = 1;

	if (from == pid || !bpf_map_lookup_elem(&descendants, &from))
		return 0;
	if (bpf_map_update_elem(&descendants, &pid, &in, BPF_ANY))
		count_event(SNOOP_DESCENDANTS_LOST);
	return 0;
}

static __always_inline int follow_exit(struct task_struct *task)
{
	u32 pid = task_pid(task, false);

	if (process_ends(task))
		bpf_map_delete_elem(&descendants, &pid);
	return 0;
}

SEC("?raw_tp/sched_process_fork")
int BPF_PROG(descendants_fork, struct task_struct *parent, struct task_struct *child)
{
	return follow_fork(parent, child);
}

SEC("?raw_tp/sched_process_fork")
int BPF_PROG(descendants_fork_backup, struct task_struct *parent, struct task_struct *child)
{
	return follow_fork(parent, child);
}

SEC("?raw_tp/sched_process_exit")
int BPF_PROG(descendants_exit, struct task_struct *task)
{
	return follow_exit(task);
}

SEC("?raw_tp/sched_process_exit")
int BPF_PROG(descendants_exit_backup, struct task_struct *task)
{
	return follow_exit(task);
}

#endif /* __DESCENDANTS_BPF_H__ */
