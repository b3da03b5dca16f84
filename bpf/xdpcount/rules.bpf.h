/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rules of --drop: which packets they name, and which packets hide what they compare.
 *     if (is_to_drop(&p) || is_unparsed(&p)) …
 */
#ifndef __RULES_BPF_H__
#define __RULES_BPF_H__

#include "xdpcount/packet.bpf.h"
#include "xdpcount/settings.bpf.h"

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

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TCP_FLAGS_VALUES);
	__type(key, u32);
	__type(value, u8);
} drop_tcp_flags SEC(".maps");

static __always_inline bool has_flags_to_drop(const struct packet *p)
{
	u32 flags = p->tcp_flags;
	const u8 *drops = bpf_map_lookup_elem(&drop_tcp_flags, &flags);

	return drops && *drops;
}

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
	if (packets.drops_tcp_flags && p->has_tcp_flags && has_flags_to_drop(p))
		return true;
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
	bool by_transport = packets.drops_port || packets.drops_tcp_flags;

	if (!by_transport && !packets.drops_ipv4 && !packets.drops_ipv6)
		return false;
	if (p->layer == PACKET_ENDS_EARLY || p->layer == PACKET_IS_BROKEN)
		return true;
	if (by_transport && p->layer == PACKET_IS_IP)
		return true;
	if (packets.drops_port && p->layer == PACKET_PORTS_CUT)
		return true;
	return packets.drops_tcp_flags && p->proto == IPPROTO_TCP && !p->has_tcp_flags &&
	       (p->layer == PACKET_PORTS_CUT || p->layer == PACKET_HAS_PORTS);
}

#endif /* __RULES_BPF_H__ */
