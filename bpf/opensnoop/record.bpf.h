/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Filters an open by its flags and path, and assembles and sends its record. With OPENS_ARE_COUNTED
 * it is counted instead, see bpf/opencount.bpf.c.
 */
#ifndef __OPENSNOOP_RECORD_BPF_H__
#define __OPENSNOOP_RECORD_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/opensnoop.h>
#ifdef OPENS_ARE_COUNTED
#include <snoop/opencount.h>
#endif
#include "lib/counters.bpf.h"
#include "lib/emit.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/open_call.bpf.h"
#include "lib/path.bpf.h"
#include "lib/result.bpf.h"
#include "lib/task.bpf.h"

enum {
	OPEN_DATA = SNOOP_PATH_MAX + OPEN_RESOLVED_MAX
};

/* Programs that may preempt one another have a scratch buffer and a path walk each. */
enum {
	SLOT_CALL,
	SLOT_EXIT,
	SLOT_INNER,
	SLOT_BACKUP,
	SLOT_URING,
	SLOTS
};

const volatile __u32 own_pid = 0; /* the tool's own opens are not events */
const volatile __u8 only_failed = 0;
const volatile __u8 want_resolved = 0;
const volatile __u8 filter_prefix = 0; /* SNOOP_FILTER_* that occur in path_filter */
const volatile __u8 filter_suffix = 0; /* likewise in suffix_filter */
const volatile __u8 filter_flags = 0;  /* SNOOP_FILTER_ONLY: only opens with … */
const volatile __u32 flags_any = 0;    /* … one of these flags */
const volatile __u8 access_any = 0;    /* … or one of these access modes, as 1 << mode */
const volatile __u32 flags_not = 0;    /* SNOOP_FILTER_NOT: no opens with one of these … */
const volatile __u8 access_not = 0;    /* … or of these */

/* Keys of LPM tries, which compare bytes from the first on. */
struct prefix_key {
	u32 bits;
	char bytes[OPEN_PREFIX_MAX];
};
struct suffix_key {
	u32 bits;
	char bytes[OPEN_SUFFIX_MAX]; /* reversed */
};

struct scratch {
	struct open_event head;
#ifdef OPENS_ARE_COUNTED
	struct open_key key;
#endif
	char data[OPEN_DATA];
	struct prefix_key prefix;
	struct suffix_key suffix;
	struct open_call call;
	volatile u64 used; /* bytes of data */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, u32);
	__type(value, struct scratch);
} open_scratch SEC(".maps");

#define LPM_TRIE(name, key_type, entries)                                                          \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_LPM_TRIE);                                               \
		__uint(map_flags, BPF_F_NO_PREALLOC);                                              \
		__uint(max_entries, entries);                                                      \
		__type(key, key_type);                                                             \
		__type(value, u8);                                                                 \
	} name SEC(".maps")

/* The longest match decides: a prefix of one that must not match is not in them. */
LPM_TRIE(path_filter, struct prefix_key, FILTER_ENTRIES);
LPM_TRIE(suffix_filter, struct suffix_key, FILTER_ENTRIES);

/* ---- filters ------------------------------------------------------------- */

static __always_inline bool is_own(struct task_struct *task)
{
	return task_pid(task, has_typed_task()) == own_pid;
}

static __always_inline bool has_wanted_result(s32 ret)
{
	return (!only_failed || ret < 0) && passes_result(ret);
}

static __always_inline bool has_flags(u32 flags, u32 any, u8 access)
{
	return flags & any || access >> (flags & 3) & 1;
}

static __always_inline bool has_wanted_flags(u32 flags)
{
	if (!filter_flags)
		return true;
	if (filter_flags & SNOOP_FILTER_NOT && has_flags(flags, flags_not, access_not))
		return false;
	return !(filter_flags & SNOOP_FILTER_ONLY) || has_flags(flags, flags_any, access_any);
}

static __always_inline bool has_wanted_suffix(struct scratch *s, u64 len)
{
	u32 i;

	/* No suffix contains a NUL, so the zeros after a short path match none. */
	__builtin_memset(s->suffix.bytes, 0, sizeof(s->suffix.bytes));
	for (i = 0; i < OPEN_SUFFIX_MAX && i + 1 < len; i++)
		s->suffix.bytes[i] = s->data[(len - 2 - i) & (SNOOP_PATH_MAX - 1)];
	s->suffix.bits = OPEN_SUFFIX_MAX * 8;
	return passes_set(&suffix_filter, &s->suffix, filter_suffix);
}

/* Filters by the path as given. An open by handle has none, so user space filters it by the
 * resolved path. */
