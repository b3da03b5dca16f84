/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Parses the outermost headers of a packet: Ethernet with its VLAN tags, IPv4, IPv6 with its
 * extension headers, ports. Used by XDP and tc programs; is_xdp is a constant.
 *     struct packet p = {.ctx = ctx, .len = …};
 *     packet_parse(&p, true);
 */
#ifndef __PACKET_BPF_H__
#define __PACKET_BPF_H__

#include "xdpcount/chain.bpf.h"
#include "xdpcount/read.bpf.h"
#include <linux/ip.h>
#include <linux/ipv6.h>

enum {
	ETHERTYPE_LENGTH_MAX = 0x600
}; /* a smaller value is a length (IEEE 802.3) */

enum {
	TCP_FLAGS_AT = 13
}; /* offset in TCP's header */

/* User space sets these before the load: whether there is no Ethernet header in front of IP. */
const volatile __u8 packets_are_bare_ip = 0;	/* 1: on all interfaces */
const volatile __u8 packets_are_of_2_kinds = 0; /* 1: on the interfaces in the map bare_ip */

/* Some runs alone look at these. */
const volatile __u8 packets_read_tag = 0;	/* 1: the outermost VLAN tag */
const volatile __u8 packets_read_tcp_flags = 0; /* 1: the flags of TCP */

/* Keys are indices of interfaces; values are not used. User space sets max_entries. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u8);
} bare_ip SEC(".maps");

enum packet_layer {
	PACKET_ENDS_EARLY, /* within its first header */
	PACKET_IS_OTHER,   /* not IP: proto is the EtherType */
	PACKET_IS_BROKEN,  /* IP with an invalid header */
	PACKET_IS_IP,	   /* family and addresses are known */
	PACKET_HAS_PROTO,  /* and the protocol: proto is IP's number */
	PACKET_HAS_PORTS,  /* and both ports */
	PACKET_PORTS_CUT,  /* the packet ends before its ports */
	PACKET_LATER	   /* a later fragment: the ports are in the first one */
};

struct packet {
	void *ctx;
	u64 len;     /* of the whole packet, in bytes */
	u64 at;	     /* offset of the first byte after the headers read so far */
	u32 ifindex; /* of the interface */
	u16 proto;
	u8 layer;  /* enum packet_layer */
	u8 family; /* 4 or 6 */
	bool has_tag;
	bool has_tcp_flags;
	u8 tcp_flags;
	__be16 tag;   /* of a VLAN: priority and id (TCI) */
	u16 tag_type; /* the EtherType of a tag that is not in the packet's bytes, or 0 */
	__be16 sport;
	__be16 dport;
	u8 saddr[16]; /* IPv4: the first 4 bytes */
	u8 daddr[16];
};

static __always_inline bool packet_proto_has_ports(u16 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_UDPLITE || proto == IPPROTO_DCCP;
}

static __always_inline bool packet_is_bare_ip(const struct packet *p)
{
	if (packets_are_of_2_kinds)
		return bpf_map_lookup_elem(&bare_ip, &p->ifindex);
	return packets_are_bare_ip;
}

/* Reads the outermost VLAN tag; returns false if the packet ends within it. */
static __always_inline bool packet_read_tag(struct packet *p, bool is_xdp, u16 type)
{
	if (!packets_read_tag || p->has_tag || !ether_type_is_tag(type))
		return true;
	p->has_tag = packet_read(p->ctx, is_xdp, ETH_HLEN, &p->tag, sizeof(p->tag));
	return p->has_tag;
}

/* Reads the EtherType behind all tags, or infers it for a bare IP packet. */
static __always_inline bool packet_read_type(struct packet *p, bool is_xdp, bool is_bare, u16 *type)
{
	__be16 value = 0;
	u8 version = 0;
	u64 chain;

	if (is_bare) {
		if (!packet_read(p->ctx, is_xdp, 0, &version, sizeof(version)))
			return false;
		version >>= 4;
		*type = version == 4 ? ETH_P_IP : version == 6 ? ETH_P_IPV6 : 0;
		return true;
	}
	if (!packet_read(p->ctx, is_xdp, ETH_HLEN - sizeof(value), &value, sizeof(value)))
		return false;
	if (!packet_read_tag(p, is_xdp, bpf_ntohs(value)))
		return false;
	chain = packet_chain_end(p->ctx, is_xdp, packet_chain(ETH_HLEN, bpf_ntohs(value), 0));
	p->at = CHAIN_AT(chain);
	*type = CHAIN_TYPE(chain);
	return !(chain & CHAIN_CUT);
}

