/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The key under which a packet is counted.
 *     struct packet_key key = {};
 *     put_key(&key, &p);
 */
#ifndef __KEY_BPF_H__
#define __KEY_BPF_H__

#include "xdpcount/packet.bpf.h"
#include "xdpcount/settings.bpf.h"

/* `p` ends within its tag if it ends early and has none. */
static __always_inline void put_vlan(struct packet_key *key, const struct packet *p)
{
	key->kind = PACKET_UNTAGGED;
	if (p->has_tag) {
		key->kind = PACKET_VLAN;
		key->vlan = p->tag & bpf_htons(0xfff);
	} else if (p->layer == PACKET_ENDS_EARLY && !p->at) {
		key->kind = PACKET_TRUNCATED;
	}
}

static __always_inline void put_key(struct packet_key *key, const struct packet *p)
{
	bool by_addr = packets.by == PACKET_BY_SRC || packets.by == PACKET_BY_DST;

	if (packets.by == PACKET_BY_INTERFACE) {
		key->kind = PACKET_INTERFACE;
		key->ifindex = bpf_htonl(p->ifindex);
		return;
	}
	if (packets.by == PACKET_BY_VLAN)
		return put_vlan(key, p);
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
	} else if (packets.by == PACKET_BY_PROTO || p->layer == PACKET_HAS_PROTO ||
		   (packets.by == PACKET_BY_TCP_FLAGS && p->proto != IPPROTO_TCP)) {
		key->kind = PACKET_PROTO;
		key->id.proto = bpf_htons(p->proto);
	} else if (p->layer == PACKET_LATER) {
		key->kind = PACKET_FRAGMENT;
		key->id.proto = bpf_htons(p->proto);
	} else if (packets.by == PACKET_BY_TCP_FLAGS) {
		key->kind = p->has_tcp_flags ? PACKET_TCP_FLAGS : PACKET_TRUNCATED;
		key->tcp_flags = p->has_tcp_flags ? p->tcp_flags : 0;
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

#endif /* __KEY_BPF_H__ */
