/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Follows a chain of headers, each of which names the type of the next: VLAN tags, or what may
 * stand between IP and the transport. Any number of them, as a Linux host accepts it:
 *     chain = packet_chain_end(ctx, is_xdp, packet_chain(at, type, CHAIN_IPV6));
 */
#ifndef __CHAIN_BPF_H__
#define __CHAIN_BPF_H__

#include "xdpcount/read.bpf.h"
#include <linux/if_ether.h>
#include <linux/in.h>

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

enum {
	ETHERTYPE_QINQ_OLD = 0x9100
};

/*
 * The place in a chain is one number, because a global function of 5.10 takes and returns nothing
 * else: the offset of the next header in bits 0 to 31, its type in bits 32 to 47, and flags.
 */
#define CHAIN_AT(chain)	  ((chain)&0xffffffff)
#define CHAIN_TYPE(chain) ((chain) >> 32 & 0xffff)
#define CHAIN_IPV4	  (1ULL << 48) /* the type is a protocol behind IPv4; otherwise an EtherType */
#define CHAIN_IPV6	  (1ULL << 49) /* likewise behind IPv6 */
#define CHAIN_MORE	  (1ULL << 50) /* the next header belongs to the chain */
#define CHAIN_CUT	  (1ULL << 51) /* the packet ends within the next header */
#define CHAIN_LATER	  (1ULL << 52) /* in a later fragment; no header follows */

static __always_inline bool ipv6_is_ext(u64 next)
{
	return next == IPV6_EXT_HOP || next == IPV6_EXT_ROUTING || next == IPV6_EXT_FRAGMENT ||
	       next == IPV6_EXT_AH || next == IPV6_EXT_DEST || next == IPV6_EXT_MOBILITY ||
	       next == IPV6_EXT_HIP || next == IPV6_EXT_SHIM;
}

static __always_inline bool ether_type_is_tag(u64 type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD || type == ETHERTYPE_QINQ_OLD;
}

/* `is` is CHAIN_IPV4, CHAIN_IPV6 or 0. */
static __always_inline u64 packet_chain(u64 at, u64 type, u64 is)
{
	bool more = ether_type_is_tag(type);

	if (is & CHAIN_IPV6)
		more = ipv6_is_ext(type);
	if (is & CHAIN_IPV4)
		more = type == IPPROTO_AH;
	return at | type << 32 | is | (more ? CHAIN_MORE : 0);
}

/* Passes one header. */
static __always_inline u64 chain_step(void *ctx, bool is_xdp, u64 chain)
{
	u64 at = CHAIN_AT(chain), type = CHAIN_TYPE(chain);
	u64 is = chain & (CHAIN_IPV4 | CHAIN_IPV6);
	struct {
		u8 next;
		u8 len;
		__be16 word; /* of a tag: the next type; of a fragment header: the offset */
	} header;

	if (!packet_read(ctx, is_xdp, at, &header, sizeof(header)))
		return (chain & ~CHAIN_MORE) | CHAIN_CUT;
	if (!is)
		return packet_chain(at + 4, bpf_ntohs(header.word), 0);
	if (type == IPV6_EXT_FRAGMENT) {
		at += 8;
		if (header.word & bpf_htons(0xfff8))
			return (packet_chain(at, header.next, is) & ~CHAIN_MORE) | CHAIN_LATER;
	} else if (type == IPV6_EXT_AH) {
		at += (header.len + 2) * 4;
	} else {
		at += (header.len + 1) * 8;
	}
	return packet_chain(at, header.next, is);
}

/*
 * Calls `pass` up to 4 times. No loop: without CAP_PERFMON the verifier also follows what a CPU
 * might speculate, and there a loop whose end it predicts has none.
 */
#define CHAIN_ONCE(pass)                                                                           \
	if (!(chain & CHAIN_MORE))                                                                 \
		return chain;                                                                      \
	chain = pass(ctx, chain);
#define CHAIN_4_TIMES(pass) CHAIN_ONCE(pass) CHAIN_ONCE(pass) CHAIN_ONCE(pass) CHAIN_ONCE(pass)

#define CHAIN_16_TIMES(pass)                                                                       \
	CHAIN_4_TIMES(pass) CHAIN_4_TIMES(pass) CHAIN_4_TIMES(pass) CHAIN_4_TIMES(pass)

/*
 * The functions of one kind of program. They are global: the verifier checks each once and does not
 * know its result. The first headers, all that an ordinary packet has, are passed without calls
 * within calls. 4 * 4096 headers of 4 bytes fill the 64 KiB of a packet.
 */
#define CHAIN_FUNCTIONS(kind, context, is_xdp)                                                     \
	__noinline u64 chain_step_##kind(context *ctx, u64 chain)                                  \
	{                                                                                          \
		return chain_step(ctx, is_xdp, chain);                                             \
	}                                                                                          \
	__noinline u64 chain_16_##kind(context *ctx, u64 chain)                                    \
	{                                                                                          \
		CHAIN_16_TIMES(chain_step_##kind)                                                  \
		return chain;                                                                      \
	}                                                                                          \
	__noinline u64 chain_256_##kind(context *ctx, u64 chain)                                   \
	{                                                                                          \
		CHAIN_16_TIMES(chain_16_##kind)                                                    \
		return chain;                                                                      \
	}                                                                                          \
	__noinline u64 chain_4096_##kind(context *ctx, u64 chain)                                  \
	{                                                                                          \
		CHAIN_16_TIMES(chain_256_##kind)                                                   \
		return chain;                                                                      \
	}                                                                                          \
	__noinline u64 chain_end_##kind(context *ctx, u64 chain)                                   \
	{                                                                                          \
		CHAIN_4_TIMES(chain_step_##kind)                                                   \
		CHAIN_4_TIMES(chain_4096_##kind)                                                   \
		return chain;                                                                      \
	}

CHAIN_FUNCTIONS(xdp, struct xdp_md, true)
CHAIN_FUNCTIONS(tc, struct __sk_buff, false)

/* Passes all headers of the chain. The result is cut if the packet ends before. */
static __always_inline u64 packet_chain_end(void *ctx, bool is_xdp, u64 chain)
{
	if (!(chain & CHAIN_MORE))
		return chain;
	chain = is_xdp ? chain_end_xdp(ctx, chain) : chain_end_tc(ctx, chain);
	return chain & CHAIN_MORE ? chain | CHAIN_CUT : chain;
}

#endif /* __CHAIN_BPF_H__ */
