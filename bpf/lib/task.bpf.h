/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads a task's IDs, names and parent, and the time.
 *     fill_task(&e->task, current_task(), has_typed_task());
 */
#ifndef __TASK_BPF_H__
#define __TASK_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/record.h>
#include "cgroup.bpf.h"
#include "config.bpf.h"
#include "read.bpf.h"

/* include/linux/pid_namespace.h */
enum {
	MAX_PID_NS_LEVEL = 32
};

/* include/linux/sched.h */
enum {
	PF_IO_WORKER = 0x10,
	PF_KTHREAD = 0x200000
};

static __always_inline u64 now_ns(void)
{
	/* bpf_ktime_get_boot_ns came with 5.8, commit 71d19214776e. */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_ktime_get_boot_ns) &&
	    config.boot_clock)
		return bpf_ktime_get_boot_ns();
	return bpf_ktime_get_ns();
}

/* Returns eight bytes of a string with zeros from its NUL on. The lowest bit set in `ends` is in
 * the first NUL. */
static __always_inline u64 up_to_nul(u64 bytes)
{
	u64 ends = (bytes - 0x0101010101010101) & ~bytes & 0x8080808080808080;

	return bytes & ((ends & -ends) - 1);
}

/* Copies a task's comm, padded with zeros, since map keys are compared whole. In the task, the
 * rest of an earlier, longer comm may follow the NUL (before 5.17). typed: see lib/read.bpf.h. */
static __always_inline void task_comm(char to[SNOOP_COMM_LEN], struct task_struct *task,
				      const bool typed)
{
	u64 *words = (u64 *)to;

	if (typed) {
		words[0] = up_to_nul(((u64 *)task->comm)[0]);
		words[1] = words[0] >> 56 ? up_to_nul(((u64 *)task->comm)[1]) : 0;
	} else {
		words[0] = words[1] = 0;
		bpf_core_read_str(to, SNOOP_COMM_LEN, &task->comm);
	}
}

/* True if the current thread is the first of its process, whose name is the process's. */
static __always_inline bool is_leader(void)
{
	u64 id = bpf_get_current_pid_tgid();

	return (u32)id == id >> 32;
}

/* Copies the name of a task's process: the comm of its first thread. It is read with a helper: the
 * verifier trusts this pointer and the task's differently, and the compiler must not merge their
 * loads. */
static __always_inline void process_comm(char to[SNOOP_COMM_LEN], struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	__builtin_memset(to, 0, SNOOP_COMM_LEN);
	bpf_core_read_str(to, SNOOP_COMM_LEN, &leader->comm);
}

/* Returns the current task's ids as bpf_get_current_uid_gid does: the gid in the upper half. */
static __always_inline u64 task_uid_gid(struct task_struct *task, const bool typed)
{
	const struct cred *cred;

	if (!typed)
		return bpf_get_current_uid_gid();
	cred = task->cred;
	return cred ? (u64)cred->gid.val << 32 | cred->uid.val : 0;
}

static __always_inline u64 task_cgroup_id(struct task_struct *task, const bool typed)
{
	if (!typed)
		return bpf_get_current_cgroup_id();
	return task->cgroups->dfl_cgrp->kn->id;
}

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

static __always_inline void fill_record(struct snoop_record *rec, u16 kind, u64 ts_ns, u32 tid)
{
	rec->size = 0;
	rec->kind = kind;
	rec->flags = 0;
	rec->ts_ns = ts_ns;
	rec->tid = tid;
	rec->cpu = bpf_get_smp_processor_id();
}

/* Fills every byte of t for the current task, which is `task`, with zeros in fields that are not
 * asked for. typed: see lib/read.bpf.h. */
static __always_inline void fill_task(struct snoop_task *t, struct task_struct *task,
				      const bool typed)
{
	struct task_struct *parent = READ(typed, task, real_parent);
	u64 uid_gid = task_uid_gid(task, typed);

	t->pid = task_pid(task, has_typed_task());
	t->tid = task_tid(task, has_typed_task());
	t->ppid = task_pid(parent, typed);
	t->uid = (u32)uid_gid;
	task_comm(t->comm, task, has_typed_task());
	t->exec_id = 0;
	t->parent_exec_id = 0;
	t->auid = 0;
	t->session = 0;
	if (config.whole_task) {
		t->gid = uid_gid >> 32;
		t->cgroup_id = task_cgroup_id(task, typed);
		remember_cgroup(t->cgroup_id);
		t->ns_pid = task_ns_pid(task, typed);
		task_comm(t->pcomm, parent, typed);
		if (is_leader())
			__builtin_memcpy(t->process, t->comm, sizeof(t->process));
		else
			process_comm(t->process, task);
	} else {
		t->gid = 0;
		t->cgroup_id = 0;
		t->ns_pid = 0;
		__builtin_memset(t->pcomm, 0, sizeof(t->pcomm));
		__builtin_memset(t->process, 0, sizeof(t->process));
	}
}

/* Names a thread that the kernel adds to a process for io_uring after that process. It is a worker
 * ("iou-wrk-42") or, with IORING_SETUP_SQPOLL, submits the requests ("iou-sqp-42"). */
static __always_inline void name_uring_thread(struct snoop_task *t, struct task_struct *task)
{
	if (TASK_READ(task, flags) & PF_IO_WORKER)
		process_comm(t->comm, task);
}

#endif /* __TASK_BPF_H__ */
