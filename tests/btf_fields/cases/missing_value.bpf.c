// SPDX-License-Identifier: BSD-2-Clause
/*
 * An enum value and an enum that do not exist.
 *
 * > missing_value.bpf.o: enum no_such_enum: not in BTF kernel.bpf.o (used by program probe)
 * > missing_value.bpf.o: enum pid_type.PIDTYPE_NONE: not in BTF kernel.bpf.o (used by program probe)
 * > 3 fields of 1 object: 2 missing or different in kernel.bpf.o
 * exit 1
 */
#include "case.bpf.h"

enum pid_type {
	PIDTYPE_PID,
	PIDTYPE_NONE,
};

enum no_such_enum {
	NO_SUCH_VALUE,
};

int result;

PROGRAM(probe, void *ctx)
{
	result += bpf_core_enum_value(enum pid_type, PIDTYPE_PID);
	result += bpf_core_enum_value(enum pid_type, PIDTYPE_NONE);
	result += bpf_core_enum_value(enum no_such_enum, NO_SUCH_VALUE);
	return 0;
}
