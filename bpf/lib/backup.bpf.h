/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Programs that have a second one, X_backup for X, on the same hook.
 *
 * On a kernel that preempts, a task can lose its processor inside a program: at fentry
 * and fexit, on tracepoints of system calls since 6.13, on all of them since 7.0. Until it
 * is back, the kernel skips that program for every other task there, as if it had called
 * itself. So X_backup follows, and does what X was not run for; the kernel has to be in both
 * at once to miss an event. The user side loads it on such kernels only (trace.hpp).
 * Programs that come by way of perf (tp/, kprobe/) are not preempted and need none.
 *
 * X_backup need not ask whether X ran if to do it twice is to do it once. For an exec, here
 * is how it asks.
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

/* By thread: the exec that X has taken and X_backup has not come to yet. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, EXECS_CLAIMED_MAX);
	__type(key, u32);
	__type(value, u64);
} execs_claimed SEC(".maps");

/* In X: is this exec X's to look at? If the map is full, it is X_backup's. */
static __always_inline bool claim_exec(void)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	u64 exec = BPF_CORE_READ(current_task(), self_exec_id);

	return !config.has_backups || !bpf_map_update_elem(&execs_claimed, &tid, &exec, BPF_ANY);
}

/* In X_backup: has X left it? */
static __always_inline bool claim_exec_backup(void)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	u64 *taken = bpf_map_lookup_elem(&execs_claimed, &tid);

	if (taken && *taken == BPF_CORE_READ(current_task(), self_exec_id)) {
		bpf_map_delete_elem(&execs_claimed, &tid);
		return false;
	}
	count_event(SNOOP_BACKUP_RAN);
	return true;
}

/* X_backup may itself be skipped; then nobody asks any more. */
SEC("?raw_tp/sched_process_exit")
int BPF_PROG(cleanup_exec, struct task_struct *task)
{
	u32 tid = BPF_CORE_READ(task, pid);

	bpf_map_delete_elem(&execs_claimed, &tid);
	return 0;
}

#endif /* __BACKUP_BPF_H__ */
