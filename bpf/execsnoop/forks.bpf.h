/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --tree: follows the processes that a followed process forks, so that the exit of those that do
 * not call exec, as of ( ... ) in a shell, is reported too, as part of the program that they run.
 */
#ifndef __EXECSNOOP_FORKS_BPF_H__
#define __EXECSNOOP_FORKS_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/execsnoop.h>
#include "execsnoop/killer.bpf.h"
#include "lib/counters.bpf.h"
#include "lib/task.bpf.h"

const volatile __u8 want_forks = 0;

static __always_inline int follow_child(struct task_struct *parent, struct task_struct *child)
{
	u32 from = task_pid(parent, false), pid = task_pid(child, false);
	struct followed in = {.is_fork = 1}, *f;

	if (from == pid || !pid)
		return 0;
	f = bpf_map_lookup_elem(&running, &from);
	if (!f)
		return 0;
	in.exec_id = f->exec_id;
	/* An older entry is that of a process whose exit was missed. */
	if (bpf_map_update_elem(&running, &pid, &in, BPF_ANY))
		count_event(SNOOP_TRUNCATED);
	return 0;
}

/* The process has executed a program that the filters exclude: the program that forked it does not
 * pay for that. */
static __always_inline void stop_following_fork(struct task_struct *task)
{
	struct followed *f;
	u32 pid;

	if (!want_forks)
		return;
	pid = task_pid(task, false);
	f = bpf_map_lookup_elem(&running, &pid);
	if (f && f->is_fork)
		bpf_map_delete_elem(&running, &pid);
}

SEC("?raw_tp/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	return follow_child(parent, child);
}

SEC("?raw_tp/sched_process_fork")
int BPF_PROG(on_fork_backup, struct task_struct *parent, struct task_struct *child)
{
	return follow_child(parent, child);
}

#endif /* __EXECSNOOP_FORKS_BPF_H__ */
