/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Numbers of the system calls that open or execute files. NR_COMPAT_* are those of 32-bit
 * tasks: i386 on x86-64, arm on arm64. x32 calls have the numbers of x86-64 with
 * X86_X32_BIT set, except those named NR_X32_*.
 *     if (nr == NR_EXECVE) …
 */
#ifndef __SYSCALL_NUMBERS_BPF_H__
#define __SYSCALL_NUMBERS_BPF_H__

enum {
#if defined(__TARGET_ARCH_x86)
	/* arch/x86/entry/syscalls/syscall_64.tbl */
	NR_OPEN = 2,
	NR_EXECVE = 59,
	NR_CREAT = 85,
	NR_OPENAT = 257,
	NR_OPEN_BY_HANDLE_AT = 304,
	NR_EXECVEAT = 322,
	NR_X32_EXECVE = 520,
	NR_X32_EXECVEAT = 545,

	/* arch/x86/entry/syscalls/syscall_32.tbl */
	NR_COMPAT_OPEN = 5,
	NR_COMPAT_CREAT = 8,
	NR_COMPAT_EXECVE = 11,
	NR_COMPAT_OPENAT = 295,
	NR_COMPAT_OPEN_BY_HANDLE_AT = 342,
	NR_COMPAT_EXECVEAT = 358,
#else
	/* include/uapi/asm-generic/unistd.h; there is no open and no creat. */
	NR_OPENAT = 56,
	NR_EXECVE = 221,
	NR_OPEN_BY_HANDLE_AT = 265,
	NR_EXECVEAT = 281,

	/* arch/arm/tools/syscall.tbl */
	NR_COMPAT_OPEN = 5,
	NR_COMPAT_CREAT = 8,
	NR_COMPAT_EXECVE = 11,
	NR_COMPAT_OPENAT = 322,
	NR_COMPAT_OPEN_BY_HANDLE_AT = 371,
	NR_COMPAT_EXECVEAT = 387,
#endif

	/* From 424 on, a call has the same number on every architecture, 32-bit or not. */
	NR_IO_URING_ENTER = 426,
	NR_OPENAT2 = 437
};

#endif /* __SYSCALL_NUMBERS_BPF_H__ */
