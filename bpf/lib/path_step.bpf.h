/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One step from a file up to the root, across mounts. The caller keeps the state in a map and
 * calls path_step_of() from a global function, which the verifier checks once, not in every
 * iteration of the surrounding loop (5.6): with the step inside the loop it followed 32,000
 * instructions. A second global function takes PATH_STRIDE steps: two short loops cost the
 * verifier a fifth of one long loop. See path.bpf.h.
 */
#ifndef __PATH_STEP_BPF_H__
#define __PATH_STEP_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

enum {
	PATH_DEPTH = 96,     /* most directories and mount points on the way up */
	PATH_STRIDE = 12,    /* steps of the inner loop */
	PATH_NAME_MAX = 256, /* the kernel's NAME_MAX, with the NUL */
	PATH_BYTES = 4096    /* the kernel's PATH_MAX; the last name may exceed it */
};

/* A walk and the components that it has found, innermost first, each with its NUL. */
struct path_walk {
	u64 dentry;
	u64 mount;
	u32 len;
	u32 deleted; /* 1: the name is no longer in its directory */
	char components[PATH_BYTES + PATH_NAME_MAX];
};

enum path_step {
	PATH_ON,
	PATH_END, /* the root of the mounts, or of the file system if the mount's root is not above
		   */
	PATH_CUT  /* no room for more */
};

static __always_inline int path_step_of(struct path_walk *w)
{
	struct dentry *dentry = (struct dentry *)w->dentry, *parent;
	struct mount *mount = (struct mount *)w->mount;
	const unsigned char *name;
	long len;
	u64 at;

	parent = BPF_CORE_READ(dentry, d_parent);
	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);

		if (above == mount)
			return PATH_END;
		w->dentry = (u64)BPF_CORE_READ(mount, mnt_mountpoint);
		w->mount = (u64)above;
		return PATH_ON;
	}
	if (dentry == parent)
		return PATH_END;
	name = BPF_CORE_READ(dentry, d_name.name);
	/* No call may come between check and use, or the verifier forgets the bound. */
	at = w->len;
	if (at >= PATH_BYTES)
		return PATH_CUT;
	len = bpf_probe_read_kernel_str(&w->components[at], PATH_NAME_MAX, name);
	if (len <= 0)
		return PATH_CUT;
	w->len = at + len;
	w->dentry = (u64)parent;
	return PATH_ON;
}

/* As the kernel's d_unlinked(). */
static __always_inline bool is_unlinked(const struct dentry *dentry)
{
	return !BPF_CORE_READ(dentry, d_hash.pprev) && BPF_CORE_READ(dentry, d_parent) != dentry;
}

static __always_inline void begin_path(struct path_walk *w, const struct path *path)
{
	w->dentry = (u64)BPF_CORE_READ(path, dentry);
	w->mount = (u64)BPF_CORE_READ(path, mnt) - bpf_core_field_offset(struct mount, mnt);
	w->len = 0;
	w->deleted = is_unlinked((struct dentry *)w->dentry);
}

#endif /* __PATH_STEP_BPF_H__ */
