/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs and the tool know of each other. */
#ifndef __OPENGUARD_STATE_BPF_H__
#define __OPENGUARD_STATE_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/openguard.h>

const volatile __u32 own_pid = 0; /* the tool itself may open everything */
const volatile __u8 enforce = 0;

struct guard_state state = {};

static __always_inline bool is_own(void)
{
	return bpf_get_current_pid_tgid() >> 32 == own_pid;
}

#endif /* __OPENGUARD_STATE_BPF_H__ */
