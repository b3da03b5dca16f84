// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every way to use a field that exists: through unnamed structs, through a flavor, an element, a
 * bit field, a char of the other sign, a type's size, a value.
 *
 * > 11 fields of 1 object: all in kernel.bpf.o
 * exit 0
 */
#include "case.bpf.h"

enum pid_type {
	PIDTYPE_TGID = 7,
};

struct mm_struct {
	char *end;
	unsigned long arg_start;
} CO_RE;

struct task_struct {
	int numbers[10];
	void *pids[2];
	struct task_struct *real_parent;
	unsigned char comm[16];
	struct mm_struct first_mm;
	unsigned int in_execve : 1;
} CO_RE;

struct task_struct___flavor {
	int pid;
} CO_RE;

int result;

PROGRAM(probe, struct task_struct *t)
{
	struct task_struct___flavor *flavor = (void *)t;

	result += BPF_CORE_READ(t, first_mm.arg_start);
	result += (long)BPF_CORE_READ(t, first_mm.end);
	result += BPF_CORE_READ(t, real_parent, numbers[9]);
	result += BPF_CORE_READ(t, comm[3]);
	result += (long)BPF_CORE_READ(t, pids[1]);
	result += BPF_CORE_READ_BITFIELD_PROBED(t, in_execve);
	result += BPF_CORE_READ(flavor, pid);
	result += bpf_core_field_size(t->comm);
	result += bpf_core_type_size(struct mm_struct);
	result += bpf_core_enum_value(enum pid_type, PIDTYPE_TGID);
	return 0;
}
