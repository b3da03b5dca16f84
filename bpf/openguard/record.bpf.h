/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Assembles and sends the record of a guarded open. */
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

/* User space sets max_entries. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct guard_text);
} guard_texts SEC(".maps");

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
		return; /* a guard that bpftool added has no text */
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
	/* Omit the flags that the kernel added, and O_CLOEXEC, which belongs to the descriptor and
	 * is missing here on some kernels. */
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

#endif /* __OPENGUARD_RECORD_BPF_H__ */
