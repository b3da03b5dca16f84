/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counters of each function. The time of every finished call goes through add_call():
 *     add_call(ctx, func, now - start);
 */
#ifndef __FUNCLAT_STATS_BPF_H__
#define __FUNCLAT_STATS_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/funclat.h>
#include "funclat/log2.bpf.h"
#include "funclat/slow_calls.bpf.h"

const volatile __u64 unit_ns = 1;
const volatile __u8 unit_shift = 0; /* slots count in the unit divided by 2^unit_shift */
const volatile __u8 has_sparse_slots = 0;
const volatile __u8 count_by = FUNCLAT_BY_FUNCTION;

struct funclat_control control;

/* Two entries for each function, for even and odd intervals. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct funclat_stats);
} stats SEC(".maps");

/* The slots of few functions, likewise. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct funclat_slots);
} slots SEC(".maps");

/* The slots of many functions, or with a key. Hashes are preallocated for the reason that `calls`
 * is. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, FUNCLAT_SPARSE);
	__type(key, struct funclat_key);
	__type(value, struct funclat_slot_counts);
} sparse_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1);
	__type(key, struct funclat_key);
	__type(value, struct funclat_key_stats);
} key_stats SEC(".maps");

static __always_inline u64 current_epoch(void)
{
	return *(volatile u64 *)&control.epoch;
}

static __always_inline struct funclat_stats *stats_in(u32 func, u64 epoch)
{
	u32 key = func * 2 + (epoch & 1);

	return bpf_map_lookup_elem(&stats, &key);
}

static __always_inline struct funclat_stats *stats_of(u32 func)
{
	return stats_in(func, current_epoch());
}

/* ---- by caller -------------------------------------------------------------------- */

static __always_inline void fill_caller(struct funclat_key *key)
{
	u64 thread = bpf_get_current_pid_tgid();

	if (count_by == FUNCLAT_BY_COMM)
		bpf_get_current_comm(key->who, sizeof(key->who));
	else if (count_by == FUNCLAT_BY_THREAD)
		key->who[0] = thread;
	else if (count_by == FUNCLAT_BY_PROCESS)
		key->who[0] = thread >> 32;
}

/* Returns the counters of the current caller, or NULL if there is no room for them. */
static __always_inline struct funclat_key_stats *key_stats_of(u32 func)
{
	struct funclat_key key = {.function = func};
	struct funclat_key_stats *s;

	fill_caller(&key);
	s = bpf_map_lookup_elem(&key_stats, &key);
	if (!s) {
		struct funclat_key_stats none = {};

		/* If another CPU has just created the entry, use that one. */
		bpf_map_update_elem(&key_stats, &key, &none, BPF_NOEXIST);
		s = bpf_map_lookup_elem(&key_stats, &key);
	}
	return s;
}

/* Keeps the name that the thread, or the first thread of the process, has now: an exec changes it.
 */
static __always_inline void put_name(struct funclat_key_stats *s)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (count_by == FUNCLAT_BY_COMM)
		return;
	s->named_ns = bpf_ktime_get_ns();
	if (count_by == FUNCLAT_BY_PROCESS)
		BPF_CORE_READ_STR_INTO(&s->comm, task, group_leader, comm);
	else
		bpf_get_current_comm(s->comm, sizeof(s->comm));
}

static __always_inline void count_key_call(u32 func, u64 epoch)
{
	struct funclat_key_stats *s = key_stats_of(func);

	if (!s)
		return;
	put_name(s);
	__sync_fetch_and_add(&s->banks[epoch & 1].calls, 1);
}

static __always_inline void add_key_call(u32 func, u64 epoch, u64 ns)
{
	struct funclat_key_stats *s = key_stats_of(func);
	struct funclat_bank *b;

	if (!s)
		return;
	b = &s->banks[epoch & 1];
	__sync_fetch_and_add(&b->returned, 1);
	__sync_fetch_and_add(&b->sum_ns, ns);
	if (b->epoch != epoch) {
		b->epoch = epoch;
		b->longest_ns = 0;
	}
	if (b->longest_ns < ns)
		b->longest_ns = ns;
}

/* ---- slots ------------------------------------------------------------------------ */

/* Returns ns * 2^unit_shift / unit_ns. Powers of two of that are powers of two of the unit. */
static __always_inline u64 in_slot_units(u64 ns)
{
	if (!unit_shift)
		return ns;
	return ((ns / unit_ns) << unit_shift) + ((ns % unit_ns) << unit_shift) / unit_ns;
}

/* A count that finds no room is missing in the sum over the slots, which user space checks. */
static __always_inline void count_sparse_slot(u32 func, u64 epoch, u32 slot)
{
	struct funclat_key key = {.function = func, .slot = slot};
	struct funclat_slot_counts *counts;

	fill_caller(&key);
	counts = bpf_map_lookup_elem(&sparse_slots, &key);
	if (!counts) {
		struct funclat_slot_counts none = {};

		bpf_map_update_elem(&sparse_slots, &key, &none, BPF_NOEXIST);
		counts = bpf_map_lookup_elem(&sparse_slots, &key);
	}
	if (counts)
		__sync_fetch_and_add(&counts->banks[epoch & 1], 1);
}

static __always_inline void count_slot(u32 func, u64 epoch, u64 ns)
{
	u32 slot = eighth_slot(in_slot_units(ns)) & (FUNCLAT_SLOTS - 1);
	u32 key = func * 2 + (epoch & 1);
	struct funclat_slots *all;

	if (has_sparse_slots) {
		count_sparse_slot(func, epoch, slot);
		return;
	}
	all = bpf_map_lookup_elem(&slots, &key);
	if (all)
		__sync_fetch_and_add(&all->counts[slot], 1);
}

/* Counts a call of this function that took this time. */
static __always_inline void add_call(void *ctx, u32 func, u64 ns)
{
	u64 epoch = current_epoch();
	struct funclat_stats *s = stats_in(func, epoch);

	if (!s)
		return;
	__sync_fetch_and_add(&s->returned, 1);
	__sync_fetch_and_add(&s->sum_ns, ns);
	if (s->epoch != epoch) {
		s->epoch = epoch;
		s->longest_ns = 0;
	}
	if (s->longest_ns < ns)
		s->longest_ns = ns;
	if (count_by)
		add_key_call(func, epoch, ns);
	count_slot(func, epoch, ns);
	report_if_slow(ctx, func, ns);
}

#endif /* __FUNCLAT_STATS_BPF_H__ */
