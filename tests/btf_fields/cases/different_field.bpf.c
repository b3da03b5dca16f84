// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fields of another kind, size, sign or length. libbpf rejects another kind, and reads the others
 * as the program declares them.
 *
 * > different_field.bpf.o: struct task_struct.__state: signed 32-bit integer here, unsigned 32-bit integer in BTF kernel.bpf.o (used by program probe)
 * > different_field.bpf.o: struct task_struct.comm: array of 32 x signed 8-bit integer here, array of 16 x signed 8-bit integer in BTF kernel.bpf.o (used by program probe)
 * > different_field.bpf.o: struct task_struct.in_execve: unsigned 2-bit integer here, unsigned 1-bit integer in BTF kernel.bpf.o (used by program probe)
 * > different_field.bpf.o: struct task_struct.mm: struct mm_struct here, pointer in BTF kernel.bpf.o (used by program probe)
 * > different_field.bpf.o: struct task_struct.numbers: array of 1 x pointer here, array of 0 x signed 32-bit integer in BTF kernel.bpf.o (used by program probe)
 * > different_field.bpf.o: struct task_struct.pid: signed 64-bit integer here, signed 32-bit integer in BTF kernel.bpf.o (used by program probe)
 * > different_field.bpf.o: struct task_struct.pids[4]: element here, array of 4 x pointer in BTF kernel.bpf.o (used by program probe)
 * > different_field.bpf.o: struct task_struct.real_parent: unsigned 64-bit integer here, pointer in BTF kernel.bpf.o (used by program probe)
 * > different_field.bpf.o: struct task_struct.type: signed 32-bit integer here, enum pid_type in BTF kernel.bpf.o (used by program probe)
 * > 9 fields of 1 object: 9 missing or different in kernel.bpf.o
 * exit 1
 */
#include "case.bpf.h"

struct mm_struct {
	unsigned long arg_start;
} CO_RE;

struct task_struct {
	int __state;
	long pid;
	int type;
	char comm[32];
	unsigned long real_parent;
	struct mm_struct mm;
	void *pids[5];
	void *numbers[1];
	unsigned int in_execve : 2;
} CO_RE;

char name[32];
int result;

PROGRAM(probe, struct task_struct *t)
{
	result += BPF_CORE_READ(t, __state);
	result += BPF_CORE_READ(t, pid);
	result += BPF_CORE_READ(t, type);
	result += BPF_CORE_READ(t, real_parent);
	result += BPF_CORE_READ(t, mm.arg_start);
	result += (long)BPF_CORE_READ(t, pids[4]);
	result += (long)BPF_CORE_READ(t, numbers[0]);
	result += t->in_execve;
	bpf_core_read(name, sizeof(name), &t->comm);
	return 0;
}
