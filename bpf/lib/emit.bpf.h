/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends records to the consumer in user space, through the ring buffer or the perf buffers, and
 * wakes the consumer only if it is asleep.
 *     if (send_record(ctx, &e->rec, size))
 *             count_flaws(e->rec.flags);
 */
#ifndef __EMIT_BPF_H__
#define __EMIT_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/record.h>
#include "counters.bpf.h"
#include "config.bpf.h"
#include "errno.bpf.h"
#ifndef EMIT_WITHOUT_BTF
#include "lineage.bpf.h"
#endif

struct snoop_wake wake = {};

/* User space sets type and size before the load: a ring buffer (5.8), or a perf event array on
 * older kernels and with --transport perf. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

/* With perf buffers a program cannot choose whether a record wakes the consumer. The buffers of
 * `events` wake it when they are half full; these, which carry empty records, always do. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, u32);
	__type(value, u32);
} wakeups SEC(".maps");

/* Tests the type first: kernels before 5.8 must not see the ring's helpers at all, and before
 * 5.5 the verifier does not know that rodata is constant. */
static __always_inline bool uses_ring(void)
{
#ifdef EMIT_WITHOUT_BTF /* of a tool that needs Linux 5.9 and does without kernel types */
	return config.use_ring;
#endif
	return bpf_core_type_exists(struct bpf_ringbuf) && config.use_ring;
}

/* Returns true if the consumer is in this state and the caller has to wake it. Only one of several
 * callers has to. */
static __always_inline bool claim_wakeup(enum snoop_consumer state)
{
	if (!config.hold_wakeups || wake.consumer != state)
		return false;
	wake.consumer = SNOOP_CONSUMER_WORKS;
	__sync_fetch_and_add(&wake.forced, 1);
	return true;
}

/*
 * A wake-up is the most expensive part of an event. So there is none while the consumer is busy,
 * since it checks for records before it waits, and none during a nap of some milliseconds, unless
 * the ring is half full.
 */
static __always_inline u64 wakeup_flags(void)
{
	if (!uses_ring() || !config.hold_wakeups)
		return 0;
	if (claim_wakeup(SNOOP_CONSUMER_SLEEPS))
		return BPF_RB_FORCE_WAKEUP;
	if (wake.consumer == SNOOP_CONSUMER_NAPS &&
	    bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > config.ring_bytes / 2 &&
	    claim_wakeup(SNOOP_CONSUMER_NAPS))
		return BPF_RB_FORCE_WAKEUP;
	return BPF_RB_NO_WAKEUP;
}

/*
 * Wakes a consumer that fell asleep between wakeup_flags() and the commit. The consumer publishes
 * that it is asleep, checks for records, and blocks; a program commits, then reads the state. At
 * least one of the two sees the other: a commit to the ring is a full barrier; a commit to a perf
 * buffer is not, so the consumer checks a second time (Session::trace). The record has been sent,
 * so an empty one carries the wake-up.
 */
static __always_inline void wake_sleeping_consumer(void *ctx)
{
	u64 nothing = 0;
	void *rec;

	if (!config.hold_wakeups || wake.consumer != SNOOP_CONSUMER_SLEEPS)
		return;
	if (uses_ring()) {
		rec = bpf_ringbuf_reserve(&events, sizeof(nothing), 0);
		if (!rec)
			return;
		bpf_ringbuf_discard(rec, claim_wakeup(SNOOP_CONSUMER_SLEEPS) ? BPF_RB_FORCE_WAKEUP :
									       BPF_RB_NO_WAKEUP);
	} else if (claim_wakeup(SNOOP_CONSUMER_SLEEPS)) {
		bpf_perf_event_output(ctx, &wakeups, BPF_F_CURRENT_CPU, &nothing, sizeof(nothing));
	}
}

static __always_inline long output(void *ctx, void *rec, u64 size, u64 ring_flags)
{
	if (uses_ring())
		return bpf_ringbuf_output(&events, rec, size, ring_flags);
	return bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, rec, size);
}

/* Sends a record; returns 0, or a negative errno if it is lost. */
static __always_inline long emit(void *ctx, void *rec, u64 size)
{
	u64 flags = wakeup_flags();
	long err = output(ctx, rec, size, flags);

	/* The lost record did not wake the consumer either. */
	if (err && flags == BPF_RB_FORCE_WAKEUP)
		wake.consumer = SNOOP_CONSUMER_SLEEPS;
	wake_sleeping_consumer(ctx);
	return err;
}

/* Sends a record that is followed by another one of the same event, which wakes the consumer.
 * Meant for loops, where each branch costs the verifier time. */
static __always_inline long emit_without_wakeup(void *ctx, void *rec, u64 size)
{
	return output(ctx, rec, size, BPF_RB_NO_WAKEUP);
}

/*
 * Counts a record of `size` bytes that emit() could not send. A CPU that came up after the
 * tool has no perf buffer (-ENOENT); one that went offline and came back has one that is
 * disabled (-EOPNOTSUPP). A ring holds its size less 8 bytes, and spends 8 on each record; a
 * perf buffer holds its size less 8 bytes, and spends 12.
 */
static __always_inline void count_lost(long err, u64 size)
{
	if (err == -ENOENT || err == -EOPNOTSUPP)
		count_event(SNOOP_LOST_NO_BUFFER);
	else if (size > config.ring_bytes - (config.use_ring ? 16 : 20))
		count_event(SNOOP_LOST_SIZE);
	else
		count_event(SNOOP_LOST_RING);
}

#ifndef EMIT_WITHOUT_BTF
/* Sends the current process's programs before its record `next`, once for each program. */
static __noinline int send_lineage(void *ctx, struct snoop_record *next)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct snoop_lineage *l = bpf_map_lookup_elem(&lineages, &pid);

	if (!l || !next || l->sent == lineage_epoch + 1)
		return 0;
	l->rec.ts_ns = next->ts_ns;
	l->rec.tid = next->tid;
	l->rec.cpu = next->cpu;
	if (!emit_without_wakeup(ctx, l, sizeof(*l)))
		l->sent = lineage_epoch + 1;
	return 0;
}
#endif

/* Sends the programs of the current process first, if they are asked for. */
static __always_inline void send_ancestors(void *ctx, struct snoop_record *rec)
{
#ifndef EMIT_WITHOUT_BTF
	if (config.want_ancestors)
		send_lineage(ctx, rec);
#endif
}

/* Sends a record that is `size` bytes long, without ancestors; returns false, and counts the cause,
 * if it is lost. */
static __always_inline bool send_alone(void *ctx, struct snoop_record *rec, u64 size)
{
	long err;

	rec->size = size;
	err = emit(ctx, rec, size);
	if (err)
		count_lost(err, size);
	return !err;
}

/* Likewise, with ancestors. If the verifier forgets the bound of the size (before 6.12), call
 * send_ancestors() before the size is checked, and then send_alone(). */
static __always_inline bool send_record(void *ctx, struct snoop_record *rec, u64 size)
{
	send_ancestors(ctx, rec);
	return send_alone(ctx, rec, size);
}

/* Counts an event that was sent with these flags and is not whole. */
static __always_inline void count_flaws(u16 flags)
{
	if (flags & SNOOP_FLAG_FAULTED)
		count_event(SNOOP_FAULTED);
	if (flags & SNOOP_FLAG_TRUNCATED)
		count_event(SNOOP_TRUNCATED);
}

#endif /* __EMIT_BPF_H__ */
