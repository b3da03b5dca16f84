/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the guard of a file: by inode, by name in a directory, or by a directory above it. */
#ifndef __OPENGUARD_MATCH_BPF_H__
#define __OPENGUARD_MATCH_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/openguard.h>

const volatile __u8 walk_up = 0; /* 1: directories are guarded */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, GUARD_ENTRIES);
	__type(key, struct guard_inode);
	__type(value, struct guard);
} guards SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, GUARD_ENTRIES);
	__type(key, struct guard_name);
	__type(value, struct guard);
} guard_names SEC(".maps");

/* Functions with a loop, and those called in one, are global: the verifier checks them once,
 * not in every iteration (5.6). They take and return numbers: addresses, and a guard as
 * number << 32 | flags, or 0. */
static __always_inline u64 packed(const struct guard *guard)
{
	return (u64)guard->number << 32 | guard->flags;
}

static __always_inline struct guard *guard_of(struct inode *inode, u32 dev)
{
	struct guard_inode key = {.ino = BPF_CORE_READ(inode, i_ino), .dev = dev};
	struct guard *guard = bpf_map_lookup_elem(&guards, &key);

	if (guard && guard->generation && guard->generation != BPF_CORE_READ(inode, i_generation))
		return NULL;
	return guard;
}

static __always_inline struct guard *guard_of_name(u64 ino, u32 dev, struct dentry *dentry)
{
	struct guard_name key = {.dir = {.ino = ino, .dev = dev}};

	bpf_probe_read_kernel_str(key.name, sizeof(key.name), BPF_CORE_READ(dentry, d_name.name));
	return bpf_map_lookup_elem(&guard_names, &key);
}

/* Returns the guard of an inode, if it has one of `flags`, or of the name of the entry `below`
 * in that directory, if it has one of `named`. */
__noinline u64 guard_at(u64 dentry, u64 below, u32 dev, u32 flags, u32 named)
{
	struct inode *inode = BPF_CORE_READ((struct dentry *)dentry, d_inode);
	struct guard *guard = inode ? guard_of(inode, dev) : NULL;

	if (!guard)
		return 0;
	if (guard->flags & flags)
		return packed(guard);
	if (!named || !(guard->flags & GUARD_NAMES))
		return 0;
	guard = guard_of_name(BPF_CORE_READ(inode, i_ino), dev, (struct dentry *)below);
	return guard && guard->flags & named ? packed(guard) : 0;
}

/*
 * Returns the guard of a dentry: its own inode's, if that has one of `flags`; its name's, if that
 * has one of `named`; or that of a directory above it in its file system, wherever that is
 * mounted.
 */
__noinline u64 find_guard(u64 dentry, u32 flags, u32 named)
{
	u32 dev = BPF_CORE_READ((struct dentry *)dentry, d_sb, s_dev), i;
	u64 below = 0, parent, found;

	found = guard_at(dentry, 0, dev, flags, 0);
	for (i = 0; !found && i < GUARD_DEPTH; i++) {
		parent = (u64)BPF_CORE_READ((struct dentry *)dentry, d_parent);
		if (parent == dentry || (i && !walk_up))
			return 0;
		below = dentry;
		dentry = parent;
		found = guard_at(dentry, below, dev, GUARD_DIR, i ? GUARD_DIR : named);
	}
	return found ? found : GUARD_TOO_DEEP;
}

/* Returns the guard of the directory on which a mount lies, or of the mounts below that one. */
__noinline u64 find_mounts_guard(u64 at)
{
	struct mount *mount = (struct mount *)at, *above;
	u64 found = 0;
	u32 i;

	for (i = 0; !found && i < GUARD_MOUNTS; i++) {
		above = BPF_CORE_READ(mount, mnt_parent);
		if (above == mount)
			return 0;
		found = find_guard((u64)BPF_CORE_READ(mount, mnt_mountpoint), GUARD_DIR, GUARD_DIR);
		mount = above;
	}
	return found ? found : GUARD_TOO_DEEP;
}

static __always_inline bool is_guarded(u64 found)
{
	return found & GUARD_ITSELF;
}

#endif /* __OPENGUARD_MATCH_BPF_H__ */
