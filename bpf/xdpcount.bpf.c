// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * xdpcount: counts the packets and bytes of interfaces by a key of the user's choice, and drops
 * packets that match rules: received packets with XDP, before the network stack sees them, sent
 * packets with tc, before the device sees them.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <linux/pkt_cls.h>
#include <snoop/xdpcount.h>
#include "lib/counters.bpf.h"
#include "lib/config.bpf.h"
#include "xdpcount/capture.bpf.h"
#include "xdpcount/key.bpf.h"
#include "xdpcount/packet.bpf.h"
#include "xdpcount/rules.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * Preallocated: new keys may come, as in a port scan, faster than a softirq can allocate memory.
 * User space sets the key size and max_entries.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct packet_key));
	__uint(value_size, sizeof(struct packet_counts));
} counts SEC(".maps");

/* Packets whose key did not fit into that map. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct packet_counts);
} other SEC(".maps");

static __always_inline struct packet_counts *counts_of(const struct packet_key *key)
{
	struct packet_counts *c = bpf_map_lookup_elem(&counts, key);

	if (!c) {
		struct packet_counts none = {};
		u32 zero = 0;

		/* If another CPU has just created the entry, use that one. */
		bpf_map_update_elem(&counts, key, &none, BPF_NOEXIST);
		c = bpf_map_lookup_elem(&counts, key);
		if (!c)
			c = bpf_map_lookup_elem(&other, &zero);
	}
	return c;
}

/* Counts n packets of `bytes` bytes in total; returns true if they are to be dropped. */
static __always_inline bool count_packets(const struct packet *p, u64 n, u64 bytes)
{
	bool drop = is_to_drop(p);
	bool unparsed = !drop && is_unparsed(p);
	struct packet_key key = {};
	struct packet_counts *c;

	if (unparsed)
		drop = packets.drops_unparsed;
	count_events(SNOOP_SEEN, n);
	put_key(&key, p);
	c = counts_of(&key);
	if (!c)
		return drop;
	__sync_fetch_and_add(&c->packets, n);
	__sync_fetch_and_add(&c->bytes, bytes);
	if (unparsed)
		__sync_fetch_and_add(&c->unparsed, n);
	if (drop) {
		__sync_fetch_and_add(&c->dropped, n);
		__sync_fetch_and_add(&c->dropped_bytes, bytes);
	}
	return drop;
}

SEC("?xdp")
int xdpcount_in(struct xdp_md *ctx)
{
	struct packet p = {.ctx = ctx, .ifindex = ctx->ingress_ifindex};

	p.len = packets_have_frags ? bpf_xdp_get_buff_len(ctx) : ctx->data_end - ctx->data;
	packet_parse(&p, true);
	if (!count_packets(&p, 1, p.len))
		return XDP_PASS;
	capture_dropped(&p, true);
	return XDP_DROP;
}

/*
 * Returns the number of packets into which the device will segment skb. wire_len includes the
 * headers of each, len those of the first one only; gso_segs is 0 if skb comes from another
 * machine or a packet socket.
 */
static __always_inline u64 segments(struct __sk_buff *skb, const struct packet *p)
{
	u64 headers = p->at + 8; /* with UDP's header */
	u8 words = 0;		 /* length of TCP's header, in the upper half */

	if (skb->gso_segs)
		return skb->gso_segs;
	if (skb->wire_len <= skb->len || p->layer != PACKET_HAS_PORTS)
		return 1;
	if (p->proto == IPPROTO_TCP) {
		if (bpf_skb_load_bytes(skb, p->at + 12, &words, sizeof(words)))
			return 1;
		headers = p->at + (words >> 4) * 4;
	}
	return 1 + (skb->wire_len - skb->len) / headers;
}

SEC("?tc")
int xdpcount_out(struct __sk_buff *skb)
{
	struct packet p = {.ctx = skb, .len = skb->len, .ifindex = skb->ifindex};
	u64 n, bytes = skb->wire_len;

	if (skb->vlan_present) { /* the outermost tag, which the device writes */
		p.has_tag = true;
		p.tag = bpf_htons(skb->vlan_tci);
		p.tag_type = bpf_ntohs(skb->vlan_proto);
	}
	packet_parse(&p, false);
	n = segments(skb, &p);
	if (skb->vlan_present)
		bytes += n * 4;
	if (!count_packets(&p, n, bytes))
		return TC_ACT_UNSPEC;
	capture_dropped(&p, false);
	return TC_ACT_SHOT;
}

/*
 * A tc filter stays when the tool is killed. So the filter is this program, which calls the other
 * one through a program array. The kernel empties the array when its last descriptor is closed;
 * the filter that stays then does nothing.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} way_out SEC(".maps");

SEC("?tc")
int xdpcount_filter(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &way_out, 0);
	return TC_ACT_UNSPEC;
}
