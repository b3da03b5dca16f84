// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * openguard: who opens what is guarded, and with --enforce: nobody does.
 *
 * A guard is an inode, so it is met whatever name led to it; of a directory, it is met on
 * the way up from the file. The name in its directory is guarded besides: what takes the
 * place of the file is another inode. What leaves its place by link or rename is followed.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/openguard.h>
#include "lib/counters.bpf.h"
#include "lib/emit.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/open_call.bpf.h"
#include "lib/path_step.bpf.h"
#include "lib/task.bpf.h"
#include "lib/descendants.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum {
	S_IFMT = 00170000, /* include/uapi/linux/stat.h */
	S_IFDIR = 0040000,
	MOUNTS_AT_ONE_PLACE = 8
};

const volatile __u32 own_pid = 0; /* the tool itself may open everything */
const volatile __u8 enforce = 0;
const volatile __u8 walk_up = 0; /* 1: directories are guarded */

struct guard_state state = {};

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

/* The user side sets how many. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct guard_text);
} guard_texts SEC(".maps");

static __always_inline bool is_own(void)
{
	return bpf_get_current_pid_tgid() >> 32 == own_pid;
}

/* ---- which guard --------------------------------------------------------------- */

/* What has a loop in it, or is called in one, is global: the verifier then looks at it once,
 * not in every turn (5.6). Such functions take and return numbers: addresses, and a guard
 * as its number << 32 | its flags, or 0. */
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

/* Of an inode, if it is one of `flags`; or of the name of what is below it, one of `named`. */
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
 * The guard that something is under: its own inode's, if that is one of `flags`, or its
 * name's, one of `named`; or a directory's above it in its file system, so it does not
 * matter what is mounted where.
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

/* The same of the directory in which something is mounted, and where that is mounted. */
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

/* ---- putting a record together --------------------------------------------------- */

struct scratch {
	struct guard_event head;
	char data[GUARD_PATH_MAX + GUARD_TEXT_MAX];
	volatile u64 used; /* bytes of data */
	struct path_walk walk;
};

/*
 * By thread, as long as the program runs: an LSM program may lose its processor to another
 * task that comes into it as well, so what is each processor's own would not do. The user
 * side sets how many.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

/* What a new entry is made from; nothing is ever written to it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch);
} no_scratch SEC(".maps");

__noinline int place_step(u32 tid)
{
	struct scratch *s = bpf_map_lookup_elem(&scratches, &tid);

	return s ? path_step_of(&s->walk) : PATH_CUT;
}

__noinline int place_steps(u32 tid)
{
	int i, step = PATH_ON;

	for (i = 0; i < PATH_STRIDE && step == PATH_ON; i++)
		step = place_step(tid);
	return step;
}

static __always_inline void put_path(struct scratch *s, u32 tid, struct file *file)
{
	int i, step = PATH_ON;
	u32 len;

	begin_path(&s->walk, &file->f_path);
	for (i = 0; i < PATH_DEPTH / PATH_STRIDE && step == PATH_ON; i++)
		step = place_steps(tid);
	if (step != PATH_END)
		s->head.rec.flags |= SNOOP_FLAG_TRUNCATED;
	len = s->walk.len;
	if (len > GUARD_PATH_MAX || bpf_probe_read_kernel(s->data, len, s->walk.components))
		return;
	s->head.path_len = len;
	s->used = len;
}

static __always_inline void put_text(struct scratch *s, u32 number)
{
	struct guard_text *text = bpf_map_lookup_elem(&guard_texts, &number);
	u64 used = s->used;
	u32 len;

	if (!text || used > GUARD_PATH_MAX)
		return; /* of a guard that was added to the map later */
	len = text->len;
	if (len > GUARD_TEXT_MAX || bpf_probe_read_kernel(&s->data[used], len, text->text))
		return;
	s->head.text_len = len;
	s->used = used + len;
}

static __always_inline void fill(struct scratch *s, struct file *file, u32 tid, u8 action)
{
	struct guard_event *e = &s->head;
	struct inode *inode = file->f_inode;
	bool is_32bit;

	fill_record(&e->rec, GUARD_EVENT, now_ns(), tid);
	fill_task(&e->task, current_task(), has_typed_task());
	process_comm(e->task.comm, current_task());
	e->via = current_via(&is_32bit);
	if (is_32bit)
		e->rec.flags |= SNOOP_FLAG_ABI32;
	e->ino = inode->i_ino;
	e->dev = inode->i_sb->s_dev;
	/* Without what the kernel added, and what is the descriptor's: some kernels leave it out.
	 */
	e->flags = file->f_flags & ~(FMODE_EXEC | O_LARGEFILE | O_CLOEXEC);
	e->path_len = 0;
	e->text_len = 0;
	e->action = action;
	__builtin_memset(e->pad, 0, sizeof(e->pad));
	s->used = 0;
}