static __always_inline bool has_wanted_path(struct scratch *s)
{
	u64 len = s->head.path_len;

#ifdef OPENS_ARE_COUNTED
	if (!len)
		return !filter_prefix && !filter_suffix;
#endif
	if (!len)
		return true;
	if (filter_prefix) {
		/* No prefix contains a NUL, so the bytes after the path's NUL do not matter. */
		if (bpf_probe_read_kernel(s->prefix.bytes, sizeof(s->prefix.bytes), s->data))
			return false;
		s->prefix.bits = OPEN_PREFIX_MAX * 8;
		if (!passes_set(&path_filter, &s->prefix, filter_prefix))
			return false;
	}
	return !filter_suffix || has_wanted_suffix(s, len);
}

/* ---- the record ------------------------------------------------------------ */

static __always_inline void put_path(struct scratch *s, long len, enum open_path_source source)
{
	if (len <= 0 || len > SNOOP_PATH_MAX) {
		s->head.rec.flags |= OPEN_FLAG_NO_PATH | SNOOP_FLAG_FAULTED;
		len = 0;
	}
	s->head.path_len = len;
	s->head.path_source = source;
	s->used = len;
}

/* The directory that the path is relative to. */
static __always_inline struct path *base_path(struct scratch *s)
{
	struct fs_struct *fs = BPF_CORE_READ(current_task(), fs);
	struct file *file;

	if (s->head.path_len && s->data[0] == '/')
		return &fs->root;
	if (s->head.dirfd == OPEN_AT_CWD)
		return &fs->pwd;
	file = file_of(s->head.dirfd);
	return file ? &file->f_path : NULL;
}

/* Copies the components behind the path; returns false if they do not fit. A function of its own,
 * in which nothing is spilled: the verifier forgets the bound of what is (5.10). */
static __noinline bool put_components(struct scratch *s, struct placed_walk *w)
{
	u64 used = s->used, len = w->walk.len;

	if (len > OPEN_RESOLVED_MAX || used > SNOOP_PATH_MAX ||
	    bpf_probe_read_kernel(&s->data[used], len, w->walk.components))
		return false;
	s->head.resolved_len = len;
	s->used = used + len;
	return true;
}

/* Adds the resolved path of `file` or, without a file, of the directory that the path starts
 * from. */
static __always_inline void put_resolved(struct scratch *s, struct file *file, u32 slot)
{
	struct path *path = file ? &file->f_path : base_path(s);
	struct placed_walk *w;
	bool cut;

	if (file)
		fill_inode(&s->head.file, file);
	if (!path)
		return;
	w = walk_path(slot, path, &cut);
	if (!w || !put_components(s, w))
		return;
	s->head.file.mnt_ns = w->file.mnt_ns;
	s->head.file.magic = w->file.magic;
	s->head.file.place = w->file.place;
	s->head.file.deleted = w->file.deleted;
	s->head.rec.flags |= OPEN_FLAG_HAS_RESOLVED | (file ? 0 : OPEN_FLAG_BASE_ONLY);
	if (cut)
		s->head.rec.flags |= OPEN_FLAG_RESOLVED_CUT | SNOOP_FLAG_TRUNCATED;
}

/* Fills the record, except for the paths. typed: see lib/read.bpf.h. */
static __always_inline void begin(struct scratch *s, struct task_struct *task, const bool typed,
				  const struct open_call *call)
{
	struct open_event *e = &s->head;

	fill_record(&e->rec, OPEN_EVENT, 0, TASK_READ(task, pid));
	fill_task(&e->task, task, typed);
	if (call->is_32bit)
		e->rec.flags |= SNOOP_FLAG_ABI32;
	e->ret = 0;
	e->dirfd = call->dirfd;
	e->flags = call->flags;
	e->mode = call->mode;
	e->path_len = 0;
	e->resolved_len = 0;
	e->via = call->via;
	e->path_source = OPEN_PATH_CALLER;
	__builtin_memset(e->pad, 0, sizeof(e->pad));
	__builtin_memset(&e->file, 0, sizeof(e->file));
	s->used = 0;
}

#ifdef OPENS_ARE_COUNTED
static __always_inline int count_open(void *ctx, struct scratch *s, s32 ret, u32 slot);
#endif

/* Completes the record of an open that returned ret and sends it. resolve: with the path of
 * `file`, which may be NULL. */
static __always_inline int finish(void *ctx, struct scratch *s, s32 ret, bool resolve,
				  struct file *file, u32 slot)
{
	u64 used;

	s->head.rec.ts_ns = now_ns();
	s->head.ret = ret;
	if (resolve)
		put_resolved(s, ret < 0 ? NULL : file, slot);
#ifdef OPENS_ARE_COUNTED
	return count_open(ctx, s, ret, slot);
#endif
	send_ancestors(ctx, &s->head.rec);
	used = s->used;
	if (used > OPEN_DATA) {
		count_event(SNOOP_LOST_SIZE);
		return 0;
	}
	if (send_alone(ctx, &s->head.rec, sizeof(s->head) + used))
		count_flaws(s->head.rec.flags);
	return 0;
}

static __always_inline int filtered(void)
{
	count_event(SNOOP_FILTERED);
	return 0;
}

#endif /* __OPENSNOOP_RECORD_BPF_H__ */
