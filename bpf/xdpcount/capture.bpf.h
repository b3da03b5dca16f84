/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends dropped packets to user space, which writes them to the file of --pcap.
 *     if (count_packets(&p, 1, p.len)) {
 *             capture_dropped(&p, true);
 *             return XDP_DROP;
 *     }
 */
#ifndef __CAPTURE_BPF_H__
#define __CAPTURE_BPF_H__

#define EMIT_WITHOUT_BTF
#include "lib/emit.bpf.h"
#include "xdpcount/packet.bpf.h"
#include "xdpcount/settings.bpf.h"

/* Bytes of each packet; 0: no packet is sent. User space sets it before the load. */
const volatile __u32 capture_bytes = 0;

/* One per CPU: neither kind of program is interrupted by another of its kind. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(
		value, struct {
			struct dropped_packet head;
			u8 bytes[PACKET_CAPTURE_MAX];
		});
} captured SEC(".maps");

/* A ring buffer takes a record in one piece, so the packet is copied behind its head first
 * (5.18: bpf_xdp_load_bytes, and a verifier that keeps the bounds of spilled numbers). Perf buffers
 * take the packet from the kernel as it is. */
static __always_inline long send_packet(const struct packet *p, bool is_xdp,
					struct dropped_packet *head, u8 *bytes, u64 size)
{
	long err;

	if (!config.use_ring) {
		err = bpf_perf_event_output(p->ctx, &events, BPF_F_CURRENT_CPU | size << 32, head,
					    sizeof(*head));
		wake_sleeping_consumer(p->ctx);
		return err;
	}
	err = is_xdp ? bpf_xdp_load_bytes(p->ctx, 0, bytes, size) :
		       bpf_skb_load_bytes(p->ctx, 0, bytes, size);
	return err ? err : emit(p->ctx, head, sizeof(*head) + size);
}

static __always_inline void capture_dropped(const struct packet *p, bool is_xdp)
{
	u64 size = p->len;
	u32 zero = 0;
	struct dropped_packet *head;
	long err;

	if (!capture_bytes)
		return;
	head = bpf_map_lookup_elem(&captured, &zero);
	if (!head)
		return;
	if (size > capture_bytes)
		size = capture_bytes;
	if (!size)
		return;
	/* Changes nothing, but shows the verifier that size is from 1 to the maximum: before 6.8 a
	 * comparison does not tell it that a number is not 0. */
	barrier_var(size);
	size = ((size - 1) & (PACKET_CAPTURE_MAX - 1)) + 1;
	__builtin_memset(head, 0, sizeof(*head));
	head->rec.size = sizeof(*head) + size;
	head->rec.kind = PACKET_DROPPED;
	head->rec.ts_ns = bpf_ktime_get_boot_ns();
	head->rec.cpu = bpf_get_smp_processor_id();
	head->len = p->len;
	head->captured = size;
	head->tag_type = p->tag_type;
	head->tag = bpf_ntohs(p->tag);
	err = send_packet(p, is_xdp, head, (u8 *)(head + 1), size);
	if (err)
		count_lost(err, head->rec.size);
}

#endif /* __CAPTURE_BPF_H__ */
