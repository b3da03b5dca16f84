/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Following the kernel's pointers. Where the verifier knows their types, by plain loads
 * of 1 ns; elsewhere by bpf_probe_read_kernel, 20 ns a piece. For each load of a pointer the
 * verifier looks for four names among all types of the kernel, which takes it about a
 * millisecond (6.18, btf_nested_type_is_trusted): loads are for what runs often.
 */
#ifndef __READ_BPF_H__
#define __READ_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "config.bpf.h"

/* It knows what bpf_get_current_task_btf leads to (5.11, commit 3ca1032ab7ab), if the
 * kernel was built with BTF. */
static __always_inline bool has_typed_task(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf) &&
	       config.own_btf;
}

static __always_inline struct task_struct *current_task(void)
{
	if (has_typed_task())
		return (struct task_struct *)bpf_get_current_task_btf();
	return (struct task_struct *)bpf_get_current_task();
}

/* READ(typed, p, a, b): p->a->b. What may be NULL on the way is to be asked for before. */
#define READ(typed, p, ...) ((typed) ? ___arrow(p, __VA_ARGS__) : BPF_CORE_READ(p, __VA_ARGS__))

/* The same from current_task() on. */
#define TASK_READ(task, ...) READ(has_typed_task(), task, __VA_ARGS__)

#endif /* __READ_BPF_H__ */
