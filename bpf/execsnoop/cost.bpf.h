/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Adds up what a process cost, as the kernel's getrusage() does: what its released threads have
 * left in signal_struct, and the threads that are not released yet.
 *     if (read_cost(sig, &e->cost) == COST_COMPLETE)
 */
#ifndef __EXECSNOOP_COST_BPF_H__
#define __EXECSNOOP_COST_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/execsnoop.h>

enum {
	TASK_DEAD = 0x80, /* include/linux/sched.h */

	/* Only the leader and, under ptrace, threads that the tracer has not waited for are dead
	 * and not released. */
	COST_THREADS = 64,
	COST_READS = 4,

	COST_COMPLETE = 0,
	COST_NOT_YET = 1, /* a thread still runs */
	COST_UNKNOWN = 2
};

const volatile __u32 page_kb = 4;

/* Returns true if a task is at its last context switch, or past it. */
static __always_inline bool task_is_dead(struct task_struct *task)
{
	struct task_struct___before_5_14 *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state) == TASK_DEAD;
	return BPF_CORE_READ(old, state) == TASK_DEAD;
}

static __always_inline bool has_io_accounting(void)
{
	return bpf_core_field_exists(struct task_io_accounting, read_bytes);
}

static __always_inline void read_released(struct signal_struct *sig, struct exec_cost *c)
{
	c->utime_ns = BPF_CORE_READ(sig, utime);
	c->stime_ns = BPF_CORE_READ(sig, stime);
	c->runtime_ns = BPF_CORE_READ(sig, sum_sched_runtime);
	c->prev_utime_ns = BPF_CORE_READ(sig, prev_cputime.utime);
	c->prev_stime_ns = BPF_CORE_READ(sig, prev_cputime.stime);
	c->maxrss_kb = BPF_CORE_READ(sig, maxrss) * page_kb;
	c->minflt = BPF_CORE_READ(sig, min_flt);
	c->majflt = BPF_CORE_READ(sig, maj_flt);
	c->nvcsw = BPF_CORE_READ(sig, nvcsw);
	c->nivcsw = BPF_CORE_READ(sig, nivcsw);
	c->read_bytes = 0;
	c->write_bytes = 0;
	if (has_io_accounting()) {
		c->read_bytes = BPF_CORE_READ(sig, ioac.read_bytes);
		c->write_bytes = BPF_CORE_READ(sig, ioac.write_bytes);
	}
}

static __always_inline void add_thread(struct task_struct *task, struct exec_cost *c)
{
	c->utime_ns += BPF_CORE_READ(task, utime);
	c->stime_ns += BPF_CORE_READ(task, stime);
	c->runtime_ns += BPF_CORE_READ(task, se.sum_exec_runtime);
	c->minflt += BPF_CORE_READ(task, min_flt);
	c->majflt += BPF_CORE_READ(task, maj_flt);
	c->nvcsw += BPF_CORE_READ(task, nvcsw);
	c->nivcsw += BPF_CORE_READ(task, nivcsw);
	if (has_io_accounting()) {
		c->read_bytes += BPF_CORE_READ(task, ioac.read_bytes);
		c->write_bytes += BPF_CORE_READ(task, ioac.write_bytes);
	}
}

/* Changes whenever the kernel releases a thread, and is odd while it does. */
static __always_inline u32 stats_sequence(struct signal_struct *sig)
{
	if (bpf_core_field_exists(sig->stats_lock.seqcount.seqcount.sequence))
		return BPF_CORE_READ(sig, stats_lock.seqcount.seqcount.sequence);
	return 0;
}

/* One reading, which a concurrent release of a thread may have spoiled. */
static __noinline int sum_cost(struct signal_struct *sig, struct exec_cost *c)
{
	void *head = (void *)sig + bpf_core_field_offset(struct signal_struct, thread_head);
	void *at = BPF_CORE_READ(sig, thread_head.next);
	u32 i;

	if (!c)
		return COST_UNKNOWN;
	read_released(sig, c);
	for (i = 0; i < COST_THREADS; i++) {
		struct task_struct *task =
			at - bpf_core_field_offset(struct task_struct, thread_node);

		if (at == head)
			return COST_COMPLETE;
		if (!task_is_dead(task))
			return COST_NOT_YET;
		add_thread(task, c);
		at = BPF_CORE_READ(task, thread_node.next);
	}
	return COST_UNKNOWN;
}

/* The caller is in the last context switch of a thread of this process. */
static __always_inline int read_cost(struct signal_struct *sig, struct exec_cost *c)
{
	u32 i;

	for (i = 0; i < COST_READS; i++) {
		u32 before = stats_sequence(sig);
		int found = sum_cost(sig, c);

		if (!(before & 1) && before == stats_sequence(sig))
			return found;
	}
	return COST_UNKNOWN;
}

#endif /* __EXECSNOOP_COST_BPF_H__ */
