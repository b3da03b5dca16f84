/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The books: what became of every event that a hook saw, counted per CPU. */
#ifndef __BOOKS_BPF_H__
#define __BOOKS_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/record.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct snoop_books);
} books SEC(".maps");

static __always_inline void count_many(enum snoop_count what, u64 n)
{
	u32 zero = 0;
	struct snoop_books *b = bpf_map_lookup_elem(&books, &zero);

	/* Atomic though it is per CPU: a program may be preempted by another
	 * one of the same tool, and the sum has to be exact. */
	if (b)
		__sync_fetch_and_add(&b->count[what], n);
}

static __always_inline void count(enum snoop_count what)
{
	count_many(what, 1);
}

#endif /* __BOOKS_BPF_H__ */
