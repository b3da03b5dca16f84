/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the path of a file by walking up to the root, across mounts. */
#ifndef __PATH_BPF_H__
#define __PATH_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "path_step.bpf.h"

enum {
	PATH_WALKERS = 5
};

/* One walk for each program that may preempt another one while it walks. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PATH_WALKERS);
	__type(key, u32);
	__type(value, struct path_walk);
} path_walks SEC(".maps");

__noinline int path_step(u32 walker)
{
	struct path_walk *w = bpf_map_lookup_elem(&path_walks, &walker);

	return w ? path_step_of(w) : PATH_CUT;
}

__noinline int path_steps(u32 walker)
{
	int i, step = PATH_ON;

	for (i = 0; i < PATH_STRIDE && step == PATH_ON; i++)
		step = path_step(walker);
	return step;
}

/*
 * Walks from a path up to the root of the mount namespace, beyond a chroot, so that the path is
 * valid outside of it. Returns the walk, whose components user space reverses; *cut is
 * set if the path is longer than the walk can hold.
 */
static __always_inline struct path_walk *walk_path(u32 walker, const struct path *path, bool *cut)
{
	struct path_walk *w = bpf_map_lookup_elem(&path_walks, &walker);
	int i, step = PATH_ON;

	if (!w)
		return NULL;
	begin_path(w, path);
	for (i = 0; i < PATH_DEPTH / PATH_STRIDE && step == PATH_ON; i++)
		step = path_steps(walker);
	*cut = step != PATH_END;
	return w;
}

#endif /* __PATH_BPF_H__ */
