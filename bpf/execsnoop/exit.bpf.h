/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --exit: reports how a process that has exec'd ended, and what it cost. on_exit knows the status;
 * the cost is final at the last context switch, when on_switch sends the EXEC_EXIT record. The row
 * of the process waits for it, so if the ring is full, the record is spilled to a map, from which
 * user space takes it.
 */
#ifndef __EXECSNOOP_EXIT_BPF_H__
#define __EXECSNOOP_EXIT_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/execsnoop.h>
#include "execsnoop/cost.bpf.h"
#include "execsnoop/killer.bpf.h"
#include "lib/counters.bpf.h"
#include "lib/descendants.bpf.h"
#include "lib/emit.bpf.h"
#include "lib/errno.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/task.bpf.h"

enum {
	ENDINGS_ENTRIES = 4096,
	SPILLED_ENTRIES = 16384
};

const volatile __u8 want_exit = 0;

/* Exit records of processes that have not made their last context switch, by signal_struct.
 * Preallocated: on_switch runs with the lock of a run queue held, and must not free memory. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENDINGS_ENTRIES);
	__type(key, u64);
	__type(value, struct exec_exit);
} endings SEC(".maps");

/* Exit records that did not fit into the ring, by process. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SPILLED_ENTRIES);
	__type(key, u32);
	__type(value, struct exec_exit);
} spilled SEC(".maps");

/* Asks on_exit to report the exit of this process, and sets the record's flags by whether it
 * will. Returns true if it was not asked before for a program of its own. */
static __always_inline bool follow_to_exit(struct exec_event *e)
{
	struct followed in = {.exec_id = e->task.exec_id}, *f;
	u32 pid = e->task.pid;
	bool was_fork = false;
	int err; /* not long: before 6.4 the upper half of the result is undefined */

	/* A process outside the tool's pid namespace has no id there. */
	if (!want_exit || !pid)
		return false;
	err = bpf_map_update_elem(&running, &pid, &in, BPF_NOEXIST);
	f = err == -EEXIST ? bpf_map_lookup_elem(&running, &pid) : NULL;
	if (f) {
		was_fork = f->is_fork;
		f->is_fork = 0;
		f->exec_id = in.exec_id;
	}
	if (err && err != -EEXIST)
		e->rec.flags |= SNOOP_FLAG_TRUNCATED;
	else
		e->rec.flags |= EXEC_FLAG_EXIT_FOLLOWS;
	return !err || was_fork;
}

static __always_inline int send_exit(void *ctx, struct exec_exit *e)
{
	u32 pid = e->pid;

	if (!emit(ctx, e, sizeof(*e)))
		return 0;
	if (bpf_map_update_elem(&spilled, &pid, e, BPF_ANY)) {
		count_event(SNOOP_TRUNCATED);
		return 0;
	}
	__sync_fetch_and_add(&wake.spilled, 1);
	/* The consumer may have found the ring and the map empty and gone to sleep. */
	wake_sleeping_consumer(ctx);
	return 0;
}

static __always_inline int exit_status(struct task_struct *task)
{
	return BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT ?
		       BPF_CORE_READ(task, signal, group_exit_code) :
		       BPF_CORE_READ(task, group_leader, exit_code);
}

static __always_inline void fill_killer(struct exec_exit *e, const struct followed *f,
					struct signal_struct *sig)
{
	u32 killed_by = e->status & 0x7f;

	if (!killed_by)
		return;
	if (f->sig == killed_by) {
		e->rec.flags |= EXIT_FLAG_KILLED_BY;
		e->killer_pid = f->killer_pid;
		__builtin_memcpy(e->killer_comm, f->killer_comm, sizeof(e->killer_comm));
	}
	if (killed_by == SIG_KILL && BPF_CORE_READ(sig, oom_mm))
		e->rec.flags |= EXIT_FLAG_OOM;
}

/* Whoever deletes the process from `running` reports it, so on_exit and on_exit_backup do not
 * both report it. */
static __always_inline int process_ended(void *ctx, struct task_struct *task)
{
	struct signal_struct *sig = BPF_CORE_READ(task, signal);
	u32 pid = task_pid(task, false);
	u64 key = (u64)sig;
	struct followed *f;
	struct exec_exit e = {};

	if (!process_ends(task))
		return 0;
	f = bpf_map_lookup_elem(&running, &pid);
	if (!f)
		return 0;
	fill_record(&e.rec, EXEC_EXIT, now_ns(), BPF_CORE_READ(task, pid));
	e.rec.size = sizeof(e);
	e.pid = pid;
	e.exec_id = f->exec_id;
	if (f->is_fork)
		e.rec.flags |= EXIT_FLAG_FORKED;
	e.status = exit_status(task);
	fill_killer(&e, f, sig);
	if (bpf_map_delete_elem(&running, &pid))
		return 0;
	if (!bpf_map_update_elem(&endings, &key, &e, BPF_ANY))
		return 0;
	count_event(SNOOP_TRUNCATED);
	return send_exit(ctx, &e);
}

/* Whoever deletes the process from `endings` sends the record, since two threads may make their
 * last context switches at once. */
static __always_inline int thread_ended(void *ctx, struct task_struct *task)
{
	struct signal_struct *sig = BPF_CORE_READ(task, signal);
	struct exec_exit *ending, e;
	u64 key = (u64)sig;
	int found;

	ending = bpf_map_lookup_elem(&endings, &key);
	if (!ending || !task_is_dead(task))
		return 0;
	e = *ending;
	found = read_cost(sig, &e.cost);
	if (found == COST_NOT_YET || bpf_map_delete_elem(&endings, &key))
		return 0;
	/* A process that ended before on_switch was attached has left an entry. */
	if (found == COST_COMPLETE && e.pid == task_pid(task, false))
		e.rec.flags |= EXIT_FLAG_HAS_COST | (has_io_accounting() ? EXIT_FLAG_HAS_IO : 0);
	return send_exit(ctx, &e);
}

SEC("?raw_tp/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	return process_ended(ctx, task);
}

SEC("?raw_tp/sched_process_exit")
int BPF_PROG(on_exit_backup, struct task_struct *task)
{
	return process_ended(ctx, task);
}

/* Runs at every context switch, with interrupts disabled, and so is never skipped. */
SEC("?raw_tp/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev)
{
	return BPF_CORE_READ(prev, exit_state) ? thread_ended(ctx, prev) : 0;
}

#endif /* __EXECSNOOP_EXIT_BPF_H__ */
