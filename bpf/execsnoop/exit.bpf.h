/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --exit: reports how a process that has exec'd ended. Its row waits for the EXEC_EXIT record, so
 * if the ring is full, the record is spilled to a map, from which user space takes it.
 */
#ifndef __EXECSNOOP_EXIT_BPF_H__
#define __EXECSNOOP_EXIT_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/execsnoop.h>
#include "lib/counters.bpf.h"
#include "lib/descendants.bpf.h"
#include "lib/emit.bpf.h"
#include "lib/errno.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/task.bpf.h"

enum {
	RUNNING_ENTRIES = 65536,
	SPILLED_ENTRIES = 16384,
	SIGNAL_GROUP_EXIT = 0x4 /* include/linux/sched/signal.h */
};

const volatile __u8 want_exit = 0;

/* Processes whose exit is to be reported. */
SNOOP_SET(running, u32, RUNNING_ENTRIES);

/* Exit records that did not fit into the ring, by process. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SPILLED_ENTRIES);
	__type(key, u32);
	__type(value, struct exec_exit);
} spilled SEC(".maps");

/* Asks on_exit to report the exit of this process, and sets the record's flags by whether it
 * will. Returns true if it was not asked before. */
static __always_inline bool follow_to_exit(struct exec_event *e)
{
	u32 pid = e->task.pid;
	u8 in = 1;
	int err; /* not long: before 6.4 the upper half of the result is undefined */

	/* A process outside the tool's pid namespace has no id there. */
	if (!want_exit || !pid)
		return false;
	err = bpf_map_update_elem(&running, &pid, &in, BPF_NOEXIST);
	if (err && err != -EEXIST)
		e->rec.flags |= SNOOP_FLAG_TRUNCATED;
	else
		e->rec.flags |= EXEC_FLAG_EXIT_FOLLOWS;
	return !err;
}

/* Whoever deletes the process from the map sends the record, so on_exit and on_exit_backup do
 * not both send it. */
static __always_inline int process_ended(void *ctx, struct task_struct *task)
{
	u32 pid = task_pid(task, false);
	struct exec_exit e;

	if (!process_ends(task) || bpf_map_delete_elem(&running, &pid))
		return 0;
	fill_record(&e.rec, EXEC_EXIT, now_ns(), BPF_CORE_READ(task, pid));
	e.rec.size = sizeof(e);
	e.pid = pid;
	e.status = BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT ?
			   BPF_CORE_READ(task, signal, group_exit_code) :
			   BPF_CORE_READ(task, group_leader, exit_code);
	if (!emit(ctx, &e, sizeof(e)))
		return 0;
	if (bpf_map_update_elem(&spilled, &pid, &e, BPF_ANY)) {
		count_event(SNOOP_TRUNCATED);
		return 0;
	}
	__sync_fetch_and_add(&wake.spilled, 1);
	/* The consumer may have found the ring and the map empty and gone to sleep. */
	wake_sleeping_consumer(ctx);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	return process_ended(ctx, task);
}

SEC("?raw_tp/sched_process_exit")
int BPF_PROG(on_exit_backup, struct task_struct *task)
{
	return process_ended(ctx, task);
}

#endif /* __EXECSNOOP_EXIT_BPF_H__ */
