/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keeps the names of the cgroups (v2) that tasks are in, once for each id, since a cgroup may be
 * gone when user space looks for it (src/libbpf/cgroup_names.hpp).
 *     remember_cgroup(id);
 */
#ifndef __CGROUP_BPF_H__
#define __CGROUP_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/record.h>
#include "config.bpf.h"
#include "read.bpf.h"

enum {
	CGROUP_LEVELS = 32,   /* most cgroups on the way up */
	CGROUP_NAME_MAX = 256 /* the kernel's NAME_MAX, with the NUL */
};

/* A walk from a cgroup up to the root. It is too large for the stack, and a per-CPU buffer would be
 * shared with a program that preempts this one, so it is kept by thread. */
struct cgroup_walk {
	u64 node;
	struct snoop_cgroup found;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct cgroup_walk);
} no_cgroup_walk SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct cgroup_walk);
} cgroup_walks SEC(".maps");

/* User space sets max_entries. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct snoop_cgroup);
} cgroup_names SEC(".maps");

__u64 cgroups_named = 0; /* how often a name was added, for user space */

static __always_inline struct kernfs_node *parent_of(struct kernfs_node *node)
{
	struct kernfs_node___rcu *newer = (void *)node; /* 6.15, commit 633488947ef6 */

	return bpf_core_field_exists(newer->__parent) ? BPF_CORE_READ(newer, __parent) :
							BPF_CORE_READ(node, parent);
}

/* One step up; returns true while there is another. A global function, which the verifier checks
 * once, not in every iteration of the loop (see path_step.bpf.h). */
__noinline int cgroup_step(u32 tid)
{
	struct kernfs_node *node, *parent;
	struct cgroup_walk *w;
	const char *name;
	long len;
	u64 at;

	if (!config.want_cgroups)
		return 0;
	w = bpf_map_lookup_elem(&cgroup_walks, &tid);
	if (!w)
		return 0;
	node = (struct kernfs_node *)w->node;
	parent = parent_of(node);
	if (!parent || BPF_CORE_READ(node, id) == config.cgroup_root) {
		w->found.is_cut = 0;
		w->found.is_outside = !parent && config.cgroup_root &&
				      BPF_CORE_READ(node, id) != config.cgroup_root;
		return 0;
	}
	name = BPF_CORE_READ(node, name);
	/* No call may come between check and use, or the verifier forgets the bound (5.10). */
	at = w->found.len;
	if (at >= SNOOP_CGROUP_BYTES)
		return 0;
	len = bpf_probe_read_kernel_str(&w->found.names[at], CGROUP_NAME_MAX, name);
	if (len <= 0)
		return 0;
	w->found.len = at + len;
	w->node = (u64)parent;
	return 1;
}

/* Its own function, so that its variables do not take stack from the caller. The names are added
 * to the map when all are known: another CPU must not see some of them. */
static __noinline int learn_cgroup(u64 id)
{
	u32 tid = (u32)bpf_get_current_pid_tgid(), zero = 0;
	struct cgroup_walk *w = bpf_map_lookup_elem(&no_cgroup_walk, &zero);
	int i;

	if (!w || bpf_map_update_elem(&cgroup_walks, &tid, w, BPF_ANY))
		return 0;
	w = bpf_map_lookup_elem(&cgroup_walks, &tid);
	if (!w)
		return 0;
	w->node = (u64)BPF_CORE_READ(current_task(), cgroups, dfl_cgrp, kn);
	w->found.is_cut = 1; /* until the walk reaches the root */
	for (i = 0; i < CGROUP_LEVELS && cgroup_step(tid); i++)
		;
	if (!bpf_map_update_elem(&cgroup_names, &id, &w->found, BPF_ANY))
		__sync_fetch_and_add(&cgroups_named, 1);
	bpf_map_delete_elem(&cgroup_walks, &tid);
	return 0;
}

/* Keeps the names of the current task's cgroup, whose id this is, and of its parents. */
static __always_inline void remember_cgroup(u64 id)
{
	if (config.want_cgroups && !bpf_map_lookup_elem(&cgroup_names, &id))
		learn_cgroup(id);
}

#endif /* __CGROUP_BPF_H__ */
