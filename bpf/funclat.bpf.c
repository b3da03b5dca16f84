// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * funclat: how long calls of a function take, and how many there are.
 *
 * A call is remembered from its entry to its return. The calls that a thread is in are
 * a stack, and each has a place in memory, its frame, by which its return is known again:
 * so recursion, interrupts on top of a call, and returns that nobody saw stay apart.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/funclat.h>
#include "lib/counters.bpf.h"
#include "lib/config.bpf.h"
#include "lib/filter.bpf.h"
#include "funclat/log2.bpf.h"
#include "lib/private_stack.bpf.h"
#include "lib/descendants.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 unit_ns = 1;   /* that slots count in */
const volatile __u8 several = 0;    /* functions: which one has to be found out */
const volatile __u8 count_only = 0; /* no program on the return */
/* kprobe.multi: since 6.14 the stack pointer at the return is not the function's own. */
const volatile __u8 has_return_frames = 1;

struct funclat_control control;

/* Two entries for each function. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct funclat_stats);
} stats SEC(".maps");

/* A thread's calls by their depth, from 0. Not by its tid: idle threads all have 0. */
struct call_key {
	u64 task;
	u32 depth;
	u32 pad;
};

struct call {
	u64 start_ns;
	u64 frame;
	u32 func;
	u32 calls; /* of the outermost: how many the thread is in */
};

/* Preallocated: the function may be one of the allocator's. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FUNCLAT_CALLS);
	__type(key, struct call_key);
	__type(value, struct call);
} calls SEC(".maps");

/* Functions by their address, where programs get no cookies. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, u32);
} functions SEC(".maps");

enum {
	NEAR = 16384 /* the size of the kernel's stacks: farther away is another stack */
};

/* ---- calls ----------------------------------------------------------------------- */

static __always_inline struct funclat_stats *stats_of(u32 func)
{
	u32 key = func * 2 + (control.epoch & 1);

	return bpf_map_lookup_elem(&stats, &key);
}

static __always_inline void count_missed(u32 func)
{
	struct funclat_stats *s = stats_of(func);

	if (s)
		__sync_fetch_and_add(&s->missed, 1);
}

/*
 * The loops over a thread's calls are functions for themselves, and global: the verifier
 * looks at each once (5.6). barrier_var() keeps the compiler from counting in a variable
 * whose value the verifier does not know.
 */

/*
 * With func entered at that frame, which of the innermost calls are over, although nobody
 * saw them return? Stacks grow downwards: what lies deeper than a function that begins is;
 * so is what lies at the same place, but for another function that ended by jumping to this
 * one. Counts and forgets them; returns how many are left.
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

/* Counts and forgets the calls from depth `first` on, of n. */
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

/* Has this call returned? Its frame is then one of `width` + 1 places that end at `at`. */
static __always_inline bool is_return_of(const struct call *call, u32 func, u64 at, u64 width)
{
	return call->func == func && (!has_return_frames || at - call->frame <= width);
}

/* The depth of the call that has returned; -1 if it is none of the thread's n. */
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

static __always_inline int enter(u32 func, u64 frame)
{
	struct call_key key = {.task = bpf_get_current_task()};
	struct call call = {.frame = frame, .func = func, .calls = 1}, *outermost, *other;
	struct funclat_stats *s;
	u32 depth;

	/* While programs come and go one after the other, that is not a time to speak of. */
	if (!control.is_open)
		return 0;
	count_event(SNOOP_SEEN);
	if (!passes_filters()) {
		count_event(SNOOP_FILTERED);
		return 0;
	}
	s = stats_of(func);
	if (!s)
		return 0;
	__sync_fetch_and_add(&s->calls, 1);
	if (count_only)
		return 0;

	outermost = bpf_map_lookup_elem(&calls, &key);
	depth = outermost ? drop_over(key.task, outermost->calls, func, frame) : 0;
	if (depth >= FUNCLAT_DEPTH) {
		__sync_fetch_and_add(&s->missed, 1);
		return 0;
	}
	key.depth = depth;
	call.start_ns = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&calls, &key, &call, BPF_NOEXIST)) {
		/* Left behind by an interrupt in the middle of what follows, or no room. */
		other = bpf_map_lookup_elem(&calls, &key);
		if (!other) {
			count_event(SNOOP_LOST_MAP_FULL);
			return 0;
		}
		count_missed(other->func);
		*other = call;
	}
	if (depth && outermost)
		outermost->calls = depth + 1;
	return 0;
}

