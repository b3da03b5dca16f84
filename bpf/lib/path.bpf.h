/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads the path of a file by walking up to the root, across mounts, and finds out what it is
 * relative to. Files without a directory get the name that the kernel gives them (d_dname).
 */
#ifndef __PATH_BPF_H__
#define __PATH_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/file.h>
#include "path_step.bpf.h"
#include "read.bpf.h"

enum {
	PATH_WALKERS = 5,
	NSFS_MAGIC = 0x6e736673,     /* include/uapi/linux/magic.h */
	MNT_NS_ANON_INO = 0xeffffff7 /* include/uapi/linux/nsfs.h; 0 before 6.18 */
};

struct placed_walk {
	struct path_walk walk;
	struct snoop_file file; /* where the walk ended */
};

/* One walk for each program that may preempt another one while it walks. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PATH_WALKERS);
	__type(key, u32);
	__type(value, struct placed_walk);
} path_walks SEC(".maps");

__noinline int path_step(u32 walker)
{
	struct placed_walk *w = bpf_map_lookup_elem(&path_walks, &walker);

	return w ? path_step_of(&w->walk) : PATH_CUT;
}

__noinline int path_steps(u32 walker)
{
	int i, step = PATH_ON;

	for (i = 0; i < PATH_STRIDE && step == PATH_ON; i++)
		step = path_step(walker);
	return step;
}

/* Reads the name of a file that has no directory: what the file system's d_dname() prints beside
 * the inode number. */
static __always_inline void put_dname(struct placed_walk *w, struct dentry *dentry)
{
	struct ns_common *ns;
	const void *name;
	long len;

	w->file.place = SNOOP_PLACE_NAMELESS;
	w->file.magic = BPF_CORE_READ(dentry, d_sb, s_magic);
	if (w->file.magic == NSFS_MAGIC) {
		ns = BPF_CORE_READ(dentry, d_inode, i_private);
		name = BPF_CORE_READ(ns, ops, name);
	} else {
		name = BPF_CORE_READ(dentry, d_name.name);
	}
	len = bpf_probe_read_kernel_str(w->walk.components, PATH_NAME_MAX, name);
	w->walk.len = len > 0 ? len : 0;
}

/* Finds out where the walk has ended. The numbers of mount namespaces that nobody can enter
 * (open_tree(2), fsmount(2)) mean nothing. */
__noinline int find_place(u32 walker)
{
	struct placed_walk *w = bpf_map_lookup_elem(&path_walks, &walker);
	struct mnt_namespace *ns, *own;
	struct dentry *dentry;
	struct mount *mount;
	u32 inum = 0;

	if (!w)
		return 0;
	dentry = (struct dentry *)w->walk.dentry;
	mount = (struct mount *)w->walk.mount;
	w->file.place = SNOOP_PLACE_UNREACHABLE;
	if (dentry != BPF_CORE_READ(mount, mnt.mnt_root)) {
		if (w->walk.len)
			return 0;
		w->file.place = SNOOP_PLACE_UNKNOWN;
		if (BPF_CORE_READ(dentry, d_op, d_dname))
			put_dname(w, dentry);
		return 0;
	}
	/* NULL or an error pointer for mounts that are in no namespace. */
	ns = BPF_CORE_READ(mount, mnt_ns);
	if (bpf_core_read(&inum, sizeof(inum), &ns->ns.inum) || !inum || inum == MNT_NS_ANON_INO)
		return 0;
	own = BPF_CORE_READ(current_task(), nsproxy, mnt_ns);
	w->file.mnt_ns = inum;
	w->file.place = ns == own ? SNOOP_PLACE_HERE : SNOOP_PLACE_ELSEWHERE;
	return 0;
}

/*
 * Walks from a path up to the root of the mount namespace, beyond a chroot, so that the path is
 * valid outside of it. Returns the walk, whose components user space reverses; *cut is
 * set if the path is longer than the walk can hold.
 */
static __always_inline struct placed_walk *walk_path(u32 walker, const struct path *path, bool *cut)
{
	struct placed_walk *w = bpf_map_lookup_elem(&path_walks, &walker);
	int i, step = PATH_ON;

	if (!w)
		return NULL;
	begin_path(&w->walk, path);
	__builtin_memset(&w->file, 0, sizeof(w->file));
	w->file.deleted = w->walk.deleted;
	for (i = 0; i < PATH_DEPTH / PATH_STRIDE && step == PATH_ON; i++)
		step = path_steps(walker);
	*cut = step != PATH_END;
	if (!*cut)
		find_place(walker);
	return w;
}

/* Returns the current task's file behind a descriptor, or NULL. */
static __always_inline struct file *file_of(s32 fd)
{
	struct fdtable *fdt = BPF_CORE_READ(current_task(), files, fdt);
	struct file **fds = BPF_CORE_READ(fdt, fd);
	struct file *file = NULL;

	if (fd >= 0 && fd < BPF_CORE_READ(fdt, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), fds + fd);
	return file;
}

static __always_inline void fill_inode(struct snoop_file *f, const struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	f->ino = BPF_CORE_READ(inode, i_ino);
	f->dev = BPF_CORE_READ(inode, i_sb, s_dev);
}

#endif /* __PATH_BPF_H__ */
