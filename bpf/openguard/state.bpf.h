/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The settings of the programs, and the state that they share with the tool. */
#ifndef __OPENGUARD_STATE_BPF_H__
#define __OPENGUARD_STATE_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/openguard.h>
#include "lib/task.bpf.h"

const volatile __u32 own_pid = 0; /* the tool itself may open everything */
const volatile __u8 enforce = 0;
const volatile __u8 walk_up = 0;  /* 1: directories are guarded */
const volatile __u8 on_write = 0; /* 1: only opens that can write are met */
const volatile __u32 also = 0;	  /* --also: 1 << enum guard_op */

struct guard_state state = {};

static __always_inline bool is_own(void)
{
	return task_pid(current_task(), has_typed_task()) == own_pid;
}

static __always_inline bool is_also(enum guard_op op)
{
	return also & 1u << op;
}

/* Whether files may leave guarded directories only if they stay guarded. */
static __always_inline bool enforces(void)
{
	return enforce && (!state.until_ns || bpf_ktime_get_ns() < state.until_ns);
}

static __always_inline bool denies(void)
{
	return state.armed && enforces();
}

#endif /* __OPENGUARD_STATE_BPF_H__ */