static __always_inline void add_latency(u32 func, u64 ns)
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

static __always_inline int leave(u32 func, u64 at, u64 width)
{
	u64 now = bpf_ktime_get_ns();
	struct call_key key = {.task = bpf_get_current_task()};
	struct call *outermost, *call;
	u32 n;
	int depth = 0;

	call = outermost = bpf_map_lookup_elem(&calls, &key);
	/* Entered before this program was there, or filtered. */
	if (!outermost)
		return 0;
	n = outermost->calls;
	if (n > 1 || !is_return_of(outermost, func, at, width)) {
		depth = find_call(key.task, n, func, at, width);
		if (depth < 0)
			return 0;
		/* Those that it has called since then have returned unseen. */
		if (depth + 1 < n)
			drop_from(key.task, depth + 1, n);
		key.depth = depth;
		call = bpf_map_lookup_elem(&calls, &key);
		if (!call)
			return 0;
	}
	add_latency(func, now - call->start_ns);
	bpf_map_delete_elem(&calls, &key);
	if (depth)
		outermost->calls = depth;
	return 0;
}

/* When a thread's task_struct is freed, what it was in is over. */
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

/* ---- fentry ------------------------------------------------------------------------ */

/*
 * The trampoline that calls both programs hands them the same place on the stack: that is
 * the frame. The verifier keeps addresses and numbers apart, but the difference of two
 * addresses is a number.
 */
static __always_inline u64 frame_of_trampoline(void *ctx)
{
	u64 frame = (u64)ctx;

	asm volatile("%0 -= %1" : "+r"(frame) : "r"(&config));
	return frame;
}

SEC("?fentry")
int on_fentry(void *ctx)
{
	return enter(0, frame_of_trampoline(ctx));
}

SEC("?fexit")
int on_fexit(void *ctx)
{
	return leave(0, frame_of_trampoline(ctx), 0);
}

/* ---- kprobes and uprobes, one at a time or many: they all hand over registers --------- */

static __always_inline u32 function_of(struct pt_regs *ctx)
{
	u64 address = PT_REGS_IP(ctx);
	u32 *func;

	if (!several)
		return 0;
	/* Of kprobes and uprobes since 5.15, commit 7adfc6c9b315. */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_attach_cookie))
		return bpf_get_attach_cookie(ctx);
	func = bpf_map_lookup_elem(&functions, &address);
	return func ? *func : 0;
}

SEC("?kprobe")
int on_entry(struct pt_regs *ctx)
{
	return enter(function_of(ctx), PT_REGS_SP(ctx));
}

static __always_inline int return_of(struct pt_regs *ctx)
{
#if defined(__TARGET_ARCH_x86)
	/* The return took its address off the stack: 8 bytes, of a 32-bit program 4; and one
	 * that returns a struct took that pointer along. */
	return leave(function_of(ctx), PT_REGS_SP(ctx) - 1, 7);
#else
	return leave(function_of(ctx), PT_REGS_SP(ctx), 0);
#endif
}

SEC("?kretprobe")
int on_return(struct pt_regs *ctx)
{
	return return_of(ctx);
}

/* The same for uprobes, where the kernel preempts programs. */
SEC("?uprobe")
int on_entry_preempted(struct pt_regs *ctx)
{
	enter(function_of(ctx), PT_REGS_SP(ctx));
	return stay_on_task_stack(ctx);
}

SEC("?uretprobe")
int on_return_preempted(struct pt_regs *ctx)
{
	return_of(ctx);
	return stay_on_task_stack(ctx);
}
