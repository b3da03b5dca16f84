/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads bytes of a packet in XDP and tc programs: is_xdp is a constant, so the compiler keeps only
 * one of the two ways.
 *     if (!packet_read(ctx, is_xdp, at, &ip, sizeof(ip))) …   // the packet ends before
 */
#ifndef __READ_PACKET_BPF_H__
#define __READ_PACKET_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* The verifier lets a program add up to 0xffff to a pointer, with the size of what is read. */
enum {
	PACKET_POINTER_MAX = 0xff00
};

/* User space sets these before the load. */
const volatile __u8 packets_have_frags = 0; /* 1: XDP gives packets of several buffers (5.18) */
const volatile __u8 packets_by_helper = 0;  /* 1: without CAP_PERFMON, by a helper only: slower */

/* Copies size bytes, a constant, from offset `at`; returns false if the packet ends before. */
static __always_inline bool packet_read(void *ctx, bool is_xdp, u64 at, void *to, u32 size)
{
	struct xdp_md *xdp = ctx;
	void *from;

	if (!is_xdp)
		return !bpf_skb_load_bytes(ctx, at, to, size);
	/* Adding a number to a pointer requires CAP_PERFMON. */
	if (!packets_by_helper && at <= PACKET_POINTER_MAX) {
		from = (void *)(long)xdp->data + at;
		if (from + size <= (void *)(long)xdp->data_end) {
			__builtin_memcpy(to, from, size);
			return true;
		}
	}
	if (!packets_have_frags)
		return false;
	/* Reaches the further buffers of a packet, too. */
	return !bpf_xdp_load_bytes(xdp, at, to, size);
}

#endif /* __READ_PACKET_BPF_H__ */
