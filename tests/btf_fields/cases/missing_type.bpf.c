// SPDX-License-Identifier: BSD-2-Clause
/*
 * Types that do not exist: one line each, however many of their fields are used. A union with
 * the name of a struct is another type.
 *
 * > missing_type.bpf.o: struct no_such_type: not in BTF kernel.bpf.o (used by programs other, probe)
 * > missing_type.bpf.o: union mm_struct: not in BTF kernel.bpf.o (used by program other)
 * > 3 fields of 1 object: 3 missing or different in kernel.bpf.o
 * exit 1
 */
#include "case.bpf.h"

struct no_such_type {
	int one;
	int two;
} CO_RE;

union mm_struct {
	unsigned long arg_start;
} CO_RE;

int result;

PROGRAM(probe, struct no_such_type *t)
{
	result = BPF_CORE_READ(t, one) + BPF_CORE_READ(t, two);
	return 0;
}

PROGRAM(other, struct no_such_type *t)
{
	result = BPF_CORE_READ(t, one) + bpf_core_type_size(union mm_struct);
	return 0;
}
