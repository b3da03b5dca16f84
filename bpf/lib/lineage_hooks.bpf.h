/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keeps the map `lineages`: a child has its parent's programs, an exec adds one, and the entry of
 * a process ends with its last thread. lineage_pass adds the processes that are older. Each
 * program on a tracepoint has a backup program, see backup.bpf.h.
 */
#ifndef __LINEAGE_HOOKS_BPF_H__
#define __LINEAGE_HOOKS_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "counters.bpf.h"
#include "lineage.bpf.h"
#include "read.bpf.h"

/* The caller of fork is kept as the parent, also if the child is made its sibling. */
static __always_inline int lineage_forked(struct task_struct *parent, struct task_struct *child)
{
	u32 pid = BPF_CORE_READ(child, tgid);
	struct snoop_lineage *from, *copy;

	if (pid == BPF_CORE_READ(parent, tgid))
		return 0; /* a thread */
	from = lineage_of(parent);
	if (!from)
		return 0;
	if (bpf_map_update_elem(&lineages, &pid, from, BPF_ANY)) {
		count_event(SNOOP_LINEAGES_LOST);
		return 0;
	}
	copy = bpf_map_lookup_elem(&lineages, &pid);
	if (copy)
		copy->is_own = 0;
	return 0;
}

static __always_inline int lineage_ended(struct task_struct *task)
{
	u32 pid = BPF_CORE_READ(task, tgid);

	if (process_ends(task))
		bpf_map_delete_elem(&lineages, &pid);
	return 0;
}

SEC("?raw_tp/sched_process_fork")
int BPF_PROG(lineage_fork, struct task_struct *parent, struct task_struct *child)
{
	return lineage_forked(parent, child);
}

SEC("?raw_tp/sched_process_fork")
int BPF_PROG(lineage_fork_backup, struct task_struct *parent, struct task_struct *child)
{
	return lineage_forked(parent, child);
}

/* The section has the long name of raw_tp: libbpf attaches section by section, and an
 * on_exec_backup in the section of this name would otherwise come before its on_exec. */
SEC("?raw_tracepoint/sched_process_exec")
int BPF_PROG(lineage_exec, struct task_struct *task)
{
	lineage_of(task);
	return 0;
}

SEC("?raw_tracepoint/sched_process_exec")
int BPF_PROG(lineage_exec_backup, struct task_struct *task)
{
	lineage_of(task);
	return 0;
}

SEC("?raw_tp/sched_process_exit")
int BPF_PROG(lineage_exit, struct task_struct *task)
{
	return lineage_ended(task);
}

SEC("?raw_tp/sched_process_exit")
int BPF_PROG(lineage_exit_backup, struct task_struct *task)
{
	return lineage_ended(task);
}

/* User space runs it once, when the others are attached (5.8). Without it, a process gets its
 * entry at its first event, fork or exec. */
SEC("?iter/task")
int lineage_pass(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	u32 pid;

	if (!task)
		return 0;
	pid = BPF_CORE_READ(task, pid);
	if (pid == BPF_CORE_READ(task, tgid) && !process_ends(task) &&
	    !bpf_map_lookup_elem(&lineages, &pid))
		learn_lineage(task, pid);
	return 0;
}

#endif /* __LINEAGE_HOOKS_BPF_H__ */
