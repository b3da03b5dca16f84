/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether an instruction that can end a call does so now. User space has disassembled it. */
#ifndef __FUNCLAT_SITE_BPF_H__
#define __FUNCLAT_SITE_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/funclat.h>
#include "lib/registers.bpf.h"

/* Intel SDM, volume 1, appendix B: conditions by the low four bits of the opcode. */
static __always_inline bool x86_condition(u64 flags, u8 condition)
{
	bool carry = flags & 1 << 0, parity = flags & 1 << 2, zero = flags & 1 << 6,
	     sign = flags & 1 << 7, overflow = flags & 1 << 11, is_met;

	switch (condition >> 1) {
	case 0:
		is_met = overflow;
		break;
	case 1:
		is_met = carry;
		break;
	case 2:
		is_met = zero;
		break;
	case 3:
		is_met = carry || zero;
		break;
	case 4:
		is_met = sign;
		break;
	case 5:
		is_met = parity;
		break;
	case 6:
		is_met = sign != overflow;
		break;
	default:
		is_met = zero || sign != overflow;
	}
	return is_met != (condition & 1);
}

/* The address that an indirect jump leads to, or 0. */
static __always_inline u64 jump_target(struct pt_regs *ctx, const struct funclat_site *site)
{
	u64 value = read_register(ctx, site->base), target = 0;

	if (!site->pointer_bytes)
		return value;
	value += site->displacement + read_register(ctx, site->index) * site->scale;
	if (site->pointer_bytes == 4)
		bpf_probe_read_user(&target, 4, (void *)(u64)(u32)value);
	else
		bpf_probe_read_user(&target, 8, (void *)value);
	return target;
}

static __always_inline bool is_within(s64 at, const struct funclat_site *site)
{
	return (at >= site->ranges[0] && at < site->ranges[1]) ||
	       (at >= site->ranges[2] && at < site->ranges[3]);
}

static __always_inline bool ends_call(struct pt_regs *ctx, const struct funclat_site *site)
{
	if (site->kind == FUNCLAT_EXIT_IF)
		return x86_condition(read_register(ctx, site->base), site->condition);
	if (site->kind == FUNCLAT_EXIT_IF_OUTSIDE)
		return !is_within(jump_target(ctx, site) - PT_REGS_IP(ctx), site);
	return true;
}

#endif /* __FUNCLAT_SITE_BPF_H__ */
