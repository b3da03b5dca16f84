/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads the number and arguments of the current task's system call from the registers that were
 * saved when it entered the kernel. They are still there at exit, so nothing has to be stored on
 * entry.
 *     u32 nr = syscall_nr(user_regs(current_task()), has_typed_regs());
 */
#ifndef __SYSCALL_BPF_H__
#define __SYSCALL_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "task.bpf.h"

enum {
	THREAD_SIZE = 16384,	  /* without KASAN, with 4 KiB pages */
	X86_TS_COMPAT = 0x0002,	  /* arch/x86/include/asm/thread_info.h */
	X86_X32_BIT = 0x40000000, /* __X32_SYSCALL_BIT */
	ARM64_TIF_32BIT = 1 << 22 /* arch/arm64/include/asm/thread_info.h */
};

/* True if user_regs() returns a typed pointer. bpf_task_pt_regs came with 5.15, commit
 * dd6e10fbd9fb. */
static __always_inline bool has_typed_regs(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs) &&
	       config.own_btf;
}

/*
 * Returns the registers that were saved when the current task, which is `task`, entered the
 * kernel. (The context of a system call's tracepoint begins with a pointer to registers, too, but
 * to artificial ones: perf_syscall_exit, fake_regs.)
 */
static __always_inline struct pt_regs *user_regs(struct task_struct *task)
{
	if (has_typed_regs())
		return (struct pt_regs *)bpf_task_pt_regs(task);
	/* Before 5.15, compute the address: they are at the end of the stack on both architectures.
	 */
	return TASK_READ(task, stack) + THREAD_SIZE - bpf_core_type_size(struct pt_regs);
}

/* True if the task is in a 32-bit system call: i386 on x86-64, AArch32 on arm64. */
static __always_inline bool task_is_32bit(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return TASK_READ(task, thread_info.status) & X86_TS_COMPAT;
#else
	return TASK_READ(task, thread_info.flags) & ARM64_TIF_32BIT;
#endif
}

/* typed: the verifier knows the type of regs, by has_typed_regs() or from tp_btf. */
static __always_inline u32 syscall_nr(struct pt_regs *regs, const bool typed)
{
#if defined(__TARGET_ARCH_x86)
	return READ(typed, regs, orig_ax) & ~X86_X32_BIT;
#else
	return READ(typed, regs, syscallno);
#endif
}

/* Returns one of the first four arguments, n from 0. */
static __always_inline u64 syscall_arg(struct pt_regs *regs, const int n, bool is_32bit,
				       const bool typed)
{
#if defined(__TARGET_ARCH_x86)
	if (is_32bit)
		return (u32)(n == 0 ? READ(typed, regs, bx) :
			     n == 1 ? READ(typed, regs, cx) :
			     n == 2 ? READ(typed, regs, dx) :
				      READ(typed, regs, si));
	return n == 0 ? READ(typed, regs, di) :
	       n == 1 ? READ(typed, regs, si) :
	       n == 2 ? READ(typed, regs, dx) :
			READ(typed, regs, r10);
#else
	u64 arg = n == 0 ? READ(typed, regs, orig_x0) :
		  n == 1 ? READ(typed, regs, regs[1]) :
		  n == 2 ? READ(typed, regs, regs[2]) :
			   READ(typed, regs, regs[3]);

	return is_32bit ? (u32)arg : arg;
#endif
}

/* Reads the pointer at user address `at`, in the task's pointer size. */
static __always_inline long read_user_ptr(u64 *value, u64 at, bool is_32bit)
{
	*value = 0; /* a 32-bit pointer fills the low half: both architectures are little-endian */
	return bpf_probe_read_user(value, is_32bit ? 4 : 8, (void *)at);
}

/*
 * Reads a string from user memory; returns its length with the NUL, or a negative errno. The
 * helper returns 0 for an empty string, and writes no NUL, on kernels up to 6.12 at least
 * (strncpy_from_user_nofault).
 */
static __always_inline long read_user_str(char *to, u32 size, u64 at)
{
	long len = bpf_probe_read_user_str(to, size, (void *)at);

	if (len)
		return len;
	to[0] = 0;
	return 1;
}

/* Like read_user_str(), from kernel memory. */
static __always_inline long read_kernel_str(char *to, u32 size, const char *at)
{
	long len = bpf_probe_read_kernel_str(to, size, at);

	if (len)
		return len;
	to[0] = 0;
	return 1;
}

#endif /* __SYSCALL_BPF_H__ */
