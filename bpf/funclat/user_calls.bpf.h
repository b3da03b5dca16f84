/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The calls of functions of programs that are in flight. A call is identified by its frame, the
 * stack pointer at its entry, whichever thread runs on that stack: so recursion, coroutines, and
 * signal handlers on a stack of their own stay apart, and a forked child has no calls. The stacks
 * of goroutines move, but the distance of a frame from their top does not change.
 *
 * A call that an exception or longjmp() unwinds leaves its entry behind. A later call with the
 * same frame shows that, and for the last ones the stack pointer of the thread's last event does:
 * user space compares them (tools/funclat/unfinished_calls.cpp).
 *
 * The time of a call is net: without the time that its own probes add, and without the cost of the
 * probes of the calls that it made on the same thread. User space measures both at the start
 * (tools/funclat/probe_costs.cpp).
 */
#ifndef __FUNCLAT_USER_CALLS_BPF_H__
#define __FUNCLAT_USER_CALLS_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/funclat.h>
#include "funclat/calls.bpf.h"
#include "lib/counters.bpf.h"
#include "lib/read.bpf.h"
#include "lib/syscall.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FUNCLAT_USER_CALLS);
	__type(key, struct funclat_call_key);
	__type(value, struct funclat_call);
} user_calls SEC(".maps");

/* The threads that have calls in flight, and until user space has looked at them those that
 * ended with some. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FUNCLAT_CALLS);
	__type(key, u64);
	__type(value, struct funclat_thread);
} threads SEC(".maps");

/* A call that this thread began has ended in another one. */
static __always_inline void end_elsewhere(u64 thread, u64 sp)
{
	struct funclat_thread *known = bpf_map_lookup_elem(&threads, &thread);

	if (!known)
		return;
	known->sp = sp;
	__sync_fetch_and_add(&known->calls, -1);
}

/* Returns what is known of the current thread, which has just hit a probe; NULL if there is no
 * room. */
static __always_inline struct funclat_thread *know_thread(u64 thread)
{
	struct funclat_thread *known = bpf_map_lookup_elem(&threads, &thread), first = {};

	if (known)
		return known;
	/* Without it the thread's calls count as in flight at the end: no reason to lose them. */
	bpf_map_update_elem(&threads, &thread, &first, BPF_NOEXIST);
	return bpf_map_lookup_elem(&threads, &thread);
}

/* Notes the cost of a probe that neither begins nor ends a call. */
static __always_inline void add_probe(const struct funclat_site *site)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct funclat_thread *known = bpf_map_lookup_elem(&threads, &thread);

	if (known)
		known->probes_ns += site->hit_ns;
}

static __always_inline void count_untimed(u32 func)
{
	struct funclat_stats *s = stats_of(func);

	if (s)
		__sync_fetch_and_add(&s->untimed, 1);
}

/* Counts a call that is over, since another one begins with the same frame: its thread ended inside
 * it, or it was unwound. */
static __always_inline void replace_call(const struct funclat_call *former, u64 thread,
					 const struct funclat_call_key *key)
{
	struct funclat_stats *s = stats_of(key->function);
	u64 id = former->thread;
	struct funclat_thread *known;
	bool ended_inside = false;

	if (id != thread) {
		known = bpf_map_lookup_elem(&threads, &id);
		if (known) {
			/* A goroutine's frame is a distance, not an address. */
			ended_inside =
				!key->goroutine && known->has_ended && known->sp <= key->frame;
			__sync_fetch_and_add(&known->calls, -1);
		}
	}
	if (s)
		__sync_fetch_and_add(ended_inside ? &s->ended : &s->unwound, 1);
}

/* The current goroutine: a register of Go's internal ABI on x86-64 (1.17), of both ABIs on arm64.
 */
static __always_inline u64 goroutine_of(struct pt_regs *ctx)
{
	u64 g = 0;

#if defined(__TARGET_ARCH_x86)
	bpf_probe_read_kernel(&g, sizeof(g), (void *)ctx + 8); /* r14 */
#else
	bpf_probe_read_kernel(&g, sizeof(g), (void *)ctx + 28 * 8);
#endif
	return g;
}

/* Fills in the key of the call whose frame is at sp. Returns false if the top of a goroutine's
 * stack (struct g begins with stack.lo and stack.hi) cannot be read. */
