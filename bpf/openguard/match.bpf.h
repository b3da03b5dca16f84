/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the guard of a file: by inode, by name in a directory, or by a directory above it.
 *     u64 found = look_up(dentry, GUARD_ITSELF, GUARD_ITSELF);
 *     if (is_guarded(found)) … else if (found) … it is in doubt …
 */
#ifndef __OPENGUARD_MATCH_BPF_H__
#define __OPENGUARD_MATCH_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/openguard.h>
#include "openguard/state.bpf.h"

enum {
	S_IFMT = 00170000, /* include/uapi/linux/stat.h */
	S_IFBLK = 0060000,
	S_IFDIR = 0040000,
	S_IFCHR = 0020000,
	S_IXUGO = 00111
};

/* The kernel's seqlock of renames (fs/dcache.c), which begins with its counter. Missing from
 * /proc/kallsyms without CONFIG_KALLSYMS_ALL; a static kernel symbol has no type. */
extern const void rename_lock __ksym __weak;

/* User space sets max_entries of both. */
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
	__uint(max_entries, 1);
	__type(key, struct guard_name);
	__type(value, struct guard);
} guard_names SEC(".maps");

/* File systems with guarded directories: what is in doubt there may be guarded. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u8);
} guard_devices SEC(".maps");

/* Returns argument n of an LSM program as a number: read by a helper, it has no type. */
static __always_inline u64 argument(unsigned long long *ctx, u32 n)
{
	u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), &ctx[n]);
	return value;
}

/* Functions with a loop, and those called in one, are global: the verifier checks them once,
 * not in every iteration (5.6). They take and return numbers: addresses, and a guard as
 * number << 32 | flags, or a doubt as enum guard_doubt << 32 | GUARD_DOUBT, or 0. */
static __always_inline u64 packed(const struct guard *guard)
{
	return (u64)guard->number << 32 | guard->flags;
}

static __always_inline u64 doubt(enum guard_doubt why)
{
	return (u64)why << 32 | GUARD_DOUBT;
}

static __always_inline bool is_guarded(u64 found)
{
	return found & GUARD_ITSELF;
}

/* Returns the guard of a device by any of its nodes. */
static __always_inline u64 find_device_guard(const struct inode *inode)
{
	struct guard_inode key = {.ino = BPF_CORE_READ(inode, i_rdev)};
	u32 type = BPF_CORE_READ(inode, i_mode) & S_IFMT;
	struct guard *guard;

	if (type != S_IFCHR && type != S_IFBLK)
		return 0;
	key.dev = type == S_IFCHR ? GUARD_CHAR_DEVICES : GUARD_BLOCK_DEVICES;
	guard = bpf_map_lookup_elem(&guards, &key);
	return guard ? packed(guard) : 0;
}

static __always_inline struct guard *guard_of(struct inode *inode, u32 dev)
{
	struct guard_inode key = {.ino = BPF_CORE_READ(inode, i_ino), .dev = dev};
	struct guard *guard = bpf_map_lookup_elem(&guards, &key);

	if (guard && guard->generation && guard->generation != BPF_CORE_READ(inode, i_generation))
		return NULL;
	return guard;
}

/* Returns the guard of a dentry's inode, if it has one of `flags`; GUARD_NAMES if names in that
 * directory are guarded. */
__noinline u64 inode_guard(u64 dentry, u32 dev, u32 flags)
{
	struct inode *inode = BPF_CORE_READ((struct dentry *)dentry, d_inode);
	struct guard *guard = inode ? guard_of(inode, dev) : NULL;

	if (!guard)
		return 0;
	return guard->flags & flags ? packed(guard) : guard->flags & GUARD_NAMES;
}

/* Returns the guard of the name of `below` in the directory `dentry`, if it has one of `flags`. */
__noinline u64 name_guard(u64 dentry, u64 below, u32 dev, u32 flags)
{
	struct guard_name key = {.dir = {.dev = dev}};
	struct guard *guard;

	key.dir.ino = BPF_CORE_READ((struct dentry *)dentry, d_inode, i_ino);
	bpf_probe_read_kernel_str(key.name, sizeof(key.name),
				  BPF_CORE_READ((struct dentry *)below, d_name.name));
	guard = bpf_map_lookup_elem(&guard_names, &key);
	return guard && guard->flags & flags ? packed(guard) : 0;
}

/* Returns false if the kernel does not know the directory of a file, which a handle led to. */
static __always_inline bool is_top(u64 dentry)
{
	return !walk_up || (u64)BPF_CORE_READ((struct dentry *)dentry, d_sb, s_root) == dentry;
}

/*
 * Returns the guard of a dentry: its own inode's, if that has one of `flags`; its name's, if that
 * has one of `named`; or that of a directory above it in its file system, wherever that is
 * mounted.
 */
