/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ids of a task as the tool's pid namespace numbers them, in which the options are, too.
 *     u32 pid = task_pid(task, has_typed_task());
 */
#ifndef __PID_BPF_H__
#define __PID_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "config.bpf.h"
#include "read.bpf.h"

/* include/linux/pid_namespace.h */
enum {
	MAX_PID_NS_LEVEL = 32
};

/* Returns the number of a pid at a level: numbers[] has one element per nested namespace, of the
 * kernel's size, not of the one in vmlinux.h. */
static __always_inline void *numbers_at(struct pid *pid, u32 level)
{
	return (void *)pid + bpf_core_field_offset(struct pid, numbers) +
	       level * bpf_core_type_size(struct upid);
}

/* Returns what the tool's pid namespace calls a pid; 0 if the pid is not in it. A function of its
 * own, since it needs stack. */
static __noinline u32 pid_in_own_ns(struct pid *pid)
{
	u32 level = BPF_CORE_READ(pid, level), i;

	for (i = 0; i <= MAX_PID_NS_LEVEL; i++) {
		struct pid_namespace *ns = NULL;
		void *at;
		u32 nr = 0;

		if (i > level)
			return 0;
		at = numbers_at(pid, level - i);
		bpf_core_read(&ns, sizeof(ns), at + bpf_core_field_offset(struct upid, ns));
		if (BPF_CORE_READ(ns, ns.inum) != config.pid_ns)
			continue;
		bpf_core_read(&nr, sizeof(nr), at + bpf_core_field_offset(struct upid, nr));
		return nr;
	}
	return 0;
}

/* Returns the process id as the tool's pid namespace numbers it, in which the options are, too.
 * bpf_get_ns_current_pid_tgid() has no answer for tasks in namespaces below the tool's. */
static __always_inline u32 task_pid(struct task_struct *task, const bool typed)
{
	if (config.pid_ns)
		return pid_in_own_ns(BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]));
	return READ(typed, task, tgid);
}

/* Likewise the thread's. */
static __always_inline u32 task_tid(struct task_struct *task, const bool typed)
{
	if (config.pid_ns)
		return pid_in_own_ns(BPF_CORE_READ(task, thread_pid));
	return READ(typed, task, pid);
}

/* Returns the process's id in its own, innermost pid namespace. */
static __always_inline u32 task_ns_pid(struct task_struct *task, const bool typed)
{
	u32 level = READ(typed, task, thread_pid, level);
	struct upid upid = {};
	struct pid *pid;

	if (!level)
		return TASK_READ(task, tgid);
	pid = BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]);
	bpf_core_read(&upid.nr, sizeof(upid.nr), numbers_at(pid, level));
	return upid.nr;
}

#endif /* __PID_BPF_H__ */
