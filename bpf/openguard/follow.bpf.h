/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inodes that are linked or moved out of a guarded directory stay guarded: these programs add them
 * to the map `guards` beforehand. They deny only to rename a directory while a search for hard
 * links goes through it.
 */
#ifndef __OPENGUARD_FOLLOW_BPF_H__
#define __OPENGUARD_FOLLOW_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/openguard.h>
#include "lib/counters.bpf.h"
#include "lib/errno.bpf.h"
#include "openguard/match.bpf.h"
#include "openguard/state.bpf.h"

enum {
	S_IFMT = 00170000, /* include/uapi/linux/stat.h */
	S_IFDIR = 0040000
};

static __always_inline bool is_dir(const struct inode *inode)
{
	return (inode->i_mode & S_IFMT) == S_IFDIR;
}

/* Guards the inode itself from now on. */
static __always_inline void follow(struct inode *inode, u64 found)
{
	struct guard_inode key = {.ino = inode->i_ino, .dev = inode->i_sb->s_dev};
	struct guard guard = {.number = found >> 32, .generation = inode->i_generation}, *known;

	guard.flags = is_dir(inode) ? GUARD_DIR : GUARD_FILE;
	known = bpf_map_lookup_elem(&guards, &key);
	if (known && (!known->generation || known->generation == guard.generation)) {
		if (is_guarded(known->flags))
			return;
		guard.flags |= known->flags;
	}
	if (bpf_map_update_elem(&guards, &key, &guard, BPF_ANY)) {
		count_event(SNOOP_SEEN);
		count_event(SNOOP_LOST_MAP_FULL);
	}
}

/* Returns true if the file may have names outside that the search for hard links has not found
 * yet. The search misses a file that is renamed from a directory that it reads later to one that
 * it has read. */
static __always_inline bool is_searched_for(const struct inode *inode)
{
	return state.searching && inode->i_nlink > 1 && !is_dir(inode);
}

/* Returns argument n, a dentry, as a number: read by a helper, it has no type. */
static __always_inline u64 argument(unsigned long long *ctx, u32 n)
{
	u64 dentry = 0;

	bpf_probe_read_kernel(&dentry, sizeof(dentry), &ctx[n]);
	return dentry;
}

/* Returns the guard of a name, whichever inode it refers to now. */
static __always_inline u64 find_name_guard(u64 dentry)
{
	return find_guard(dentry, 0, GUARD_ITSELF);
}

SEC("lsm/inode_link")
int BPF_PROG(follow_link, struct dentry *old_dentry, struct inode *dir, struct dentry *new_dentry)
{
	struct inode *inode = old_dentry->d_inode;
	u64 found = find_guard(argument(ctx, 0), GUARD_ITSELF, GUARD_ITSELF);

	if (!is_guarded(found))
		found = find_name_guard(argument(ctx, 2));
	if (inode && is_guarded(found))
		follow(inode, found);
	return 0;
}

SEC("lsm/inode_rename")
int BPF_PROG(follow_rename, struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir,
	     struct dentry *new_dentry)
{
	struct inode *inode = old_dentry->d_inode;
	u64 from = find_guard(argument(ctx, 1), GUARD_ITSELF, GUARD_ITSELF);
	u64 to = find_name_guard(argument(ctx, 3));
	int verdict = -EBUSY;

	if (!inode)
		return 0;
	if (is_guarded(from) && state.searching && is_dir(inode)) {
		__sync_fetch_and_add(&state.moved_dirs, 1);
		if (enforce && !is_own()) {
			barrier_var(verdict);
			return verdict;
		}
	}
	if (is_guarded(from) && is_searched_for(inode)) {
		follow(inode, from);
		return 0;
	}
	if (is_guarded(from) == is_guarded(to))
		return 0;
	/* The directory guards an inode that is moved in, unless that has other names. */
	if (is_guarded(from) || (!is_dir(inode) && inode->i_nlink > 1))
		follow(inode, is_guarded(from) ? from : to);
	return 0;
}

#endif /* __OPENGUARD_FOLLOW_BPF_H__ */
