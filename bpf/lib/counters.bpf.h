/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Event accounting: per-CPU counters of what happened to each event that a hook saw. */
#ifndef __COUNTERS_BPF_H__
#define __COUNTERS_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/record.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct snoop_counters);
} counters SEC(".maps");

static __always_inline void count_events(enum snoop_count what, u64 n)
{
	u32 zero = 0;
	struct snoop_counters *c = bpf_map_lookup_elem(&counters, &zero);

	/* Atomic although per CPU: another program of the tool may preempt this one, and the sum
	 * has to be exact. */
	if (c)
		__sync_fetch_and_add(&c->count[what], n);
}

static __always_inline void count_event(enum snoop_count what)
{
	count_events(what, 1);
}

#endif /* __COUNTERS_BPF_H__ */
