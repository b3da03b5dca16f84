// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tests that do not cover the use: of another field of the struct, of a struct that exists
 * without the field, of a field whose size differs, and of a renamed field that exists under
 * neither name.
 *
 * > asked_wrongly.bpf.o: struct mm_struct.no_such_field: not in BTF kernel.bpf.o (used by program probe)
 * > asked_wrongly.bpf.o: struct path.older: not in BTF kernel.bpf.o (used by program probe)
 * > asked_wrongly.bpf.o: struct task_struct.no_such_field: not in BTF kernel.bpf.o (used by program probe)
 * > asked_wrongly.bpf.o: struct task_struct.pid: signed 64-bit integer here, signed 32-bit integer in BTF kernel.bpf.o (used by program probe)
 * > 6 fields of 1 object: 4 missing or different in kernel.bpf.o
 * exit 1
 */
#include "case.bpf.h"

struct mm_struct {
	int no_such_field;
} CO_RE;

struct task_struct {
	int no_such_field;
	long pid;
} CO_RE;

struct path {
	int newer;
} CO_RE;

struct path___old {
	int older;
} CO_RE;

int result;

PROGRAM(probe, struct task_struct *t)
{
	struct mm_struct *mm = (void *)t;
	struct path *path = (void *)t;
	struct path___old *old = (void *)t;

	if (bpf_core_field_exists(t->pid))
		result += BPF_CORE_READ(t, pid) + BPF_CORE_READ(t, no_such_field);
	if (bpf_core_type_exists(struct mm_struct))
		result += BPF_CORE_READ(mm, no_such_field);
	if (bpf_core_field_exists(path->newer))
		result += BPF_CORE_READ(path, newer);
	else
		result += BPF_CORE_READ(old, older);
	return 0;
}
