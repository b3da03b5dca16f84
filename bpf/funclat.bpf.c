// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * funclat: measures how long calls to a function take, and counts them.
 *
 * A call is stored from its entry to its return: by thread in funclat/calls.bpf.h, by its frame
 * in funclat/user_calls.bpf.h for functions of programs, which may switch stacks.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/funclat.h>
#include "funclat/calls.bpf.h"
#include "funclat/site.bpf.h"
#include "funclat/stats.bpf.h"
#include "funclat/user_calls.bpf.h"
#include "lib/config.bpf.h"
#include "lib/counters.bpf.h"
#include "lib/descendants.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/lineage_hooks.bpf.h"
#include "lib/private_stack.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u8 several = 0;    /* 1: more than one function is traced */
const volatile __u8 count_only = 0; /* no program on the return */
/* Functions by address, where programs get no cookies. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, u32);
} functions SEC(".maps");

/* ---- calls ----------------------------------------------------------------------- */

/* Counts a call. Returns the function's counters, or NULL if the call is not traced. */
static __always_inline struct funclat_stats *count_call(u32 func)
{
	struct funclat_stats *s;
	u64 epoch;

	/* Do not count while programs are being attached or detached one by one. */
	if (!control.is_open)
		return NULL;
	count_event(SNOOP_SEEN);
	if (!passes_filters()) {
		count_event(SNOOP_FILTERED);
		return NULL;
	}
	epoch = current_epoch();
	s = stats_in(func, epoch);
	if (!s)
		return NULL;
	__sync_fetch_and_add(&s->calls, 1);
	if (count_by)
		count_key_call(func, epoch);
	return s;
}

static __always_inline int enter(u32 func, u64 frame)
{
	struct call_key key = {.task = bpf_get_current_task()};
	struct call call = {.frame = frame, .func = func, .calls = 1}, *outermost, *other;
	struct funclat_stats *s = count_call(func);
	u32 depth;

	if (!s || count_only)
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
		/* The map is full, or an interrupt came before outermost->calls was updated. */
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

static __always_inline int leave(void *ctx, u32 func, u64 at, u64 width)
{
	u64 now = bpf_ktime_get_ns();
	struct call_key key = {.task = bpf_get_current_task()};
	struct call *outermost, *call;
	u32 n;
	int depth = 0;

	if (!control.is_open)
		return 0;
	call = outermost = bpf_map_lookup_elem(&calls, &key);
	/* The call began before the tool did, or was filtered. */
	if (!outermost)
		return 0;
	n = outermost->calls;
	if (n > 1 || !is_return_of(outermost, func, at, width)) {
		depth = find_call(key.task, n, func, at, width);
		if (depth < 0)
			return 0;
		/* The returns of the calls on top of it were missed. */
		if (depth + 1 < n)
			drop_from(key.task, depth + 1, n);
		key.depth = depth;
		call = bpf_map_lookup_elem(&calls, &key);
		if (!call)
			return 0;
	}
	add_call(ctx, call->func, now - call->start_ns);
	bpf_map_delete_elem(&calls, &key);
	if (depth)
		outermost->calls = depth;
	return 0;
}

/* ---- fentry ------------------------------------------------------------------------ */

/*
 * The trampoline passes the same address on the stack to both programs, which serves as the
 * frame. To the verifier an address is not a number, but the difference of two addresses is.
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
	return leave(ctx, 0, frame_of_trampoline(ctx), 0);
}

/* ---- kprobes and uprobes, single and multi: they get registers ------------------------ */

static __always_inline u32 function_of(struct pt_regs *ctx)
{
	u64 address = PT_REGS_IP(ctx);
	u32 *func;

	if (!several)
		return 0;
	/* For kprobes and uprobes since 5.15, commit 7adfc6c9b315. */
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

/* Without cookies, a return has nothing that tells its function: its frame finds the call. */
static __always_inline u32 returning_function(struct pt_regs *ctx)
{
	if (several && !bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_attach_cookie))
		return ANY_FUNCTION;
	return function_of(ctx);
}

static __always_inline int return_of(struct pt_regs *ctx)
{
#if defined(__TARGET_ARCH_x86)
	/* The return popped its address: 8 bytes, or 4 in a 32-bit program, where a function
	 * that returns a struct also pops the pointer to it. */
	return leave(ctx, returning_function(ctx), PT_REGS_SP(ctx) - 1, 7);
#else
	return leave(ctx, returning_function(ctx), PT_REGS_SP(ctx), 0);
#endif
}

SEC("?kretprobe")
int on_return(struct pt_regs *ctx)
{
	return return_of(ctx);
}

/* For return probes on programs, where the kernel preempts them. */
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

/* ---- functions of programs, without return probes -------------------------------------- */

/* By cookie; without cookies by the low bits of the address, which are those of the offset in
 * the file. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct funclat_site);
} sites SEC(".maps");

static __always_inline const struct funclat_site *site_of(struct pt_regs *ctx)
{
	u64 key;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_attach_cookie))
		key = bpf_get_attach_cookie(ctx);
	else
		key = PT_REGS_IP(ctx) & FUNCLAT_OFFSET_BITS;
	return bpf_map_lookup_elem(&sites, &key);
}

static __always_inline int at_site(struct pt_regs *ctx)
{
	u64 now = bpf_ktime_get_ns();
	const struct funclat_site *site;
	s64 ns;

	if (!control.is_open)
		return 0;
	site = site_of(ctx);
	if (!site)
		return 0;
	if (site->kind == FUNCLAT_ENTRY) {
		if (count_call(site->function) && !count_only)
			begin_user_call(ctx, site);
	} else if (site->kind == FUNCLAT_ENTRY_UNTIMED) {
		if (count_call(site->function) && !count_only)
			count_untimed(site->function);
		add_probe(site);
	} else if (!count_only && ends_call(ctx, site)) {
		ns = end_user_call(ctx, site, now);
		if (ns >= 0)
			add_call(ctx, site->function, ns);
	} else {
		add_probe(site);
	}
	return 0;
}

SEC("?uprobe")
int on_site(struct pt_regs *ctx)
{
	return at_site(ctx);
}

SEC("?uprobe")
int on_site_preempted(struct pt_regs *ctx)
{
	at_site(ctx);
	return stay_on_task_stack(ctx);
}
