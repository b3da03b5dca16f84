/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Parses the outermost headers of a packet: Ethernet with up to two VLAN tags, IPv4, IPv6 with its
 * extension headers, ports. Used by XDP and tc programs: is_xdp is a constant, so the compiler
 * keeps only one of the two ways to read bytes.
 */
#ifndef __PACKET_BPF_H__
#define __PACKET_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

enum {
	PACKET_VLAN_TAGS = 2,	     /* 802.1ad: an outer and an inner one */
	PACKET_EXT_HEADERS = 8,	     /* of IPv6; RFC 8200 has six, each at most once or twice */
	PACKET_HEADERS_MAX = 0x7fff, /* bytes; more than the headers above add up to */
	ETHERTYPE_QINQ_OLD = 0x9100,
	ETHERTYPE_LENGTH_MAX = 0x600 /* a smaller value is a length (IEEE 802.3) */
};

/* Extension headers: in.h, and RFC 8200, 6275, 7401, 5533. */
enum {
	IPV6_EXT_HOP = 0,
	IPV6_EXT_ROUTING = 43,
	IPV6_EXT_FRAGMENT = 44,
	IPV6_EXT_AH = 51,
	IPV6_EXT_DEST = 60,
	IPV6_EXT_MOBILITY = 135,
	IPV6_EXT_HIP = 139,
	IPV6_EXT_SHIM = 140
};

/* User space sets these before the load. */
const volatile __u8 packets_are_bare_ip = 0; /* 1: no Ethernet header in front */
const volatile __u8 packets_have_frags = 0;  /* 1: XDP gives packets of several buffers (5.18) */
const volatile __u8 packets_by_helper = 0;   /* 1: without CAP_PERFMON, by a helper only: slower */

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
	u64 len; /* of the whole packet, in bytes */
	u64 at;	 /* offset of the first byte after the headers read so far */
	u16 proto;
	u8 layer;  /* enum packet_layer */
	u8 family; /* 4 or 6 */
	__be16 sport;
	__be16 dport;
	u8 saddr[16]; /* IPv4: the first 4 bytes */
	u8 daddr[16];
};

/* Copies size bytes, a constant, from offset `at`; returns false if the packet ends before. */
static __always_inline bool packet_read(const struct packet *p, bool is_xdp, u64 at, void *to,
					u32 size)
{
	struct xdp_md *xdp = p->ctx;
	void *from;

	if (!is_xdp)
		return !bpf_skb_load_bytes(p->ctx, at, to, size);
	if (!packets_by_helper) {
		/* Adding a number to a pointer requires CAP_PERFMON. */
		from = (void *)(long)xdp->data + at;
		if (from + size <= (void *)(long)xdp->data_end) {
			__builtin_memcpy(to, from, size);
			return true;
		}
		if (!packets_have_frags)
			return false;
	}
	/* Reaches the further buffers of a packet, too. */
	return !bpf_xdp_load_bytes(xdp, at, to, size);
}

static __always_inline bool packet_proto_has_ports(u16 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_UDPLITE || proto == IPPROTO_DCCP;
}

/* Reads the EtherType, or infers it for a bare IP packet. */
static __always_inline bool packet_read_type(struct packet *p, bool is_xdp, u16 *type)
{
	__be16 value = 0;
	u8 version = 0;
	int i;

	if (packets_are_bare_ip) {
		if (!packet_read(p, is_xdp, 0, &version, sizeof(version)))
			return false;
		version >>= 4;
		*type = version == 4 ? ETH_P_IP : version == 6 ? ETH_P_IPV6 : 0;
		return true;
	}
	p->at = ETH_HLEN;
#pragma unroll
	for (i = 0; i <= PACKET_VLAN_TAGS; i++) {
		if (!packet_read(p, is_xdp, p->at - 2, &value, sizeof(value)))
			return false;
		*type = bpf_ntohs(value);
		if (*type != ETH_P_8021Q && *type != ETH_P_8021AD && *type != ETHERTYPE_QINQ_OLD)
			break;
		p->at += 4;
	}
	return true;
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
	if (p->at > PACKET_HEADERS_MAX || p->at + sizeof(ports) > end ||
	    !packet_read(p, is_xdp, p->at, ports, sizeof(ports)))
		return;
	p->layer = PACKET_HAS_PORTS;
	p->sport = ports[0];
	p->dport = ports[1];
}

