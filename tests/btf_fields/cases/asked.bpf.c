// SPDX-License-Identifier: BSD-2-Clause
/*
 * Missing, or of another kind, but the program tests each before it uses it: a field, a struct
 * with its fields, a value, and a field that has two names.
 *
 * > 9 fields of 1 object: all in kernel.bpf.o but 8 that the programs ask for first
 * exit 0
 */
#include "case.bpf.h"

enum pid_type {
	PIDTYPE_NONE,
};

struct no_such_type {
	int one;
	int two;
} CO_RE;

struct mm_struct {
	int deep;
} CO_RE;

struct task_struct {
	unsigned int __state;
	struct no_such_type no_such_field;
	struct mm_struct pid;
} CO_RE;

struct task_struct___old {
	long state;
} CO_RE;

int result;

PROGRAM(probe, struct task_struct *t)
{
	struct no_such_type *n = (void *)t;
	struct task_struct___old *old = (void *)t;

	if (bpf_core_field_exists(t->no_such_field))
		result += BPF_CORE_READ(t, no_such_field.one);
	if (bpf_core_field_exists(t->pid))
		result += BPF_CORE_READ(t, pid.deep);
	if (bpf_core_type_exists(struct no_such_type))
		result += BPF_CORE_READ(n, two);
	if (bpf_core_enum_value_exists(enum pid_type, PIDTYPE_NONE))
		result += bpf_core_enum_value(enum pid_type, PIDTYPE_NONE);
	if (bpf_core_field_exists(t->__state))
		result += BPF_CORE_READ(t, __state);
	else
		result += BPF_CORE_READ(old, state);
	return 0;
}