static __always_inline bool fill_key(struct funclat_call_key *key, struct pt_regs *ctx,
				     const struct funclat_site *site, u64 sp)
{
	u64 top;

	key->function = site->function;
	key->tgid = bpf_get_current_pid_tgid() >> 32;
	key->frame = sp;
	if (!site->is_go)
		return true;
	key->goroutine = goroutine_of(ctx);
	if (bpf_probe_read_user(&top, sizeof(top), (void *)key->goroutine + 8))
		return false;
	key->frame = top - sp;
	return true;
}

/* A call begins. Counts it as lost if there is no room for it. */
static __always_inline void begin_user_call(struct pt_regs *ctx, const struct funclat_site *site)
{
	u64 thread = bpf_get_current_pid_tgid(), frame = PT_REGS_SP(ctx) + site->pushed;
	u32 func = site->function;
	struct funclat_call_key key = {};
	struct funclat_call call = {.thread = thread}, *former;
	struct funclat_thread *known;
	s64 calls = 1;

	if (!fill_key(&key, ctx, site, frame)) {
		count_untimed(func);
		return;
	}
	former = bpf_map_lookup_elem(&user_calls, &key);
	if (former) {
		calls = former->thread != thread;
		replace_call(former, thread, &key);
	}
	known = know_thread(thread);
	if (known) {
		known->sp = frame;
		known->probes_ns += site->hit_ns;
		call.probes_ns = known->probes_ns;
		__sync_fetch_and_add(&known->calls, calls);
	}
	call.start_ns = bpf_ktime_get_ns();
	if (!bpf_map_update_elem(&user_calls, &key, &call, BPF_ANY))
		return;
	count_event(SNOOP_LOST_MAP_FULL);
	if (known)
		__sync_fetch_and_add(&known->calls, -calls);
}

/* Ends the call with this frame. Returns its net time, or -1 if there is none: it began before the
 * tool did, was filtered, or was another process's before a fork. */
static __always_inline s64 end_user_call(struct pt_regs *ctx, const struct funclat_site *site,
					 u64 now)
{
	u64 thread = bpf_get_current_pid_tgid(), frame = PT_REGS_SP(ctx);
	struct funclat_call_key key = {};
	struct funclat_thread *known = bpf_map_lookup_elem(&threads, &thread);
	struct funclat_call *call = NULL;
	u64 ns, overhead_ns = site->overhead_ns;

	if (fill_key(&key, ctx, site, frame))
		call = bpf_map_lookup_elem(&user_calls, &key);
	if (known && call) {
		known->sp = frame;
		if (call->thread == thread) {
			overhead_ns += known->probes_ns - call->probes_ns;
			__sync_fetch_and_add(&known->calls, -1);
		}
	}
	if (known)
		known->probes_ns += site->hit_ns;
	if (!call)
		return -1;
	ns = now - call->start_ns;
	if (call->thread != thread)
		end_elsewhere(call->thread, frame);
	bpf_map_delete_elem(&user_calls, &key);
	return ns > overhead_ns ? ns - overhead_ns : 0;
}

static __always_inline u64 user_stack_pointer(void)
{
	struct pt_regs *regs = user_regs(current_task());

#if defined(__TARGET_ARCH_x86)
	return BPF_CORE_READ(regs, sp);
#else
	return BPF_CORE_READ((struct user_pt_regs *)regs, sp);
#endif
}

static __always_inline int note_exit(void)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct funclat_thread *known = bpf_map_lookup_elem(&threads, &thread);

	if (!known || !control.is_open)
		return 0;
	if (known->calls) {
		known->sp = user_stack_pointer();
		known->has_ended = 1;
	} else {
		bpf_map_delete_elem(&threads, &thread);
	}
	return 0;
}

SEC("?raw_tp/sched_process_exit")
int thread_exit(void *ctx)
{
	return note_exit();
}

/* Before 6.16 the tracepoint comes after pthread_join() has returned, when another thread may run
 * on the stack already. */
SEC("?kprobe")
int thread_exit_kprobe(void *ctx)
{
	return note_exit();
}

#endif /* __FUNCLAT_USER_CALLS_BPF_H__ */
