/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keys and counters of xdpcount, and its rules for dropping packets. */
#ifndef SNOOP_XDPCOUNT_H
#define SNOOP_XDPCOUNT_H

#include <snoop/record.h>

enum packet_by {
	PACKET_BY_PORT, /* protocol and port of this side */
	PACKET_BY_PEER, /* protocol and port of the other side */
	PACKET_BY_PROTO,
	PACKET_BY_SRC,
	PACKET_BY_DST,
	PACKET_BY_INTERFACE,
	PACKET_BY_VLAN,
	PACKET_BY_TCP_FLAGS,
	PACKET_BYS
};

/* Kinds of keys, in the order in which a table sorted by key shows them. */
enum packet_kind {
	PACKET_PORT,	  /* proto, port */
	PACKET_TCP_FLAGS, /* tcp_flags */
	PACKET_PROTO,	  /* proto, which has no ports */
	PACKET_FRAGMENT,  /* proto; a later fragment, which has no ports */
	PACKET_IPV4,	  /* addr */
	PACKET_IPV6,	  /* addr */
	PACKET_ETHERTYPE, /* proto, not IP; 0: a frame of IEEE 802.3 with a length */
	PACKET_MALFORMED, /* invalid version or header length */
	PACKET_INTERFACE, /* ifindex */
	PACKET_UNTAGGED,  /* without a VLAN tag */
	PACKET_VLAN,	  /* vlan; 0: a tag with a priority only */
	PACKET_TRUNCATED, /* it ends before the field that is counted */
	PACKET_KINDS
};

/*
 * A key of the map `counts`. Where addresses are not counted, the map's keys end with port. Numbers
 * are in network order, so that keys sort by them; fields that a kind does not use are zero.
 */
struct packet_key {
	__u8 kind; /* enum packet_kind */
	__u8 pad[3];
	union {
		struct {
			__be16 proto;
			__be16 port;
		} id;
		__be32 ifindex;
		__be16 vlan;
		__u8 tcp_flags; /* byte 13 of TCP's header */
		__u8 addr[16];
	};
};

/* Counters of a key, and of packets whose key found no room in `counts`. Bytes include the Ethernet
 * header, but not the checksum at the end. */
struct packet_counts {
	__u64 packets;
	__u64 bytes;
	__u64 dropped; /* packets that were dropped; also counted above */
	__u64 dropped_bytes;
	__u64 unparsed; /* packets that end before what the rules compare; also counted above */
};

/* Keys of the maps drop_port, drop_ipv4 and drop_ipv6, whose values are not used. */
struct drop_port {
	__be16 proto; /* IP's number */
	__be16 port;  /* destination; 0 for a protocol without ports */
};

struct drop_ipv4 {
	__u32 bits; /* of the prefix */
	__u8 addr[4];
};

struct drop_ipv6 {
	__u32 bits;
	__u8 addr[16];
};

/* The map drop_tcp_flags is an array: for each value of the byte, whether it is dropped. */
enum {
	TCP_FLAGS_VALUES = 256
};

/* The kind of a record. */
enum {
	PACKET_DROPPED = 1
};

enum {
	PACKET_CAPTURE_MAX = 16384
};

/* A packet that was dropped, which --pcap writes to a file. Its first bytes follow. */
struct dropped_packet {
	struct snoop_record rec;
	__u32 len; /* of the packet, in bytes */
	__u32 captured;
	__u16 tag_type; /* EtherType of a VLAN tag that is not in these bytes, or 0 */
	__u16 tag;
	__u32 pad;
};

/* Settings that user space makes before the load. */
struct packet_config {
	__u8 by;	 /* enum packet_by */
	__u8 is_way_out; /* 1: outgoing packets: this side is the source */
	__u8 drops_port; /* 1: there are rules of this kind; likewise below */
	__u8 drops_ipv4;
	__u8 drops_ipv6;
	__u8 drops_tcp_flags;
	__u8 drops_unparsed;
};

#ifdef __cplusplus
static_assert(sizeof(packet_key) == 20 && sizeof(packet_counts) == 40);
static_assert(sizeof(drop_port) == 4 && sizeof(drop_ipv4) == 8 && sizeof(drop_ipv6) == 20);
static_assert(sizeof(dropped_packet) == 40);
static_assert(sizeof(packet_config) == 7);
#endif

#endif /* SNOOP_XDPCOUNT_H */
