// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * openguard: reports who opens guarded files, and denies it with --enforce.
 *
 * A guard is an inode, so it holds for every name of the file; a guarded directory is found on
 * the way up from the file. The name in its directory is guarded as well, since another inode may
 * replace the file. An inode that is linked or moved elsewhere stays guarded.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/openguard.h>
#include "lib/counters.bpf.h"
#include "lib/descendants.bpf.h"
#include "lib/errno.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/lineage_hooks.bpf.h"
#include "openguard/also.bpf.h"
#include "openguard/follow.bpf.h"
#include "openguard/match.bpf.h"
#include "openguard/record.bpf.h"
#include "openguard/state.bpf.h"
#include "openguard/verdict.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum {
	MOUNTS_AT_ONE_PLACE = 8
};

/* ---- opening ------------------------------------------------------------------------- */

/* Returns true if the tool opens a program to learn whether root could still execute it. */
static __always_inline bool is_tried_exec(const struct inode *inode)
{
	return is_also(GUARD_EXEC) && state.trial && is_own() && inode->i_mode & S_IXUGO;
}

SEC("lsm/file_open")
int BPF_PROG(guard_open, struct file *file, int ret)
{
	struct inode *inode = file->f_inode;
	struct guard_access a;
	u64 dentry = (u64)BPF_CORE_READ(file, f_path.dentry), found;

	if (ret)
		return ret;
	a = access_to(inode, dentry, GUARD_OPEN);
	if (is_also(GUARD_EXEC) && file->f_flags & FMODE_EXEC)
		a.op = GUARD_EXEC;
	a.mount = (u64)BPF_CORE_READ(file, f_path.mnt) - bpf_core_field_offset(struct mount, mnt);
	/* Omit the flags that the kernel added, and O_CLOEXEC, which belongs to the descriptor and
	 * is missing here on some kernels. */
	a.flags = file->f_flags & ~(FMODE_EXEC | O_LARGEFILE | O_CLOEXEC);
	found = find_file_guard((u64)BPF_CORE_READ(file, f_inode), dentry, a.mount);
	if (!found)
		return 0;
	if (is_guarded(found) && is_searched_for(inode) && !follow(inode, found))
		return refuse(ctx, &a, found, GUARD_FULL, -EPERM);
	if (on_write && !(file->f_mode & FMODE_WRITE) && a.op != GUARD_EXEC &&
	    !is_tried_exec(inode))
		return 0;
	return on_guarded_access(ctx, &a, found);
}

/* truncate(2), which opens no file. Exists with CONFIG_SECURITY_PATH. Before 6.2, open with O_TRUNC
 * and ftruncate on an open file come here as well. */
SEC("?lsm/path_truncate")
int BPF_PROG(guard_truncate, const struct path *path)
{
	u64 dentry = (u64)BPF_CORE_READ(path, dentry), found;
	u64 mount = (u64)BPF_CORE_READ(path, mnt) - bpf_core_field_offset(struct mount, mnt);
	struct inode *inode = BPF_CORE_READ((struct dentry *)dentry, d_inode);
	struct guard_access a = {.dentry = dentry, .mount = mount, .op = GUARD_TRUNCATE};
	bool is_32bit;

	if (current_via(&is_32bit) != OPEN_VIA_KERNEL)
		return 0; /* the open has been checked */
	found = find_path_guard(dentry, mount);
	if (!found)
		return 0;
	a.ino = BPF_CORE_READ(inode, i_ino);
	a.dev = BPF_CORE_READ(inode, i_sb, s_dev);
	return on_guarded_access(ctx, &a, found);
}

/* ---- identifying guarded files -------------------------------------------------------- */

/*
 * Records the kernel's numbers for a file on which the tool calls stat: on file systems with
 * subvolumes, stat returns another device. Attached while the guards are set up. Only the first
 * call counts, since an overlay in turn asks the file below it.
 */
SEC("lsm/inode_getattr")
int BPF_PROG(learn_inode, const struct path *path)
{
	struct guard_learned *l = &state.learned;
	struct dentry *dentry, *parent;
	struct inode *inode;
	struct mount *mount;
	int i;

	if (!is_own() || l->known)
		return 0;
	l->known = 1;
	dentry = BPF_CORE_READ(path, dentry);
	inode = BPF_CORE_READ(dentry, d_inode);
	l->ino = BPF_CORE_READ(inode, i_ino);
	l->dev = BPF_CORE_READ(inode, i_sb, s_dev);
	l->generation = BPF_CORE_READ(inode, i_generation);

	/* The root of a mount has the name of its mount point. */
	mount = (void *)BPF_CORE_READ(path, mnt) - bpf_core_field_offset(struct mount, mnt);
	for (i = 0; i < MOUNTS_AT_ONE_PLACE && dentry == BPF_CORE_READ(mount, mnt.mnt_root); i++) {
		dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		mount = BPF_CORE_READ(mount, mnt_parent);
	}
	parent = BPF_CORE_READ(dentry, d_parent);
	if (parent == dentry)
		return 0;
	l->named = 1;
	inode = BPF_CORE_READ(parent, d_inode);
	l->dir_ino = BPF_CORE_READ(inode, i_ino);
	l->dir_dev = BPF_CORE_READ(inode, i_sb, s_dev);
	l->dir_generation = BPF_CORE_READ(inode, i_generation);
	bpf_probe_read_kernel_str(l->name, sizeof(l->name), BPF_CORE_READ(dentry, d_name.name));
	return 0;
}
