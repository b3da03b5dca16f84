/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The active calls of each thread, as a stack. A call is identified by its frame, its position on
 * the thread's stack. This tells apart recursive calls, interrupts during a call, and calls whose
 * return was missed.
 */
#ifndef __FUNCLAT_CALLS_BPF_H__
#define __FUNCLAT_CALLS_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/funclat.h>
#include "funclat/stats.bpf.h"

/* kprobe.multi: since 6.14 the stack pointer at the return is not the function's own. */
const volatile __u8 has_return_frames = 1;

/* The key is the task and the depth, from 0. All idle threads have tid 0, so that is not used. */
struct call_key {
	u64 task;
	u32 depth;
	u32 pad;
};

struct call {
	u64 start_ns;
	u64 frame;
	u32 func;
	u32 calls; /* in the outermost: how many the thread is in */
};

/* Preallocated, since the traced function may belong to the allocator. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FUNCLAT_CALLS);
	__type(key, struct call_key);
	__type(value, struct call);
} calls SEC(".maps");

enum {
	NEAR = 16384 /* the size of the kernel's stacks: a frame farther away is on another one */
};
#define ANY_FUNCTION 0xffffffffU

static __always_inline void count_missed(u32 func)
{
	struct funclat_stats *s = stats_of(func);

	if (s)
		__sync_fetch_and_add(&s->missed, 1);
}

/*
 * The loops over a thread's calls are global functions, which the verifier checks once (5.6).
 * barrier_var() keeps the compiler from counting in a variable whose value the verifier does
 * not know.
 */

/*
 * Drops the innermost calls that must be over because `func` was entered at `frame`, and counts
 * their returns as missed. Stacks grow downwards, so a call below the new
 * frame is over; so is one at the same frame, unless its function jumped to this one (a tail
 * call). Returns how many calls are left.
 */
__noinline int drop_over(u64 task, u32 n, u32 func, u64 frame)
{
	struct call_key key = {.task = task};
	struct call *call;
	u64 above;
	u32 i;

	for (i = 0; i < FUNCLAT_DEPTH; i++) {
		barrier_var(i);
		if (i >= n)
			return 0;
		key.depth = n - i - 1;
		call = bpf_map_lookup_elem(&calls, &key);
		if (!call)
			continue;
		above = frame - call->frame;
		if (above >= NEAR || (!above && call->func != func))
			return n - i;
		count_missed(call->func);
		bpf_map_delete_elem(&calls, &key);
	}
	return 0;
}

/* Drops the calls from depth `first` on, of n, and counts them as missed. */
__noinline int drop_from(u64 task, u32 first, u32 n)
{
	struct call_key key = {.task = task};
	struct call *call;
	u32 i;

	for (i = 0; i < FUNCLAT_DEPTH; i++) {
		barrier_var(i);
		key.depth = first + i;
		if (key.depth >= n)
			return 0;
		call = bpf_map_lookup_elem(&calls, &key);
		if (!call)
			continue;
		count_missed(call->func);
		bpf_map_delete_elem(&calls, &key);
	}
	return 0;
}

/* True if a return of `func`, or of any function, at `at` ends this call: its frame lies at most
 * `width` bytes below. */
static __always_inline bool is_return_of(const struct call *call, u32 func, u64 at, u64 width)
{
	return (func == ANY_FUNCTION || call->func == func) &&
	       (!has_return_frames || at - call->frame <= width);
}

/* Returns the depth of the call that has returned, or -1 if none of the thread's n calls fits. */
__noinline int find_call(u64 task, u32 n, u32 func, u64 at, u64 width)
{
	struct call_key key = {.task = task};
	struct call *call;
	u32 i;

	for (i = 0; i < FUNCLAT_DEPTH; i++) {
		barrier_var(i);
		if (i >= n)
			return -1;
		key.depth = n - i - 1;
		call = bpf_map_lookup_elem(&calls, &key);
		if (call && is_return_of(call, func, at, width))
			return key.depth;
	}
	return -1;
}

/* Drops the calls of a thread that has ended, and counts them. */
static __always_inline int cleanup_task(u64 task)
{
	struct call_key key = {.task = task};
	struct funclat_stats *s;
	struct call *call;
	u32 depth;

	for (depth = 0; depth < FUNCLAT_DEPTH; depth++) {
		key.depth = depth;
		call = bpf_map_lookup_elem(&calls, &key);
		if (!call)
			return 0;
		s = stats_of(call->func);
		if (s)
			__sync_fetch_and_add(&s->ended, 1);
		bpf_map_delete_elem(&calls, &key);
	}
	return 0;
}

SEC("?raw_tp/sched_process_free")
int BPF_PROG(task_free, struct task_struct *task)
{
	return cleanup_task((u64)task);
}

SEC("?raw_tp/sched_process_free")
int BPF_PROG(task_free_backup, struct task_struct *task)
{
	return cleanup_task((u64)task);
}

#endif /* __FUNCLAT_CALLS_BPF_H__ */
