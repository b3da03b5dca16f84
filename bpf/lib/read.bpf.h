/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Follows kernel pointers: with plain loads of 1 ns where the verifier knows their types
 * ("typed"), otherwise with bpf_probe_read_kernel, 20 ns each. For each load of a pointer the
 * verifier looks up four names among all kernel types, which takes about a millisecond (6.18,
 * btf_nested_type_is_trusted). So use typed loads in code that runs often.
 */
#ifndef __READ_BPF_H__
#define __READ_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "config.bpf.h"

/* True if bpf_get_current_task_btf returns a typed pointer (5.11, commit 3ca1032ab7ab): the
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

/* READ(typed, p, a, b): p->a->b. No pointer in between may be NULL. */
#define READ(typed, p, ...) ((typed) ? ___arrow(p, __VA_ARGS__) : BPF_CORE_READ(p, __VA_ARGS__))

/* READ() from current_task(). */
#define TASK_READ(task, ...) READ(has_typed_task(), task, __VA_ARGS__)

#endif /* __READ_BPF_H__ */
