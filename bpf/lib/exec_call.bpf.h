/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which system calls execute a program. */
#ifndef __EXEC_CALL_BPF_H__
#define __EXEC_CALL_BPF_H__

#include "vmlinux.h"

/* Of execve and execveat: where among the arguments the path is, argv behind it. -1: it
 * is another call. */
static __always_inline int exec_path_argument(u32 nr, bool is_32bit)
{
#if defined(__TARGET_ARCH_x86)
	if (is_32bit)
		return nr == 11 ? 0 : nr == 358 ? 1 : -1;
	return nr == 59 || nr == 520 ? 0 : nr == 322 || nr == 545 ? 1 : -1;
#else
	if (is_32bit)
		return nr == 11 ? 0 : nr == 387 ? 1 : -1;
	return nr == 221 ? 0 : nr == 281 ? 1 : -1;
#endif
}

static __always_inline bool is_exec(u32 nr, bool is_32bit)
{
	return exec_path_argument(nr, is_32bit) >= 0;
}

/* Is it the number of such a call, of the 64-bit or the 32-bit kind? */
static __always_inline bool may_exec(u32 nr)
{
	return is_exec(nr, false) || is_exec(nr, true);
}

#endif /* __EXEC_CALL_BPF_H__ */
