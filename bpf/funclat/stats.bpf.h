/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counters of each function. The time of every finished call goes through add_call():
 *     add_call(ctx, func, now - start);
 */
#ifndef __FUNCLAT_STATS_BPF_H__
#define __FUNCLAT_STATS_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/funclat.h>
#include "funclat/log2.bpf.h"

const volatile __u64 unit_ns = 1; /* of the slots of the histogram */

struct funclat_control control;

/* Two entries for each function, for even and odd intervals. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct funclat_stats);
} stats SEC(".maps");

static __always_inline struct funclat_stats *stats_of(u32 func)
{
	u32 key = func * 2 + (control.epoch & 1);

	return bpf_map_lookup_elem(&stats, &key);
}

/* Counts a call of this function that took this time. */
static __always_inline void add_call(void *ctx, u32 func, u64 ns)
{
	struct funclat_stats *s = stats_of(func);
	u64 epoch = control.epoch;

	if (!s)
		return;
	__sync_fetch_and_add(&s->returned, 1);
	__sync_fetch_and_add(&s->sum_ns, ns);
	__sync_fetch_and_add(&s->slots[log2_slot(ns / unit_ns) & (FUNCLAT_SLOTS - 1)], 1);
	if (s->epoch != epoch) {
		s->epoch = epoch;
		s->longest_ns = 0;
	}
	if (s->longest_ns < ns)
		s->longest_ns = ns;
}

#endif /* __FUNCLAT_STATS_BPF_H__ */
