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
SNOOP_SET(ppid_filter, u32, FILTER_ENTRIES);
SNOOP_SET(comm_filter, struct filter_name, FILTER_ENTRIES);
SNOOP_SET(descendants, u32, DESCENDANTS_ENTRIES); /* processes of `-- CMD`, see descendants.bpf.h */

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, FILTER_CGROUPS);
	__type(key, u32);
	__type(value, u32);
} cgroup_filter SEC(".maps");

static __always_inline bool in_filter_cgroup(void)
{
	u32 i;

	for (i = 0; i < FILTER_CGROUPS; i++) {
		if (i >= config.filter_cgroups)
			return false;
		if (bpf_current_task_under_cgroup(&cgroup_filter, i) == 1)
			return true;
	}
	return false;
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

/* Returns true if the current task, which is `task`, passes all filters that are set, save that by
 * cgroup, whose map sleepable programs cannot use. */
static __always_inline bool task_passes_sets(struct task_struct *task)
{
	if (config.filter_descendants || config.filter_pid) {
		u32 pid = task_pid(task, has_typed_task());

		if (config.filter_descendants && !bpf_map_lookup_elem(&descendants, &pid))
			return false;
		if (config.filter_pid && !bpf_map_lookup_elem(&pid_filter, &pid))
			return false;
	}
	if (config.filter_uid) {
		u32 uid = (u32)task_uid_gid(task, has_typed_task());

		if (!bpf_map_lookup_elem(&uid_filter, &uid))
			return false;
	}
	if (config.filter_comm && !has_name_of(&comm_filter, task))
		return false;
	if (config.filter_ppid) {
		u32 ppid = config.pid_ns ? task_pid(BPF_CORE_READ(task, real_parent), false) :
					   TASK_READ(task, real_parent, tgid);

		if (!bpf_map_lookup_elem(&ppid_filter, &ppid))
			return false;
	}
	return true;
}

/* Returns true if the current task, which is `task`, passes all filters that are set. */
static __always_inline bool task_passes(struct task_struct *task)
{
	return task_passes_sets(task) && (!config.filter_cgroups || in_filter_cgroup());
}

static __always_inline bool passes_filters(void)
{
	return task_passes(current_task());
}

#endif /* __FILTER_BPF_H__ */
