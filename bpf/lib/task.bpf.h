/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Readers of the current task: its ids, its parent, the time. */
#ifndef __TASK_BPF_H__
#define __TASK_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/events/event.h>
#include "config.bpf.h"

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

static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

/*
 * The current task's name, with zeros behind it: kernels from 5.18 to 6.2 leave what was
 * there (until commit f3f213497797), and a key of a map is compared whole. A worker of
 * io_uring belongs to the process, and has a name of its own, "iou-wrk-42".
 */
static __always_inline void read_comm(char comm[SNOOP_COMM_LEN])
{
	struct task_struct *task = current_task(), *leader;

	__builtin_memset(comm, 0, SNOOP_COMM_LEN);
	if (BPF_CORE_READ(task, flags) & PF_IO_WORKER) {
		leader = BPF_CORE_READ(task, group_leader);
		bpf_core_read_str(comm, SNOOP_COMM_LEN, &leader->comm);
		return;
	}
	bpf_get_current_comm(comm, SNOOP_COMM_LEN);
}

/* The process's id as its own, innermost pid namespace numbers it. */
static __always_inline u32 ns_pid(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]);
	u32 level = BPF_CORE_READ(pid, level);
	struct upid upid = {};

	/* numbers[] is as long as namespaces are nested; its element's size is
	 * the kernel's, not ours. */
	bpf_core_read(&upid.nr, sizeof(upid.nr),
		      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
			      level * bpf_core_type_size(struct upid));
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

/* Fills every byte of t for the current task. */
static __always_inline void fill_task(struct snoop_task *t)
{
	struct task_struct *task = current_task();
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);
	u64 pid_tgid = bpf_get_current_pid_tgid();
	u64 uid_gid = bpf_get_current_uid_gid();

	t->cgroup_id = bpf_get_current_cgroup_id();
	t->pid = pid_tgid >> 32;
	t->tid = (u32)pid_tgid;
	t->uid = (u32)uid_gid;
	t->gid = uid_gid >> 32;
	t->ppid = BPF_CORE_READ(parent, tgid);
	t->ns_pid = ns_pid(task);
	read_comm(t->comm);
	__builtin_memset(t->pcomm, 0, sizeof(t->pcomm));
	bpf_core_read_str(t->pcomm, sizeof(t->pcomm), &parent->comm);
}

#endif /* __TASK_BPF_H__ */
