/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The stack of programs on uprobes. Since 6.0 a preemptible kernel lets a second task enter such
 * a program while another one is preempted in it. Since 6.13 a kprobe program, and so a uprobe
 * program, that needs 64 bytes of stack or more has one stack per CPU ("private stack"): the two
 * tasks would overwrite each other's variables.
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
 * A program with a tail call stays on the task's own stack; this call goes into an empty array and
 * does nothing. Returns 0. Use it only in programs that are loaded on preemptible kernels: before
 * 5.10, on arm64 before 6.0, kernels reject tail calls in programs with functions.
 */
static __always_inline int stay_on_task_stack(void *ctx)
{
	bpf_tail_call(ctx, &empty_prog_array, 0);
	return 0;
}

#endif /* __PRIVATE_STACK_BPF_H__ */
