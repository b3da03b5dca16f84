/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends arguments and environment in separate records. Those of a successful exec are read as one
 * block from the new image, those of a failed exec string by string from the caller's memory.
 */
#ifndef __EXECSNOOP_ARGV_BPF_H__
#define __EXECSNOOP_ARGV_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/execsnoop.h>
#include "execsnoop/record.bpf.h"
#include "lib/syscall.bpf.h"

enum {
	ARGV_CHUNK = 4096,    /* bytes of one string in one read */
	ARGV_STEPS = 1 << 20, /* more strings than fit into 2 MiB */
	ARGV_LOST = 1 << 20   /* in scratch.at: a record could not be sent */
};

/* Bounds of the loops, set before the load: the verifier follows every iteration. */
const volatile __u32 max_args = 65536;	 /* bytes of arguments to send */
const volatile __u32 more_records = 5;	 /* at most, that hold them */
const volatile __u32 env_records = 0;	 /* likewise the environment; 0: it is not wanted */
const volatile __u32 failed_steps = 256; /* strings of a failed exec, before 5.17 */

/* Sends `left` bytes of strings from user address `from`, as at most `records` full records of this
 * kind and one that is not. `after` has SNOOP_FLAG_MORE if further records of the event follow.
 * Returns the flaws of the last one. */
static __always_inline u16 send_strings(void *ctx, struct scratch *s, u16 kind, u64 from, u64 left,
					u32 records, u16 after)
{
	u16 unread = SNOOP_FLAG_FAULTED | (kind == EXEC_ARGS ? EXEC_FLAG_NO_ARGS : 0);
	u64 len;
	u32 i;

	s->from = from;
	s->left = left;
	for (i = 0; i < records && s->left > EXEC_MORE_ARGS; i++) {
		if (bpf_probe_read_user(s->args, EXEC_MORE_ARGS, (void *)s->from))
			break;
		/* User space sees that the rest is missing and marks the row as cut. */
		if (!send_more(ctx, s, kind, EXEC_MORE_ARGS, SNOOP_FLAG_MORE, false))
			return SNOOP_FLAG_TRUNCATED;
		s->from += EXEC_MORE_ARGS;
		s->left -= EXEC_MORE_ARGS;
	}
	len = s->left;
	s->flags = 0;
	if (len > EXEC_MORE_ARGS || bpf_probe_read_user(s->args, len, (void *)s->from)) {
		len = 0;
		s->flags = unread;
	}
	if (!send_more(ctx, s, kind, len, s->flags | after, !after))
		s->flags = SNOOP_FLAG_TRUNCATED;
	return s->flags;
}

enum argv_step {
	ARGV_ON,
	ARGV_FULL, /* the buffer has to be sent first */
	ARGV_END   /* s->flags says how the vector ended */
};

/*
 * One step through the argument vector of a failed exec: copies a string, or a chunk of a long
 * one, into the buffer. A global function, which the verifier checks once (5.6).
 */
__noinline int argv_step(u32 is_32bit)
{
	u32 zero = 0;
	struct scratch *s = bpf_map_lookup_elem(&failed_scratch, &zero);
	u64 from, left, at;
	long len;

	if (!s)
		return ARGV_END;
	from = s->from;
	left = s->left;
	at = s->at;
	if (!from) {
		if (read_user_ptr(&from, s->argv, is_32bit)) {
			s->flags = SNOOP_FLAG_FAULTED | EXEC_FLAG_NO_ARGS;
			return ARGV_END;
		}
		if (!from) {
			s->flags = 0;
			return ARGV_END;
		}
	}
	if (!left)
		return ARGV_END;
	if (at > EXEC_MORE_ARGS - ARGV_CHUNK)
		return ARGV_FULL;
	len = read_user_str(&s->args[at], ARGV_CHUNK, from);
	if (len <= 0) {
		s->flags = SNOOP_FLAG_FAULTED | EXEC_FLAG_NO_ARGS;
		return ARGV_END;
	}
	if (!s->from)
		s->argv += is_32bit ? 4 : 8;
	/* The string continues after a full chunk: drop the NUL and read on from there. */
	if (len >= ARGV_CHUNK) {
		len = ARGV_CHUNK - 1;
		s->from = from + len;
	} else {
		s->from = 0;
	}
	if (len > left)
		len = left;
	s->left = left - len;
	s->at = at + len;
	return ARGV_ON;
}

struct argv_walk {
	void *ctx;
	struct scratch *s;
	bool is_32bit;
};

/* One iteration: takes a step, or sends the buffer if it is full. Returns 1 to end the loop. */
static __always_inline long argv_turn(struct argv_walk *w)
{
	int step = argv_step(w->is_32bit);

	if (step != ARGV_FULL)
		return step == ARGV_END;
	if (!send_more(w->ctx, w->s, EXEC_ARGS, w->s->at, SNOOP_FLAG_MORE, false)) {
		w->s->at = ARGV_LOST;
		return 1;
	}
	w->s->at = 0;
	return 0;
}

static long argv_callback(u32 i, struct argv_walk *w)
{
	return argv_turn(w);
}

/* Sends the strings of the argument vector at user address argv; returns the flags of the last
 * record. With has_loop, bpf_loop (5.17) reads all strings; otherwise at most failed_steps. */
static __always_inline u16 send_argv(void *ctx, struct scratch *s, u64 argv, bool is_32bit,
				     const bool has_loop)
{
	struct argv_walk w = {.ctx = ctx, .s = s, .is_32bit = is_32bit};
	u32 i;

	s->argv = argv;
	s->from = 0; /* position in the current string; 0: start the next one */
	s->left = max_args;
	s->at = 0;
	s->flags = SNOOP_FLAG_TRUNCATED; /* unless the end is reached */
	if (has_loop) {
		bpf_loop(ARGV_STEPS, argv_callback, &w, 0);
	} else {
		for (i = 0; i < failed_steps; i++)
			if (argv_turn(&w))
				break;
	}
	if (s->at == ARGV_LOST || !send_more(ctx, s, EXEC_ARGS, s->at, s->flags, true))
		return s->flags | SNOOP_FLAG_TRUNCATED;
	return s->flags;
}

#endif /* __EXECSNOOP_ARGV_BPF_H__ */
