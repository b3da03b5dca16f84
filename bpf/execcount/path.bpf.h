/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes the key of --by path. A file that is executed by a descriptor is counted under its own
 * path. A key has to be the same text whichever way the file is executed, so the components of
 * the path, which a walk finds from the last one on, are put in order here, not in user space.
 */
#ifndef __EXECCOUNT_PATH_BPF_H__
#define __EXECCOUNT_PATH_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/execcount.h>
#include "lib/exec_file.bpf.h"
#include "lib/path.bpf.h"

enum {
	PATH_END_MAX = 512, /* more than a key holds */
	TMPFS_MAGIC = 0x01021994
};

/* One for each program that may preempt another, and a walk with the same number. */
enum {
	SCRATCH_EXEC,
	SCRATCH_BACKUP,
	SCRATCH_FAILED,
	SCRATCHES
};

struct scratch {
	struct count_key key;
	char path[SNOOP_PATH_MAX]; /* as given */
	/* The end of a path, filled from the back. Loop state is kept in memory so that the
	 * verifier does not track it. */
	char end[PATH_END_MAX + PATH_NAME_MAX];
	char name[1 + PATH_NAME_MAX];
	u8 pad[7];
	volatile u64 begin; /* of the path in `end` */
	volatile u64 from;  /* position in the components */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCHES);
	__type(key, u32);
	__type(value, struct scratch);
} count_scratch SEC(".maps");

/* Puts len bytes in front of the path; returns false if they do not fit. */
static __always_inline bool prepend(struct scratch *s, const char *text, u64 len)
{
	u64 begin = s->begin - len;

	barrier_var(len);
	barrier_var(begin);
	if (begin > PATH_END_MAX || len > PATH_NAME_MAX)
		return false;
	s->begin = begin;
	return !bpf_probe_read_kernel(&s->end[begin], len, text);
}

/* Puts "/" and the next component in front of the path. Returns false at the end. */
__noinline int prepend_component(u32 which)
{
	struct scratch *s = bpf_map_lookup_elem(&count_scratch, &which);
	struct placed_walk *w = bpf_map_lookup_elem(&path_walks, &which);
	u64 from;
	long len;

	if (!s || !w)
		return 0;
	from = s->from;
	if (from >= w->walk.len || from >= PATH_BYTES)
		return 0;
	s->name[0] = '/';
	len = bpf_probe_read_kernel_str(&s->name[1], PATH_NAME_MAX, &w->walk.components[from]);
	if (len <= 0)
		return 0;
	s->from = from + len;
	return prepend(s, s->name, len);
}

__noinline int prepend_components(u32 which)
{
	int i, on = 1;

	for (i = 0; i < PATH_STRIDE && on; i++)
		on = prepend_component(which);
	return on;
}

static __always_inline void begin_key(struct scratch *s)
{
	s->key.file.mnt_ns = 0;
	s->key.file.place = SNOOP_PLACE_HERE;
	s->key.file.is_cut = 0;
	s->key.file.is_unread = 0;
	s->key.file.pad = 0;
	__builtin_memset(s->key.file.path, 0, sizeof(s->key.file.path));
}

/* Makes the key of s->path, which is len bytes long with its NUL, or unreadable. */
static __always_inline void put_given(struct scratch *s, long len)
{
	u64 skip = 0;

	begin_key(s);
	s->key.file.is_unread = len <= 0;
	if (len > COUNT_NAME_MAX) {
		skip = len - COUNT_NAME_MAX;
		s->key.file.is_cut = 1;
	}
	/* The copy ends at the NUL. */
	barrier_var(skip);
	if (len > 0 && skip < SNOOP_PATH_MAX - COUNT_NAME_MAX + 1)
		bpf_probe_read_kernel_str(s->key.file.path, COUNT_NAME_MAX, &s->path[skip]);
}

/* Puts what follows the directories: the rest of a path of given_len bytes, or a mark. */
static __always_inline bool put_end(struct scratch *s, const struct exec_file *found,
				    const struct snoop_file *file, u32 given_len)
{
	static const char deleted[] = " (deleted)";
	u64 rest = found->rest;

	s->begin = PATH_END_MAX;
	s->end[PATH_END_MAX] = 0;
	if (!found->is_base)
		return !(file->deleted || file->place == SNOOP_PLACE_NAMELESS) ||
		       prepend(s, deleted, sizeof(deleted) - 1);
	barrier_var(rest);
	if (rest >= sizeof(s->path) || !prepend(s, &s->path[rest], given_len - 1 - rest))
		return false;
	return rest || prepend(s, "/", 1);
}

/* Makes the key of a file that is executed by a descriptor; returns false if it has no path.
 * given_len: of s->path, with its NUL. */
static __always_inline bool put_file(struct scratch *s, u32 which, struct exec_file found,
				     u32 given_len)
{
	struct placed_walk *w;
	int i, on = 1;
	u64 begin;
	bool cut;

	if (!found.file)
		return false;
	w = walk_path(which, &found.file->f_path, &cut);
	if (!w || w->file.place == SNOOP_PLACE_UNKNOWN ||
	    (w->file.place == SNOOP_PLACE_NAMELESS && w->file.magic != TMPFS_MAGIC))
		return false;
	if (!put_end(s, &found, &w->file, given_len))
		return false;
	s->from = 0;
	for (i = 0; i < PATH_DEPTH / PATH_STRIDE && on; i++)
		on = prepend_components(which);
	begin_key(s);
	begin = s->begin;
	if (begin < PATH_END_MAX + 1 - COUNT_NAME_MAX) {
		begin = PATH_END_MAX + 1 - COUNT_NAME_MAX;
		cut = true;
	}
	if (begin > PATH_END_MAX)
		return false;
	s->key.file.is_cut = cut;
	if (w->file.place == SNOOP_PLACE_ELSEWHERE || w->file.place == SNOOP_PLACE_UNREACHABLE) {
		s->key.file.place = w->file.place;
		s->key.file.mnt_ns = w->file.mnt_ns;
	}
	bpf_probe_read_kernel_str(s->key.file.path, COUNT_NAME_MAX, &s->end[begin]);
	return true;
}

/* Makes the key of an exec whose path, as given, is in s->path. */
static __always_inline void put_path(struct scratch *s, u32 which, struct exec_file found, long len)
{
	if (!put_file(s, which, found, len))
		put_given(s, len);
}

#endif /* __EXECCOUNT_PATH_BPF_H__ */
