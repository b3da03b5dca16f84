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
#include "lineage.bpf.h"
#include "pid.bpf.h"
#include "read.bpf.h"

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

static __always_inline void fill_record(struct snoop_record *rec, u16 kind, u64 ts_ns, u32 tid)
{
	rec->size = 0;
	rec->kind = kind;
	rec->flags = 0;
	rec->ts_ns = ts_ns;
	rec->tid = tid;
	rec->cpu = bpf_get_smp_processor_id();
}

/* Fills in who logged in, which the kernel keeps through su and sudo (CONFIG_AUDIT). */
static __always_inline void fill_login(struct snoop_task *t, struct task_struct *task,
				       const bool typed)
{
	t->auid = SNOOP_NO_ID;
	t->session = SNOOP_NO_ID;
	if (bpf_core_field_exists(task->loginuid)) {
		t->auid = READ(typed, task, loginuid.val);
		t->session = READ(typed, task, sessionid);
	}
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
	if (config.want_lineage)
		fill_exec_ids(t, task);
	if (config.whole_task) {
		t->gid = uid_gid >> 32;
		t->cgroup_id = task_cgroup_id(task, typed);
		remember_cgroup(t->cgroup_id);
		fill_login(t, task, typed);
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
