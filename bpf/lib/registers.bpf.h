/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A register of the traced program, which user space names by its offset in struct pt_regs.
 *     u64 value = read_register(ctx, site->reg);
 */
#ifndef __REGISTERS_BPF_H__
#define __REGISTERS_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/registers.h>

/* Returns 0 for SNOOP_NO_REGISTER. */
static __always_inline u64 read_register(struct pt_regs *ctx, u16 at)
{
	u64 value = 0;

	if (at != SNOOP_NO_REGISTER)
		bpf_probe_read_kernel(&value, sizeof(value), (void *)ctx + at);
	return value;
}

#endif /* __REGISTERS_BPF_H__ */
