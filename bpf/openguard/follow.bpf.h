/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inodes that are linked or moved out of a guarded directory stay guarded: these programs add them
 * to the map `guards` beforehand. With --enforce, what they cannot add stays where it is.
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
#include "openguard/record.bpf.h"
#include "openguard/state.bpf.h"
#include "openguard/verdict.bpf.h"

static __always_inline bool is_dir(const struct inode *inode)
{
	return (inode->i_mode & S_IFMT) == S_IFDIR;
}

/* Guards the inode itself from now on. Returns false if the map is full. */
static __always_inline bool follow(struct inode *inode, u64 found)
{
	struct guard_inode key = {.ino = inode->i_ino, .dev = inode->i_sb->s_dev};
	struct guard guard = {.number = found >> 32, .generation = inode->i_generation}, *known;

	guard.flags = (is_dir(inode) ? GUARD_DIR : GUARD_FILE) | GUARD_FOLLOWED;
	known = bpf_map_lookup_elem(&guards, &key);
	if (known && (!known->generation || known->generation == guard.generation)) {
		if (is_guarded(known->flags))
			return true;
		guard.flags |= known->flags;
	}
	if (!bpf_map_update_elem(&guards, &key, &guard, BPF_ANY))
		return true;
	state.full = 1;
	return false;
}

/* Returns true if the file may have names outside that the search for hard links has not found
 * yet. The search misses a file that is renamed from a directory that it reads later to one that
 * it has read. */
static __always_inline bool is_searched_for(const struct inode *inode)
{
	return state.searching && inode->i_nlink > 1 && !is_dir(inode);
}

/* Reports a link or rename after which a guarded file might not be guarded any more, and denies
 * it to everyone: the filters select who may open a file, not who may help. */
static __always_inline int refuse(void *ctx, const struct guard_access *a, u64 found, u8 why,
				  int verdict)
{
	bool denied = enforces() && !is_own();

	count_event(SNOOP_SEEN);
	report(ctx, a, found, why, denied);
	barrier_var(verdict); /* see on_guarded_access() */
	return denied ? verdict : 0;
}

/* Returns the guard of a name, whichever inode it refers to now. */
static __always_inline u64 find_name_guard(u64 dentry)
{
	return look_up(dentry, 0, GUARD_ITSELF);
}

SEC("lsm/inode_link")
int BPF_PROG(follow_link, struct dentry *old_dentry, struct inode *dir, struct dentry *new_dentry)
{
	struct inode *inode = old_dentry->d_inode;
	u64 found = look_up(argument(ctx, 0), GUARD_ITSELF, GUARD_ITSELF), to;
	struct guard_access a;
	int verdict = 0;

	if (!inode)
		return 0;
	a = access_to(inode, argument(ctx, 0), GUARD_LINK);
	if (is_also(GUARD_LINK) && is_guarded(found))
		verdict = on_guarded_access(ctx, &a, found);
	if (verdict)
		return verdict;
	if (!is_guarded(found)) {
		to = find_name_guard(argument(ctx, 2));
		if (is_guarded(to) || !found)
			found = to;
	}
	if (!found || (is_guarded(found) && follow(inode, found)))
		return 0;
	return refuse(ctx, &a, found, is_guarded(found) ? GUARD_FULL : found >> 32, -EPERM);
}

/*
 * A link(2) that had been allowed before follow_link was attached, but takes its time, makes the
 * new name now. The old one stays in memory while it does, and the inode has both already: if this
 * program was not attached either, the search for hard links finds them.
 */
SEC("lsm/d_instantiate")
int BPF_PROG(follow_late_link, struct dentry *dentry, struct inode *inode)
{
	u64 found;

	if (!inode || is_dir(inode))
		return 0;
	found = find_alias_guard(argument(ctx, 1));
	if (is_guarded(found))
		follow(inode, found);
	return 0;
}

/* Returns true if the inode needs a guard of its own when it is moved. A directory guards an inode
 * that is moved in, unless that has other names. */
static __always_inline bool needs_follow(const struct inode *inode, u64 from, u64 to)
{
	if (is_guarded(from) && is_searched_for(inode))
		return true;
	if (is_guarded(from) == is_guarded(to))
		return false;
	return is_guarded(from) || (!is_dir(inode) && inode->i_nlink > 1);
}

/* With --also rename: decides on a rename of the file `a`, whose guard is `from`. If it has none,
 * decides on the file that is renamed over, that of the dentry `to`, and puts that into `a`, since
 * the stack has no room for a second one. */
static __always_inline int on_rename(void *ctx, struct guard_access *a, u64 from, u64 to)
{
	struct inode *over = BPF_CORE_READ((struct dentry *)to, d_inode);

	if (!from && over) {
		from = look_up(to, GUARD_ITSELF, GUARD_ITSELF);
		a->dentry = to;
		a->ino = BPF_CORE_READ(over, i_ino);
		a->dev = BPF_CORE_READ(over, i_sb, s_dev);
	}
	return from ? on_guarded_access(ctx, a, from) : 0;
}

SEC("lsm/inode_rename")
int BPF_PROG(follow_rename, struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir,
	     struct dentry *new_dentry)
{
	struct inode *inode = old_dentry->d_inode;
	u64 from = look_up(argument(ctx, 1), GUARD_ITSELF, GUARD_ITSELF);
	u64 to = find_name_guard(argument(ctx, 3)), found = is_guarded(from) ? from : to;
	struct guard_access a;
	int verdict = 0;

	if (!inode)
		return 0;
	a = access_to(inode, argument(ctx, 1), GUARD_RENAME);
	if (from && !is_guarded(from))
		return refuse(ctx, &a, from, from >> 32, -EPERM);
	if (is_guarded(from) && state.searching && is_dir(inode)) {
		__sync_fetch_and_add(&state.moved_dirs, 1);
		if (enforce)
			return refuse(ctx, &a, from, GUARD_SEARCHED, -EBUSY);
	}
	if (is_also(GUARD_RENAME))
		verdict = on_rename(ctx, &a, from, argument(ctx, 3));
	if (verdict)
		return verdict;
	if (needs_follow(inode, from, to) && !follow(inode, found)) {
		a = access_to(inode, argument(ctx, 1), GUARD_RENAME);
		verdict = refuse(ctx, &a, found, GUARD_FULL, -EPERM);
	}
	/* After the entry is in the map, before the kernel moves the file: see look_up(). */
	if (is_guarded(from))
		__sync_fetch_and_add(&state.renames, 1);
	return verdict;
}

/* An inode that leaves the kernel's cache but not the disk comes back and has to be guarded. */
SEC("lsm/inode_free_security")
int BPF_PROG(cleanup_inode, struct inode *inode)
{
	struct guard_inode key = {};
	struct guard *known;

	if (inode->i_nlink)
		return 0;
	key.ino = inode->i_ino;
	key.dev = inode->i_sb->s_dev;
	known = bpf_map_lookup_elem(&guards, &key);
	if (known && known->flags & GUARD_FOLLOWED && known->generation == inode->i_generation)
		bpf_map_delete_elem(&guards, &key);
	return 0;
}

#endif /* __OPENGUARD_FOLLOW_BPF_H__ */