/* Reads the ports, if the protocol has any. `end`: of the packet, by its IP header. */
static __always_inline void packet_read_ports(struct packet *p, bool is_xdp, u64 end)
{
	__be16 ports[2];

	p->layer = PACKET_HAS_PROTO;
	if (!packet_proto_has_ports(p->proto))
		return;
	p->layer = PACKET_PORTS_CUT;
	/* Bytes after `end` are padding of the Ethernet frame. */
	if (p->at + sizeof(ports) > end ||
	    !packet_read(p->ctx, is_xdp, p->at, ports, sizeof(ports)))
		return;
	p->layer = PACKET_HAS_PORTS;
	p->sport = ports[0];
	p->dport = ports[1];
	if (packets_read_tcp_flags && p->proto == IPPROTO_TCP)
		p->has_tcp_flags = p->at + TCP_FLAGS_AT < end &&
				   packet_read(p->ctx, is_xdp, p->at + TCP_FLAGS_AT, &p->tcp_flags,
					       sizeof(p->tcp_flags));
}

/* Passes the headers between IP and the transport, then reads the ports. */
static __always_inline void packet_read_transport(struct packet *p, bool is_xdp, u64 end,
						  u64 ip_version, u8 next)
{
	u64 chain = packet_chain_end(p->ctx, is_xdp, packet_chain(p->at, next, ip_version));

	p->layer = PACKET_IS_IP;
	p->at = CHAIN_AT(chain);
	if (chain & CHAIN_CUT || p->at > end)
		return;
	p->proto = CHAIN_TYPE(chain);
	if (chain & CHAIN_LATER)
		p->layer = PACKET_LATER;
	else
		packet_read_ports(p, is_xdp, end);
}

static __always_inline void packet_read_ipv4(struct packet *p, bool is_xdp)
{
	struct iphdr ip;
	u64 end;

	if (!packet_read(p->ctx, is_xdp, p->at, &ip, sizeof(ip)))
		return;
	p->layer = PACKET_IS_BROKEN;
	if (ip.version != 4 || ip.ihl < 5)
		return;
	p->family = 4;
	__builtin_memcpy(p->saddr, &ip.saddr, sizeof(ip.saddr));
	__builtin_memcpy(p->daddr, &ip.daddr, sizeof(ip.daddr));
	/* 0: too long for 16 bits, and not segmented yet. */
	end = ip.tot_len ? p->at + bpf_ntohs(ip.tot_len) : p->len;
	p->at += ip.ihl * 4;
	if (ip.frag_off & bpf_htons(0x1fff)) {
		p->proto = ip.protocol;
		p->layer = PACKET_LATER;
	} else {
		packet_read_transport(p, is_xdp, end, CHAIN_IPV4, ip.protocol);
	}
}

static __always_inline void packet_read_ipv6(struct packet *p, bool is_xdp)
{
	struct ipv6hdr ip;
	u64 end;

	if (!packet_read(p->ctx, is_xdp, p->at, &ip, sizeof(ip)))
		return;
	p->layer = PACKET_IS_BROKEN;
	if (ip.version != 6)
		return;
	p->family = 6;
	__builtin_memcpy(p->saddr, &ip.saddr, sizeof(ip.saddr));
	__builtin_memcpy(p->daddr, &ip.daddr, sizeof(ip.daddr));
	p->at += sizeof(ip);
	end = ip.payload_len ? p->at + bpf_ntohs(ip.payload_len) : p->len;
	packet_read_transport(p, is_xdp, end, CHAIN_IPV6, ip.nexthdr);
}

static __always_inline void packet_parse(struct packet *p, bool is_xdp)
{
	bool is_bare = packet_is_bare_ip(p);
	u16 type = 0;

	p->layer = PACKET_ENDS_EARLY;
	p->at = 0;
	p->family = 0;
	if (!packet_read_type(p, is_xdp, is_bare, &type))
		return;
	if (type == ETH_P_IP) {
		packet_read_ipv4(p, is_xdp);
	} else if (type == ETH_P_IPV6) {
		packet_read_ipv6(p, is_xdp);
	} else {
		p->layer = is_bare ? PACKET_IS_BROKEN : PACKET_IS_OTHER;
		p->proto = type < ETHERTYPE_LENGTH_MAX ? 0 : type;
	}
}

#endif /* __PACKET_BPF_H__ */
