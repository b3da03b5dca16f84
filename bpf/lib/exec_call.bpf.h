/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The system calls that execute a program: execve and execveat of every ABI. */
#ifndef __EXEC_CALL_BPF_H__
#define __EXEC_CALL_BPF_H__

#include "vmlinux.h"
#include "syscall_numbers.bpf.h"

/* Returns which argument of an exec is the path (argv is the next one), or -1 if nr is
 * another call. */
static __always_inline int exec_path_argument(u32 nr, bool is_32bit)
{
	if (is_32bit)
		return nr == NR_COMPAT_EXECVE ? 0 : nr == NR_COMPAT_EXECVEAT ? 1 : -1;
#if defined(__TARGET_ARCH_x86)
	return nr == NR_EXECVE || nr == NR_X32_EXECVE	  ? 0 :
	       nr == NR_EXECVEAT || nr == NR_X32_EXECVEAT ? 1 :
							    -1;
#else
	return nr == NR_EXECVE ? 0 : nr == NR_EXECVEAT ? 1 : -1;
#endif
}

static __always_inline bool is_exec(u32 nr, bool is_32bit)
{
	return exec_path_argument(nr, is_32bit) >= 0;
}

/* True if nr is an exec of either kind of task; it may be another call of the other kind. */
static __always_inline bool may_exec(u32 nr)
{
	return is_exec(nr, false) || is_exec(nr, true);
}

#endif /* __EXEC_CALL_BPF_H__ */
