/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Backup programs: X_backup runs after X on the same hook, for the events that X missed.
 *
 * On a preemptible kernel a task can be preempted inside a program: in fentry and fexit, on
 * tracepoints of system calls since 6.13, on all tracepoints since 7.0. Until it runs again, the
 * kernel skips that program for every other task on that CPU, as it does for recursion. An event
 * is missed only if both programs are interrupted at once. User space loads backup programs on
 * such kernels only (run/tracer.hpp). Programs that run through perf (tp/, kprobe/) are not
 * preempted and need none.
 *
 * X_backup need not know whether X ran if doing its work twice changes nothing. For an exec, it
 * finds out as below.
 */
#ifndef __BACKUP_BPF_H__
#define __BACKUP_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "counters.bpf.h"
#include "config.bpf.h"
#include "task.bpf.h"

enum {
	EXECS_CLAIMED_MAX = 65536
};

/* By thread: the exec that X has claimed and X_backup has not seen yet. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, EXECS_CLAIMED_MAX);
	__type(key, u32);
	__type(value, u64);
} execs_claimed SEC(".maps");

/* In X: returns true if X has to handle this exec. If the map is full, X_backup does. */
static __always_inline bool claim_exec(void)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	u64 exec = BPF_CORE_READ(current_task(), self_exec_id);

	return !config.has_backups || !bpf_map_update_elem(&execs_claimed, &tid, &exec, BPF_ANY);
}

/* In X_backup: returns true if X has not handled this exec. */
static __always_inline bool claim_exec_backup(void)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	u64 *claimed = bpf_map_lookup_elem(&execs_claimed, &tid);

	if (claimed && *claimed == BPF_CORE_READ(current_task(), self_exec_id)) {
		bpf_map_delete_elem(&execs_claimed, &tid);
		return false;
	}
	count_event(SNOOP_BACKUP_RAN);
	return true;
}

/* Removes the entry of a thread whose X_backup was skipped. */
SEC("?raw_tp/sched_process_exit")
int BPF_PROG(cleanup_exec, struct task_struct *task)
{
	u32 tid = BPF_CORE_READ(task, pid);

	bpf_map_delete_elem(&execs_claimed, &tid);
	return 0;
}

#endif /* __BACKUP_BPF_H__ */
