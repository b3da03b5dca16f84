/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way out: emit() hands a record to the reader, through the ring buffer or
 * the perf buffer, and wakes the reader only if it sleeps.
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

struct snoop_wake wake = {};

/* The user side sets type and size before the load: a ring buffer (5.8), or a
 * perf event array on older kernels and with --transport perf. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

/* With perf buffers a program cannot say whether a record wakes the reader: those of
 * `events` do when a buffer is half full, and these, which are empty, always. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, u32);
	__type(value, u32);
} wakeups SEC(".maps");

/* The type is asked for first: kernels before 5.8 must not even see the ring's helpers,
 * and before 5.5 the verifier does not know that rodata is fixed. */
static __always_inline bool uses_ring(void)
{
	return bpf_core_type_exists(struct bpf_ringbuf) && config.use_ring;
}

/* If the reader is in this state, it is for the caller to wake it; only one is told so. */
static __always_inline bool claim_wakeup(enum snoop_consumer state)
{
	if (!config.hold_wakeups || wake.consumer != state)
		return false;
	wake.consumer = SNOOP_CONSUMER_WORKS;
	__sync_fetch_and_add(&wake.forced, 1);
	return true;
}

/*
 * A wake-up costs more than all the rest of an event. So it is held back while the
 * reader works, which then looks for records again; and while it naps, which it does for
 * some milliseconds, unless the ring fills up.
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
 * The reader may have gone to sleep between wakeup_flags() and the commit. Its order is:
 * say so, look for records, block; ours is: commit, look at what it says. One of the two
 * sees the other: a commit to the ring is a full barrier, and after one to a perf buffer,
 * which is none, the reader looks a second time (Session::trace). There is nothing left
 * to submit here, so an empty record carries the wake-up.
 */
static __always_inline void wake_if_it_fell_asleep(void *ctx)
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

/* Copies a record out; returns 0, or a negative errno where there is no room. */
static __always_inline long emit(void *ctx, void *rec, u64 size)
{
	u64 flags = wakeup_flags();
	long err = output(ctx, rec, size, flags);

	/* A record that did not fit carried no wake-up either. */
	if (err && flags == BPF_RB_FORCE_WAKEUP)
		wake.consumer = SNOOP_CONSUMER_SLEEPS;
	wake_if_it_fell_asleep(ctx);
	return err;
}

/* The same for a record that another one of the same event follows: that one
 * wakes the reader. In a loop, where each branch costs the verifier time. */
static __always_inline long emit_quietly(void *ctx, void *rec, u64 size)
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

/* Sends a record that is `size` bytes long; returns false, and counts the cause, if it is lost. */
static __always_inline bool send_record(void *ctx, struct snoop_record *rec, u64 size)
{
	long err;

	rec->size = size;
	err = emit(ctx, rec, size);
	if (err)
		count_lost(err, size);
	return !err;
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
