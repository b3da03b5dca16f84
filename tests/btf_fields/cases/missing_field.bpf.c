// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fields that do not exist, in a struct and in one inside it, used by two programs.
 *
 * > missing_field.bpf.o: struct task_struct.first_mm.no_such_field: not in BTF kernel.bpf.o (used by program other)
 * > missing_field.bpf.o: struct task_struct.no_such_field: not in BTF kernel.bpf.o (used by programs other, probe)
 * > 3 fields of 1 object: 2 missing or different in kernel.bpf.o
 * exit 1
 */
#include "case.bpf.h"

struct mm_struct {
	int no_such_field;
} CO_RE;

struct task_struct {
	int no_such_field;
	int pid;
	struct mm_struct first_mm;
} CO_RE;

int result;

PROGRAM(probe, struct task_struct *t)
{
	result = BPF_CORE_READ(t, no_such_field) + BPF_CORE_READ(t, pid);
	return 0;
}

PROGRAM(other, struct task_struct *t)
{
	result = BPF_CORE_READ(t, no_such_field) + BPF_CORE_READ(t, first_mm.no_such_field);
	return 0;
}
