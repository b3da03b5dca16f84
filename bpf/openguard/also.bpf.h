/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The operations that --also adds: writes to open files, mappings of them, and deletion. Links and
 * renames are in follow.bpf.h, which sees them anyway; an execution is an open.
 */
#ifndef __OPENGUARD_ALSO_BPF_H__
#define __OPENGUARD_ALSO_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/openguard.h>
#include "lib/open_call.bpf.h"
#include "openguard/match.bpf.h"
#include "openguard/record.bpf.h"
#include "openguard/state.bpf.h"
#include "openguard/verdict.bpf.h"

enum {
	/* include/linux/fs.h */
	FMODE_WRITE = 2,
	MAY_WRITE = 2,

	MAP_SHARED = 1 /* include/uapi/linux/mman.h; a bit of MAP_SHARED_VALIDATE, too */
};

/* Decides on an operation on an open file, given by its address. */
static __always_inline int on_open_file(void *ctx, u64 address, enum guard_op op)
{
	struct file *file = (struct file *)address;
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct guard_access a = {.op = op};
	u64 found;

	a.dentry = (u64)BPF_CORE_READ(file, f_path.dentry);
	a.mount = (u64)BPF_CORE_READ(file, f_path.mnt) - bpf_core_field_offset(struct mount, mnt);
	found = find_file_guard((u64)inode, a.dentry, a.mount);
	if (!found)
		return 0;
	a.ino = BPF_CORE_READ(inode, i_ino);
	a.dev = BPF_CORE_READ(inode, i_sb, s_dev);
	return on_guarded_access(ctx, &a, found);
}

/* Called for each read and write, of any file; for fallocate(2) and clones, too. */
SEC("lsm/file_permission")
int BPF_PROG(guard_write, struct file *file, int mask)
{
	return mask & MAY_WRITE ? on_open_file(ctx, (u64)file, GUARD_WRITE) : 0;
}

/* ftruncate(2) since 6.2. An open with O_TRUNC comes here as well: it has been checked. */
SEC("?lsm/file_truncate")
int BPF_PROG(guard_ftruncate, struct file *file)
{
	bool is_32bit;
	u8 via = current_via(&is_32bit);

	/* io_uring may do either. */
	return via == OPEN_VIA_KERNEL || via == OPEN_VIA_URING ?
		       on_open_file(ctx, (u64)file, GUARD_TRUNCATE) :
		       0;
}

/* The file is read as a number, since memory without a file has none. */
SEC("lsm/mmap_file")
int BPF_PROG(guard_mmap)
{
	u64 file = argument(ctx, 0);

	if (!file)
		return 0;
	if (on_write && !(argument(ctx, 3) & MAP_SHARED &&
			  BPF_CORE_READ((struct file *)file, f_mode) & FMODE_WRITE))
		return 0;
	return on_open_file(ctx, file, GUARD_MMAP);
}

/* A name is deleted: unlink(2) and rmdir(2). */
static __always_inline int on_unlink(void *ctx)
{
	u64 dentry = argument(ctx, 1), found = look_up(dentry, GUARD_ITSELF, GUARD_ITSELF);
	struct inode *inode = BPF_CORE_READ((struct dentry *)dentry, d_inode);
	struct guard_access a = {.dentry = dentry, .op = GUARD_UNLINK};

	if (!found)
		return 0;
	a.ino = BPF_CORE_READ(inode, i_ino);
	a.dev = BPF_CORE_READ(inode, i_sb, s_dev);
	return on_guarded_access(ctx, &a, found);
}

SEC("lsm/inode_unlink")
int BPF_PROG(guard_unlink)
{
	return on_unlink(ctx);
}

SEC("lsm/inode_rmdir")
int BPF_PROG(guard_rmdir)
{
	return on_unlink(ctx);
}

#endif /* __OPENGUARD_ALSO_BPF_H__ */