static __always_inline u64 find_guard(u64 dentry, u32 flags, u32 named)
{
	u32 dev = BPF_CORE_READ((struct dentry *)dentry, d_sb, s_dev), i;
	u64 below = 0, parent, found;

	found = inode_guard(dentry, dev, flags) & ~(u64)GUARD_NAMES;
	for (i = 0; !found && i < GUARD_DEPTH; i++) {
		parent = (u64)BPF_CORE_READ((struct dentry *)dentry, d_parent);
		if (i && !walk_up)
			return 0;
		if (parent == dentry)
			return is_top(dentry) ? 0 : doubt(GUARD_NAMELESS);
		below = dentry;
		dentry = parent;
		found = inode_guard(dentry, dev, GUARD_DIR);
		if (found == GUARD_NAMES)
			found = name_guard(dentry, below, dev, i ? GUARD_DIR : named);
	}
	return found ? found : doubt(GUARD_TOO_DEEP);
}

static __always_inline u32 rename_sequence(void)
{
	u32 sequence = 0;

	bpf_probe_read_kernel(&sequence, sizeof(sequence), &rename_lock);
	return sequence;
}

static __always_inline u64 guarded_renames(void)
{
	return *(volatile u64 *)&state.renames;
}

/*
 * Like find_guard(), but certain, or in doubt. A walk that meets a rename may pass a directory
 * before it becomes guarded itself, and the guarded one that was above it after it has moved. So
 * the walk is repeated if the kernel moved any file meanwhile: the sequence is odd while it does.
 * If that happens all the time, which need not be this file's fault, it suffices that no guarded
 * file began to move: one that began before the walk is in the map.
 */
__noinline u64 look_up(u64 dentry, u32 flags, u32 named)
{
	u32 dev = BPF_CORE_READ((struct dentry *)dentry, d_sb, s_dev), before, i;
	u64 found = 0, renames;

	for (i = 0; i < GUARD_LOOKS; i++) {
		renames = guarded_renames();
		before = rename_sequence();
		found = find_guard(dentry, flags, named);
		if (is_guarded(found))
			return found;
		if (&rename_lock && !(before & 1) && before == rename_sequence())
			break;
		if (i + 1 == GUARD_LOOKS && renames != guarded_renames())
			found = doubt(GUARD_RENAMED);
	}
	return found && bpf_map_lookup_elem(&guard_devices, &dev) ? found : 0;
}

static __always_inline u64 dentry_of_alias(u64 node)
{
	return bpf_core_field_exists(struct dentry___named_union, d_u) ?
		       node - bpf_core_field_offset(struct dentry___named_union, d_u.d_alias) :
		       node - bpf_core_field_offset(struct dentry, d_alias);
}

/* Returns the guard of an inode by any of its names that the kernel has in memory. */
__noinline u64 find_alias_guard(u64 inode)
{
	u64 node = (u64)BPF_CORE_READ((struct inode *)inode, i_dentry.first), found = 0, next;
	u32 i;

	for (i = 0; node && !is_guarded(found) && i < GUARD_ALIASES; i++) {
		next = look_up(dentry_of_alias(node), GUARD_ITSELF, GUARD_ITSELF);
		found = next ? next : found;
		node = (u64)BPF_CORE_READ((struct hlist_node *)node, next);
	}
	return found;
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
		found = look_up((u64)BPF_CORE_READ(mount, mnt_mountpoint), GUARD_DIR, GUARD_DIR);
		mount = above;
	}
	return found ? found : doubt(GUARD_TOO_DEEP);
}

/* Returns the guard of a file that is reached by a mount. */
static __always_inline u64 find_path_guard(u64 dentry, u64 mount)
{
	u64 found = look_up(dentry, GUARD_ITSELF, GUARD_ITSELF), above;

	if (!is_guarded(found) && walk_up) {
		above = find_mounts_guard(mount);
		if (is_guarded(above) || !found)
			found = above;
	}
	return found;
}

/* Returns the guard of an open file, given by the address of its inode and its path. */
static __always_inline u64 find_file_guard(u64 address, u64 dentry, u64 mount)
{
	struct inode *inode = (struct inode *)address;
	u64 found, device;

	if (inode == BPF_CORE_READ((struct dentry *)dentry, d_inode)) {
		found = find_path_guard(dentry, mount);
	} else {
		/* An overlay opens the file below it, on older kernels by the overlay's own path,
		 * whose open has been checked already. It holds the dentry of that file. */
		found = find_alias_guard(address);
	}
	device = is_guarded(found) ? 0 : find_device_guard(inode);
	return device ? device : found;
}

#endif /* __OPENGUARD_MATCH_BPF_H__ */
