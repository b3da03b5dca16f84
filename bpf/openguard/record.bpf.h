/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Assembles and sends the record of an access to a guarded file.
 *     struct guard_access a = access_to(inode, dentry, GUARD_LINK);
 *     report(ctx, &a, found, GUARD_CERTAIN, false);
 */
#ifndef __OPENGUARD_RECORD_BPF_H__
#define __OPENGUARD_RECORD_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/openguard.h>
#include "lib/counters.bpf.h"
#include "lib/emit.bpf.h"
#include "lib/open_call.bpf.h"
#include "lib/path_step.bpf.h"
#include "lib/task.bpf.h"
#include "openguard/state.bpf.h"

/* User space sets max_entries. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct guard_text);
} guard_texts SEC(".maps");

struct guard_access {
	u64 dentry, mount; /* addresses; without a mount, the path is that in its file system */
	u64 ino;
	u32 dev;
	u32 flags; /* of an open */
	u32 op;	   /* enum guard_op */
	u32 pad;
};

static __always_inline struct guard_access access_to(const struct inode *inode, u64 dentry,
						     enum guard_op op)
{
	return (struct guard_access){
		.dentry = dentry, .ino = inode->i_ino, .dev = inode->i_sb->s_dev, .op = op};
}

enum {
	NO_GUARD = -1 /* a number beyond those of guard_texts */
};

struct scratch {
	struct guard_event head;
	char data[GUARD_PATH_MAX + GUARD_TEXT_MAX];
	volatile u64 used; /* bytes of data */
	struct path_walk walk;
};

/*
 * Buffers in use, by thread. Not per CPU: a task may be preempted inside an LSM program by
 * another one that enters it as well. User space sets max_entries.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

/* The value of new entries in scratches; never written. */
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

static __always_inline void put_path(struct scratch *s, u32 tid, const struct guard_access *a)
{
	int i, step = PATH_ON;
	u32 len;

	s->walk.dentry = a->dentry;
	s->walk.mount = a->mount;
	s->walk.len = 0;
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
		return; /* a guard that bpftool added has no text */
	len = text->len;
	if (len > GUARD_TEXT_MAX || bpf_probe_read_kernel(&s->data[used], len, text->text))
		return;
	s->head.text_len = len;
	s->used = used + len;
}

static __always_inline void fill(struct scratch *s, const struct guard_access *a, u32 tid)
{
	struct guard_event *e = &s->head;
	bool is_32bit;

	fill_record(&e->rec, GUARD_EVENT, now_ns(), tid);
	fill_task(&e->task, current_task(), has_typed_task());
	name_uring_thread(&e->task, current_task());
	e->via = current_via(&is_32bit);
	if (is_32bit)
		e->rec.flags |= SNOOP_FLAG_ABI32;
	e->ino = a->ino;
	e->dev = a->dev;
	e->flags = a->flags;
	e->path_len = 0;
	e->text_len = 0;
	e->op = a->op;
	s->used = 0;
}

/* Its own function, so that its variables share no stack with a lookup (512 bytes for both).
 * Returns 0 if the record is lost. */
static __noinline int send(void *ctx, const struct guard_access *a, u32 number, u32 why, u32 action)
{
	u32 tid = (u32)bpf_get_current_pid_tgid(), zero = 0;
	struct scratch *s = bpf_map_lookup_elem(&no_scratch, &zero);
	int sent = 0;
	u64 used;

	if (!s || bpf_map_update_elem(&scratches, &tid, s, BPF_ANY)) {
		count_event(SNOOP_LOST_MAP_FULL);
		return 0;
	}
	s = bpf_map_lookup_elem(&scratches, &tid);
	if (!s)
		return 0;
	fill(s, a, tid);
	s->head.action = action;
	s->head.doubt = why;
	put_path(s, tid, a);
	put_text(s, number);
	used = s->used;
	if (used <= GUARD_PATH_MAX + GUARD_TEXT_MAX &&
	    send_record(ctx, &s->head.rec, sizeof(s->head) + used)) {
		count_flaws(s->head.rec.flags);
		sent = 1;
	}
	bpf_map_delete_elem(&scratches, &tid);
	return sent;
}

/* Sends the record of an access to a file for which look_up() returned `found`. */
static __always_inline void report(void *ctx, const struct guard_access *a, u64 found, u32 why,
				   bool denied)
{
	u32 number = found & GUARD_DOUBT ? NO_GUARD : found >> 32;

	if (!send(ctx, a, number, why, denied ? GUARD_DENIED : GUARD_AUDITED))
		state.lost = 1;
}

#endif /* __OPENGUARD_RECORD_BPF_H__ */