static __always_inline void send(void *ctx, struct file *file, u32 number, u8 action)
{
	u32 tid = (u32)bpf_get_current_pid_tgid(), zero = 0;
	struct scratch *s = bpf_map_lookup_elem(&no_scratch, &zero);
	u64 used;

	if (!s || bpf_map_update_elem(&scratches, &tid, s, BPF_ANY)) {
		count_event(SNOOP_LOST_MAP_FULL);
		return;
	}
	s = bpf_map_lookup_elem(&scratches, &tid);
	if (!s)
		return;
	fill(s, file, tid, action);
	put_path(s, tid, file);
	put_text(s, number);
	used = s->used;
	if (used <= GUARD_PATH_MAX + GUARD_TEXT_MAX &&
	    send_record(ctx, &s->head.rec, sizeof(s->head) + used))
		count_flaws(s->head.rec.flags);
	bpf_map_delete_elem(&scratches, &tid);
}

/* ---- opening ----------------------------------------------------------------------- */

static __always_inline bool denies(void)
{
	return enforce && state.armed && (!state.until_ns || bpf_ktime_get_ns() < state.until_ns);
}

static __always_inline int on_guarded_open(void *ctx, struct file *file, u64 found)
{
	int verdict = -EPERM;
	bool denied;

	if (is_own()) {
		if (state.trial && is_guarded(found))
			state.tried = (found >> 32) + 1;
		return 0;
	}
	count_event(SNOOP_SEEN);
	if (!passes_filters()) {
		count_event(SNOOP_FILTERED);
		return 0;
	}
	if (!is_guarded(found)) {
		count_event(SNOOP_LOST_SIZE);
		return 0;
	}
	denied = denies();
	send(ctx, file, found >> 32, denied ? GUARD_DENIED : GUARD_AUDITED);
	/* A constant to the verifier, which has to see the range (6.12), and none to the
	 * compiler, which would negate `denied`. */
	barrier_var(verdict);
	return denied ? verdict : 0;
}

SEC("lsm/file_open")
int BPF_PROG(guard_open, struct file *file, int ret)
{
	struct inode *inode = file->f_inode;
	u64 dentry = (u64)BPF_CORE_READ(file, f_path.dentry), found;
	struct guard *guard;

	if (ret)
		return ret;
	if (inode == BPF_CORE_READ((struct dentry *)dentry, d_inode)) {
		found = find_guard(dentry, GUARD_ITSELF, GUARD_ITSELF);
		if (!found && walk_up)
			found = find_mounts_guard((u64)BPF_CORE_READ(file, f_path.mnt) -
						  bpf_core_field_offset(struct mount, mnt));
	} else {
		/* An overlay opens the file below it, before 6.5 by the overlay's own path, under
		 * which it has been looked at. */
		guard = guard_of(inode, inode->i_sb->s_dev);
		found = guard ? packed(guard) & ~GUARD_NAMES : 0;
	}
	return found ? on_guarded_open(ctx, file, found) : 0;
}

/* ---- following ---------------------------------------------------------------------- */

/* From here on the inode is guarded itself. */
static __always_inline void follow(struct inode *inode, u64 found)
{
	struct guard_inode key = {.ino = inode->i_ino, .dev = inode->i_sb->s_dev};
	struct guard guard = {.number = found >> 32, .generation = inode->i_generation}, *known;

	guard.flags = (inode->i_mode & S_IFMT) == S_IFDIR ? GUARD_DIR : GUARD_FILE;
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

/* Argument n is a dentry. Read by a helper, it is a number. */
static __always_inline u64 argument(unsigned long long *ctx, u32 n)
{
	u64 dentry = 0;

	bpf_probe_read_kernel(&dentry, sizeof(dentry), &ctx[n]);
	return dentry;
}

/* The guard of a place, whatever inode is there now. */
static __always_inline u64 find_places_guard(u64 dentry)
{
	return find_guard(dentry, 0, GUARD_ITSELF);
}

SEC("lsm/inode_link")
int BPF_PROG(follow_link, struct dentry *old_dentry, struct inode *dir, struct dentry *new_dentry)
{
	struct inode *inode = old_dentry->d_inode;
	u64 found = find_guard(argument(ctx, 0), GUARD_ITSELF, GUARD_ITSELF);

	if (!is_guarded(found))
		found = find_places_guard(argument(ctx, 2));
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
	u64 to = find_places_guard(argument(ctx, 3));

	if (!inode || is_guarded(from) == is_guarded(to))
		return 0;
	/* What comes in is met where it is, unless it has other names. */
	if (is_guarded(from) || ((inode->i_mode & S_IFMT) != S_IFDIR && inode->i_nlink > 1))
		follow(inode, is_guarded(from) ? from : to);
	return 0;
}

/* ---- learning ------------------------------------------------------------------------ */

/*
 * What the kernel calls a file that the tool calls stat for: numbers of devices differ from
 * what stat says where a file system has subvolumes. Attached while the guards are put into
 * place. The first call counts: an overlay asks the file below it in turn.
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

	/* The name of what is mounted is that of the place where it is. */
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
