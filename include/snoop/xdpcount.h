/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keys by which xdpcount counts packets, what it counts, and what it drops by. */
#ifndef SNOOP_XDPCOUNT_H
#define SNOOP_XDPCOUNT_H

#include <snoop/record.h>

enum packet_by {
	PACKET_BY_PORT, /* and protocol: this side's port */
	PACKET_BY_PEER, /* and protocol: the other side's port */
	PACKET_BY_PROTO,
	PACKET_BY_SRC,
	PACKET_BY_DST,
	PACKET_BYS
};

/* What a key holds; in the order in which a table that is sorted by key has them. */
enum packet_kind {
	PACKET_PORT,	  /* proto, port */
	PACKET_PROTO,	  /* proto: one that has no ports */
	PACKET_FRAGMENT,  /* proto: not the first fragment, which alone has the ports */
	PACKET_IPV4,	  /* addr */
	PACKET_IPV6,	  /* addr */
	PACKET_ETHERTYPE, /* proto, of what is not IP; 0 is a frame of IEEE 802.3 with a length */
	PACKET_MALFORMED, /* its version or header length can't be */
	PACKET_TRUNCATED, /* it ends before what it is counted by */
	PACKET_KINDS
};

/*
 * A key of the map `counts`, up to port where addresses are not asked for. Numbers are in
 * network order, so that keys sort by them; what a kind does not use is zero.
 */
struct packet_key {
	__u8 kind; /* enum packet_kind */
	__u8 pad[3];
	union {
		struct {
			__be16 proto;
			__be16 port;
		} id;
		__u8 addr[16];
	};
};

/* Of each key, and of the packets that found no room in `counts`. Frames with their
 * Ethernet header, as they are on the wire but for the checksum at the end. */
struct packet_counts {
	__u64 packets;
	__u64 bytes;
	__u64 dropped; /* of the packets */
	__u64 dropped_bytes;
};

/* Keys of the maps drop_port, drop_ipv4 and drop_ipv6; the values do not matter. */
struct drop_port {
	__be16 proto; /* IP's number */
	__be16 port;  /* the destination; 0: of a protocol without ports */
};

struct drop_ipv4 {
	__u32 bits; /* of the prefix */
	__u8 addr[4];
};

struct drop_ipv6 {
	__u32 bits;
	__u8 addr[16];
};

/* Fixed at load. */
struct packet_config {
	__u8 by;	 /* enum packet_by */
	__u8 is_way_out; /* 1: this side is the source */
	__u8 drops_port; /* 1: there were rules of this kind … */
	__u8 drops_ipv4;
	__u8 drops_ipv6;
};

#ifdef __cplusplus
static_assert(sizeof(packet_key) == 20 && sizeof(packet_counts) == 32);
static_assert(sizeof(drop_port) == 4 && sizeof(drop_ipv4) == 8 && sizeof(drop_ipv6) == 20);
static_assert(sizeof(packet_config) == 5);
#endif

#endif /* SNOOP_XDPCOUNT_H */
