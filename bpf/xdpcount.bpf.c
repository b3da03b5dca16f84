// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * xdpcount: counts the packets and bytes of an interface by a key of the user's choice, and drops
 * packets that match rules: received packets with XDP, before the network stack sees them, sent
 * packets with tc, before the device sees them.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <linux/pkt_cls.h>
#include <snoop/xdpcount.h>
#include "lib/counters.bpf.h"
#include "lib/config.bpf.h"
#include "xdpcount/packet.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct packet_config packets = {};

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

/* The rules; bpftool can edit them while the tool runs. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__type(key, struct drop_port);
	__type(value, u8);
} drop_port SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__type(key, struct drop_ipv4);
	__type(value, u8);
} drop_ipv4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__type(key, struct drop_ipv6);
	__type(value, u8);
} drop_ipv6 SEC(".maps");

static __always_inline bool is_to_drop(const struct packet *p)
{
	const u8 *peer = packets.is_way_out ? p->daddr : p->saddr;

	if (packets.drops_port && p->layer >= PACKET_HAS_PROTO) {
		struct drop_port rule = {bpf_htons(p->proto), 0};

		if (p->layer == PACKET_HAS_PORTS)
			rule.port = p->dport;
		if (bpf_map_lookup_elem(&drop_port, &rule))
			return true;
	}
	if (packets.drops_ipv4 && p->family == 4) {
		struct drop_ipv4 rule = {.bits = 32};

		__builtin_memcpy(rule.addr, peer, sizeof(rule.addr));
		return bpf_map_lookup_elem(&drop_ipv4, &rule);
	}
	if (packets.drops_ipv6 && p->family == 6) {
		struct drop_ipv6 rule = {.bits = 128};

		__builtin_memcpy(rule.addr, peer, sizeof(rule.addr));
		return bpf_map_lookup_elem(&drop_ipv6, &rule);
	}
	return false;
}

/* True if a rule compares what the packet does not show, because it ends before or is invalid. */
static __always_inline bool is_unparsed(const struct packet *p)
{
	if (!packets.drops_port && !packets.drops_ipv4 && !packets.drops_ipv6)
		return false;
	if (p->layer == PACKET_ENDS_EARLY || p->layer == PACKET_IS_BROKEN)
		return true;
	return packets.drops_port && (p->layer == PACKET_IS_IP || p->layer == PACKET_PORTS_CUT);
}

static __always_inline void put_key(struct packet_key *key, const struct packet *p)
{
	bool by_addr = packets.by == PACKET_BY_SRC || packets.by == PACKET_BY_DST;

	if (p->layer == PACKET_IS_OTHER) {
		key->kind = PACKET_ETHERTYPE;
		key->id.proto = bpf_htons(p->proto);
	} else if (p->layer == PACKET_IS_BROKEN) {
		key->kind = PACKET_MALFORMED;
	} else if (by_addr && p->family) {
		key->kind = p->family == 4 ? PACKET_IPV4 : PACKET_IPV6;
		if (packets.by == PACKET_BY_SRC)
			__builtin_memcpy(key->addr, p->saddr, sizeof(key->addr));
		else
			__builtin_memcpy(key->addr, p->daddr, sizeof(key->addr));
	} else if (p->layer < PACKET_HAS_PROTO) {
		key->kind = PACKET_TRUNCATED;
	} else if (packets.by == PACKET_BY_PROTO || p->layer == PACKET_HAS_PROTO) {
		key->kind = PACKET_PROTO;
		key->id.proto = bpf_htons(p->proto);
	} else if (p->layer == PACKET_LATER) {
		key->kind = PACKET_FRAGMENT;
		key->id.proto = bpf_htons(p->proto);
	} else if (p->layer == PACKET_HAS_PORTS) {
		key->kind = PACKET_PORT;
		key->id.proto = bpf_htons(p->proto);
		/* The local side is the destination of received packets and the source of sent
		 * ones. */
		if ((packets.by == PACKET_BY_PEER) == packets.is_way_out)
			key->id.port = p->dport;
		else
			key->id.port = p->sport;
	} else {
		key->kind = PACKET_TRUNCATED;
	}
}

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
	struct packet p = {.ctx = ctx};

	p.len = packets_have_frags ? bpf_xdp_get_buff_len(ctx) : ctx->data_end - ctx->data;
	packet_parse(&p, true);
	return count_packets(&p, 1, p.len) ? XDP_DROP : XDP_PASS;
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
	struct packet p = {.ctx = skb, .len = skb->len};
	u64 n, bytes = skb->wire_len;

	packet_parse(&p, false);
	n = segments(skb, &p);
	if (skb->vlan_present) /* the device writes the tag */
		bytes += n * 4;
	return count_packets(&p, n, bytes) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
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
