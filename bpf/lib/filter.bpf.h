/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The task filters that every event tool has. Each is a map, so that `bpftool map update` can
 * edit it while the tool runs. rodata says which are in use, and the verifier removes the code of
 * the others.
 */
#ifndef __FILTER_BPF_H__
#define __FILTER_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/record.h>
#include "cgroup_verdict.bpf.h"
#include "config.bpf.h"
#include "task.bpf.h"

enum {
	FILTER_ENTRIES = 1024,
	FILTER_CGROUPS = 16,
	DESCENDANTS_ENTRIES = 65536
};

#define SNOOP_SET(name, key_type, entries)                                                         \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_HASH);                                                   \
		__uint(map_flags, BPF_F_NO_PREALLOC);                                              \
		__uint(max_entries, entries);                                                      \
		__type(key, key_type);                                                             \
		__type(value, u8);                                                                 \
	} name SEC(".maps")

struct filter_name {
	char comm[SNOOP_COMM_LEN];
} __attribute__((aligned(8)));

SNOOP_SET(uid_filter, u32, FILTER_ENTRIES);
SNOOP_SET(pid_filter, u32, FILTER_ENTRIES);
SNOOP_SET(tid_filter, u32, FILTER_ENTRIES);
SNOOP_SET(ppid_filter, u32, FILTER_ENTRIES);
SNOOP_SET(comm_filter, struct filter_name, FILTER_ENTRIES);
SNOOP_SET(descendants, u32, DESCENDANTS_ENTRIES); /* processes of `-- CMD`, see descendants.bpf.h */

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, FILTER_CGROUPS);
	__type(key, u32);
	__type(value, u32);
} cgroup_filter SEC(".maps");

/* Returns what a set says of a key: SNOOP_FILTER_*, or 0 if the key is not in it. */
static __always_inline u8 value_in(void *set, const void *key)
{
	const u8 *value = bpf_map_lookup_elem(set, key);

	return value ? *value : 0;
}

/* Returns true if a key passes a filter. use: of the filter, from config. */
static __always_inline bool passes_set(void *set, const void *key, u8 use)
{
	u8 value = value_in(set, key);

	return use & SNOOP_FILTER_ONLY ? value == SNOOP_FILTER_ONLY : value != SNOOP_FILTER_NOT;
}

/* Returns true if the current task is in one of `count` cgroups of cgroup_filter, or below it. */
static __always_inline bool in_cgroups(u32 first, u32 count)
{
	u32 i;

	for (i = 0; i < FILTER_CGROUPS; i++) {
		if (i >= count)
			return false;
		if (bpf_current_task_under_cgroup(&cgroup_filter, first + i) == 1)
			return true;
	}
	return false;
}

static __always_inline bool passes_cgroups(void)
{
	if (config.filter_cgroups && !in_cgroups(0, config.filter_cgroups))
		return false;
	return !config.filter_not_cgroups ||
	       !in_cgroups(config.filter_cgroups, config.filter_not_cgroups);
}

/* Returns true if a set has the name of the current thread, which is `task`, or of its process. */
static __always_inline bool has_name_of(void *names, struct task_struct *task)
{
	struct filter_name name;

	task_comm(name.comm, task, has_typed_task());
	if (bpf_map_lookup_elem(names, &name))
		return true;
	if (is_leader())
		return false;
	process_comm(name.comm, task);
	return bpf_map_lookup_elem(names, &name);
}

/* Returns true if the names of the current thread and its process pass comm_filter. */
static __always_inline bool passes_names(struct task_struct *task)
{
	bool has_not = config.filter_comm & SNOOP_FILTER_NOT;
	struct filter_name name;
	u8 thread, process;

	task_comm(name.comm, task, has_typed_task());
	thread = value_in(&comm_filter, &name);
	process = thread;
	if (!is_leader() && (has_not || thread != SNOOP_FILTER_ONLY)) {
		process_comm(name.comm, task);
		process = value_in(&comm_filter, &name);
	}
	if (has_not && (thread == SNOOP_FILTER_NOT || process == SNOOP_FILTER_NOT))
		return false;
	return !(config.filter_comm & SNOOP_FILTER_ONLY) || thread == SNOOP_FILTER_ONLY ||
	       process == SNOOP_FILTER_ONLY;
}

/* Returns true if the current task, which is `task`, passes all filters that are set, save those by
 * cgroup, whose map sleepable programs cannot use, and by ancestor. */
static __always_inline bool task_passes_sets(struct task_struct *task)
{
	if (config.filter_descendants || config.filter_pid) {
		u32 pid = task_pid(task, has_typed_task());

		if (config.filter_descendants && !bpf_map_lookup_elem(&descendants, &pid))
			return false;
		if (config.filter_pid && !passes_set(&pid_filter, &pid, config.filter_pid))
			return false;
	}
	if (config.filter_tid) {
		u32 tid = task_tid(task, has_typed_task());

		if (!passes_set(&tid_filter, &tid, config.filter_tid))
			return false;
	}
	if (config.filter_uid) {
		u32 uid = (u32)task_uid_gid(task, has_typed_task());

		if (!passes_set(&uid_filter, &uid, config.filter_uid))
			return false;
	}
	if (config.filter_comm && !passes_names(task))
		return false;
	if (config.filter_ppid) {
		u32 ppid = config.pid_ns ? task_pid(BPF_CORE_READ(task, real_parent), false) :
					   TASK_READ(task, real_parent, tgid);

		if (!passes_set(&ppid_filter, &ppid, config.filter_ppid))
			return false;
	}
	return !config.filter_places || cgroup_may_pass(task);
}

/* Returns true if the current task, which is `task`, passes all filters that are set. */
static __always_inline bool task_passes(struct task_struct *task)
{
	if (!config.has_filters)
		return true;
	return task_passes_sets(task) && passes_cgroups() &&
	       (!config.filter_under || passes_under(lineage_of(task)));
}

static __always_inline bool passes_filters(void)
{
	return task_passes(current_task());
}

#endif /* __FILTER_BPF_H__ */