static __always_inline void packet_read_ipv4(struct packet *p, bool is_xdp)
{
	struct iphdr ip;
	u64 end;

	if (!packet_read(p, is_xdp, p->at, &ip, sizeof(ip)))
		return;
	p->layer = PACKET_IS_BROKEN;
	if (ip.version != 4 || ip.ihl < 5)
		return;
	p->family = 4;
	__builtin_memcpy(p->saddr, &ip.saddr, sizeof(ip.saddr));
	__builtin_memcpy(p->daddr, &ip.daddr, sizeof(ip.daddr));
	p->proto = ip.protocol;
	/* 0: too long for 16 bits, and not segmented yet. */
	end = ip.tot_len ? p->at + bpf_ntohs(ip.tot_len) : p->len;
	p->at += ip.ihl * 4;
	if (ip.frag_off & bpf_htons(0x1fff))
		p->layer = PACKET_LATER;
	else
		packet_read_ports(p, is_xdp, end);
}

static __always_inline bool ipv6_is_ext(u8 next)
{
	return next == IPV6_EXT_HOP || next == IPV6_EXT_ROUTING || next == IPV6_EXT_FRAGMENT ||
	       next == IPV6_EXT_AH || next == IPV6_EXT_DEST || next == IPV6_EXT_MOBILITY ||
	       next == IPV6_EXT_HIP || next == IPV6_EXT_SHIM;
}

/*
 * Reads one extension header of IPv6. Returns the next header's number in bits 0 to 7, whether
 * this is a later fragment in bit 8, and the length of this header from bit 9 on; -1 if the packet
 * ends before.
 */
static __always_inline int ipv6_ext(const struct packet *p, bool is_xdp, u8 kind)
{
	struct {
		u8 next;
		u8 len;
		__be16 frag_off; /* of a fragment header */
	} ext;

	if (p->at > PACKET_HEADERS_MAX || !packet_read(p, is_xdp, p->at, &ext, sizeof(ext)))
		return -1;
	if (kind == IPV6_EXT_FRAGMENT)
		return 8 << 9 | !!(ext.frag_off & bpf_htons(0xfff8)) << 8 | ext.next;
	if (kind == IPV6_EXT_AH)
		return (ext.len + 2) * 4 << 9 | ext.next;
	return (ext.len + 1) * 8 << 9 | ext.next;
}

/*
 * These functions are global: the verifier checks them once, not in each iteration of the loop.
 * It does not know their results, so that all iterations look alike.
 */
__noinline int ipv6_ext_xdp(struct xdp_md *ctx, u64 at, u8 kind)
{
	struct packet p = {.ctx = ctx, .at = at};

	return ipv6_ext(&p, true, kind);
}

__noinline int ipv6_ext_tc(struct __sk_buff *ctx, u64 at, u8 kind)
{
	struct packet p = {.ctx = ctx, .at = at};

	return ipv6_ext(&p, false, kind);
}

static __always_inline void packet_read_ipv6(struct packet *p, bool is_xdp)
{
	struct ipv6hdr ip;
	u64 end;
	u8 next;
	int i;

	if (!packet_read(p, is_xdp, p->at, &ip, sizeof(ip)))
		return;
	p->layer = PACKET_IS_BROKEN;
	if (ip.version != 6)
		return;
	p->layer = PACKET_IS_IP;
	p->family = 6;
	__builtin_memcpy(p->saddr, &ip.saddr, sizeof(ip.saddr));
	__builtin_memcpy(p->daddr, &ip.daddr, sizeof(ip.daddr));
	p->at += sizeof(ip);
	end = ip.payload_len ? p->at + bpf_ntohs(ip.payload_len) : p->len;
	next = ip.nexthdr;
	for (i = 0; i < PACKET_EXT_HEADERS && ipv6_is_ext(next); i++) {
		int ext = is_xdp ? ipv6_ext_xdp(p->ctx, p->at, next) :
				   ipv6_ext_tc(p->ctx, p->at, next);

		next = ext;
		p->at += ext >> 9 & 0xfff;
		if (ext < 0 || p->at > end)
			return;
		if (ext & 1 << 8) {
			p->proto = next;
			p->layer = PACKET_LATER;
			return;
		}
	}
	p->proto = next;
	packet_read_ports(p, is_xdp, end);
}

static __always_inline void packet_parse(struct packet *p, bool is_xdp)
{
	u16 type = 0;

	p->layer = PACKET_ENDS_EARLY;
	p->at = 0;
	p->family = 0;
	if (!packet_read_type(p, is_xdp, &type))
		return;
	if (type == ETH_P_IP) {
		packet_read_ipv4(p, is_xdp);
	} else if (type == ETH_P_IPV6) {
		packet_read_ipv6(p, is_xdp);
	} else {
		p->layer = packets_are_bare_ip ? PACKET_IS_BROKEN : PACKET_IS_OTHER;
		p->proto = type < ETHERTYPE_LENGTH_MAX ? 0 : type;
	}
}

#endif /* __PACKET_BPF_H__ */
