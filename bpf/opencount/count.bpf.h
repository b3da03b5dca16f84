/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counts an open in place of sending its record. The text of a key is sent once, when the key is
 * new; until that works, at each open of the key. Include it after opensnoop.bpf.c.
 */
#ifndef __OPENCOUNT_COUNT_BPF_H__
#define __OPENCOUNT_COUNT_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/opencount.h>
#include "lib/emit.bpf.h"
#include "opencount/key.bpf.h"

/* User space sets the type and max_entries: per CPU, unless there are many keys, of which each is
 * counted seldom. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct open_key);
	__type(value, struct open_count);
} counts SEC(".maps");

/* Opens whose key found no room. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} other SEC(".maps");

static __always_inline bool counts_texts(void)
{
	return count_by <= OPEN_BY_SUFFIX;
}

static __always_inline struct open_count *count_key(struct open_key *key)
{
	struct open_count *c = bpf_map_lookup_elem(&counts, key);
	u32 zero = 0;
	u64 *n;

	if (!c) {
		struct open_count none = {};

		/* If another CPU has just created the entry, use that one. */
		bpf_map_update_elem(&counts, key, &none, BPF_NOEXIST);
		c = bpf_map_lookup_elem(&counts, key);
	}
	if (c) {
		__sync_fetch_and_add(&c->count, 1);
		return c;
	}
	n = bpf_map_lookup_elem(&other, &zero);
	if (n)
		__sync_fetch_and_add(n, 1);
	return NULL;
}

static __always_inline void send_name(void *ctx, struct scratch *s, struct open_count *c)
{
	u64 size = sizeof(s->head) + sizeof(s->key), used = s->used;

	barrier_var(used);
	if (used > OPEN_DATA)
		return;
	s->head.rec.size = size + used;
	if (!emit(ctx, &s->head.rec, size + used))
		c->is_named = 1;
}

/* Counts the open in s, which returned ret. */
static __always_inline int count_open(void *ctx, struct scratch *s, s32 ret, u32 slot)
{
	struct open_count *c;
	struct scratch *copy;

	/* make_text_key() finds the paths by their slot. */
	if (slot == SLOT_URING && counts_texts()) {
		copy = bpf_map_lookup_elem(&open_scratch, &slot);
		if (!copy || bpf_probe_read_kernel(copy, sizeof(*copy), s))
			return 0;
		s = copy;
	}
	s->head.ret = ret;
	s->key.hash[0] = s->key.hash[1] = 0;
	switch (count_by) {
	case OPEN_BY_COMM:
		__builtin_memcpy(s->key.comm, s->head.task.comm, sizeof(s->key.comm));
		break;
	case OPEN_BY_PROCESS:
		__builtin_memcpy(s->key.comm, s->head.task.process, sizeof(s->key.comm));
		break;
	case OPEN_BY_USER:
		s->key.id = s->head.task.uid;
		break;
	case OPEN_BY_ERRNO:
		s->key.id = ret < 0 ? -(s64)ret : 0;
		break;
	case OPEN_BY_CONTAINER:
	case OPEN_BY_UNIT:
		s->key.id = s->head.task.cgroup_id;
		break;
	default:
		make_text_key(slot);
	}
	c = count_key(&s->key);
	if (counts_texts() && c && !c->is_named)
		send_name(ctx, s, c);
	return 0;
}

#endif /* __OPENCOUNT_COUNT_BPF_H__ */
