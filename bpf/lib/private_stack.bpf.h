/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The stack of programs on uprobes. Since 6.0 the kernel keeps no second task out of one that
 * lost its processor inside such a program, where it preempts. And since 6.13 it gives a kprobe's
 * program, and so a uprobe's, one stack for each processor if it needs 64 bytes or more
 * ("private stack"): those two tasks would write over each other's variables.
 *     SEC("?uprobe")
 *     int on_call_preempted(struct pt_regs *ctx) { ...; return stay_on_task_stack(ctx); }
 */
#ifndef __PRIVATE_STACK_BPF_H__
#define __PRIVATE_STACK_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} empty_prog_array SEC(".maps");

/*
 * A program with a tail call keeps to the task's own stack. This one leads nowhere. For
 * programs of their own, where kernel::may_preempt_programs(): before 5.10, on arm64 before
 * 6.0, kernels take none beside functions, and one without has to be the second way.
 * Returns 0.
 */
static __always_inline int stay_on_task_stack(void *ctx)
{
	bpf_tail_call(ctx, &empty_prog_array, 0);
	return 0;
}

#endif /* __PRIVATE_STACK_BPF_H__ */
