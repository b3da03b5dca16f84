/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading a path out of the kernel: the walk up to the root, across mounts. */
#ifndef __PATH_BPF_H__
#define __PATH_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

enum {
	PATH_DEPTH = 96,     /* directories and mount points on the way up … */
	PATH_STRIDE = 12,    /* … so many at a time */
	PATH_NAME_MAX = 256, /* the kernel's NAME_MAX, with the NUL */
	PATH_BYTES = 4096,   /* the kernel's PATH_MAX; one name may begin before it */
	PATH_WALKERS = 5
};

/* A walk, and what it has found: components, innermost first, each with its NUL. */
struct path_walk {
	u64 dentry;
	u64 mount;
	u32 len;
	u32 pad;
	char components[PATH_BYTES + PATH_NAME_MAX];
};

/* A place for each program that may preempt another one while it walks. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PATH_WALKERS);
	__type(key, u32);
	__type(value, struct path_walk);
} path_walks SEC(".maps");

enum path_step {
	PATH_ON,
	PATH_END, /* the root of the mount namespace */
	PATH_CUT  /* no room for more */
};

/*
 * One step up. Not inlined, and global: the verifier then looks at it once, not at
 * every turn of the loop that calls it (5.6); with the walk inside the loop it came to
 * 32,000 instructions.
 */
__noinline int path_step(u32 walker)
{
	struct path_walk *w = bpf_map_lookup_elem(&path_walks, &walker);
	struct dentry *dentry, *parent;
	struct mount *mount;
	long len;
	u32 at;

	if (!w)
		return PATH_CUT;
	dentry = (struct dentry *)w->dentry;
	mount = (struct mount *)w->mount;
	parent = BPF_CORE_READ(dentry, d_parent);
	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root) || dentry == parent) {
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);

		if (above == mount)
			return PATH_END;
		w->dentry = (u64)BPF_CORE_READ(mount, mnt_mountpoint);
		w->mount = (u64)above;
		return PATH_ON;
	}
	at = w->len;
	if (at >= PATH_BYTES)
		return PATH_CUT;
	len = bpf_probe_read_kernel_str(&w->components[at], PATH_NAME_MAX,
					BPF_CORE_READ(dentry, d_name.name));
	if (len <= 0)
		return PATH_CUT;
	w->len = at + len;
	w->dentry = (u64)parent;
	return PATH_ON;
}

/* Several steps. The verifier goes through all turns of a loop, so two short ones cost it
 * a fifth of a long one. */
__noinline int path_steps(u32 walker)
{
	int i, step = PATH_ON;

	for (i = 0; i < PATH_STRIDE && step == PATH_ON; i++)
		step = path_step(walker);
	return step;
}

/*
 * Walks from a path up to the root of the mount namespace, through a chroot: the one
 * answer that means the same to every reader. Returns the walk, whose components the
 * user side turns round; *cut says that the way up was longer than it has room for.
 */
static __always_inline struct path_walk *walk_path(u32 walker, const struct path *path, bool *cut)
{
	struct path_walk *w = bpf_map_lookup_elem(&path_walks, &walker);
	int i, step = PATH_ON;

	if (!w)
		return NULL;
	w->dentry = (u64)BPF_CORE_READ(path, dentry);
	w->mount = (u64)BPF_CORE_READ(path, mnt) - bpf_core_field_offset(struct mount, mnt);
	w->len = 0;
	for (i = 0; i < PATH_DEPTH / PATH_STRIDE && step == PATH_ON; i++)
		step = path_steps(walker);
	*cut = step != PATH_END;
	return w;
}

#endif /* __PATH_BPF_H__ */
