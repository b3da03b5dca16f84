/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The system calls that open a file, and their arguments (path, directory, flags, mode) in one
 * form, whatever the call and the architecture.
 */
#ifndef __OPEN_CALL_BPF_H__
#define __OPEN_CALL_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/open.h>
#include "exec_call.bpf.h"
#include "errno.bpf.h"
#include "syscall.bpf.h"
#include "syscall_numbers.bpf.h"
#include "task.bpf.h"

enum {
	/* include/linux/fs.h */
	FMODE_EXEC = 0x20,

	/* include/uapi/asm-generic/fcntl.h; arm64 differs in the last one. */
	O_WRONLY = 01,
	O_CREAT = 0100,
	O_TRUNC = 01000,
	O_NONBLOCK = 04000,
	O_CLOEXEC = 02000000,
#if defined(__TARGET_ARCH_x86)
	O_LARGEFILE = 0100000,
#else
	O_LARGEFILE = 0400000,
#endif

	/* include/uapi/linux/io_uring.h */
	IORING_OP_OPENAT = 18,
	IORING_OP_OPENAT2 = 28
};

struct open_call {
	u64 path; /* user address */
	u64 how;  /* user address, of openat2 */
	struct {
		u64 flags, mode;
	} how_read; /* the start of struct open_how at that address */
	u32 flags;
	u32 mode;
	s32 dirfd;
	u8 via; /* enum open_via */
	bool is_32bit;
	bool in_worker; /* of io_uring */
};

/* Returns enum open_via of a system call that opens a file, or -1. */
static __always_inline int syscall_via(u32 nr, bool is_32bit)
{
	if (nr == NR_OPENAT2)
		return OPEN_VIA_OPENAT2;
	if (is_32bit)
		return nr == NR_COMPAT_OPEN		 ? OPEN_VIA_OPEN :
		       nr == NR_COMPAT_CREAT		 ? OPEN_VIA_CREAT :
		       nr == NR_COMPAT_OPENAT		 ? OPEN_VIA_OPENAT :
		       nr == NR_COMPAT_OPEN_BY_HANDLE_AT ? OPEN_VIA_HANDLE :
							   -1;
#if defined(__TARGET_ARCH_x86)
	return nr == NR_OPENAT		  ? OPEN_VIA_OPENAT :
	       nr == NR_OPEN		  ? OPEN_VIA_OPEN :
	       nr == NR_CREAT		  ? OPEN_VIA_CREAT :
	       nr == NR_OPEN_BY_HANDLE_AT ? OPEN_VIA_HANDLE :
					    -1;
#else
	return nr == NR_OPENAT		  ? OPEN_VIA_OPENAT :
	       nr == NR_OPEN_BY_HANDLE_AT ? OPEN_VIA_HANDLE :
					    -1;
#endif
}

/* True if nr opens a file for either kind of task; it may be another call of the other kind. */
static __always_inline bool may_open(u32 nr)
{
	return syscall_via(nr, false) >= 0 || syscall_via(nr, true) >= 0;
}

/* True for a worker of io_uring, false for a thread that submits requests for the process: that
 * one, too, has the flag since 5.12. */
static __always_inline bool is_uring_worker(struct task_struct *task)
{
	if (!(BPF_CORE_READ(task, flags) & PF_IO_WORKER))
		return false;
	if (bpf_core_field_exists(task->worker_private))
		return BPF_CORE_READ(task, worker_private);
	if (bpf_core_field_exists(task->pf_io_worker))
		return BPF_CORE_READ(task, pf_io_worker);
	return true;
}

/* Returns enum open_via of the current task's open. */
static __always_inline u8 current_via(bool *is_32bit)
{
	u32 task_flags = BPF_CORE_READ(current_task(), flags);
	int via;
	u32 nr;

	*is_32bit = false;
	if (task_flags & PF_IO_WORKER)
		return OPEN_VIA_URING;
	if (task_flags & PF_KTHREAD)
		return OPEN_VIA_KERNEL;
	*is_32bit = task_is_32bit(current_task());
	nr = syscall_nr(user_regs(current_task()), false);
	via = syscall_via(nr, *is_32bit);
	if (via >= 0)
		return via;
	if (is_exec(nr, *is_32bit))
		return OPEN_VIA_EXEC;
	return nr == NR_IO_URING_ENTER ? OPEN_VIA_URING : OPEN_VIA_KERNEL;
}

/* Reads the arguments of a call, except those in the caller's memory. typed as in
 * syscall_nr(). */
static __always_inline void read_open_call(struct open_call *call, int via, bool is_32bit,
					   struct pt_regs *regs, const bool typed)
{
	u64 a0, a1, a2;

	a0 = syscall_arg(regs, 0, is_32bit, typed);
	a1 = syscall_arg(regs, 1, is_32bit, typed);
	a2 = syscall_arg(regs, 2, is_32bit, typed);
	call->via = via;
	call->is_32bit = is_32bit;
	call->in_worker = false;
	call->how = 0;
	call->mode = 0;
	call->dirfd = OPEN_AT_CWD;
	if (via == OPEN_VIA_OPEN) {
		call->path = a0;
		call->flags = a1;
		call->mode = a2;
	} else if (via == OPEN_VIA_CREAT) {
		call->path = a0;
		call->flags = O_CREAT | O_WRONLY | O_TRUNC;
		call->mode = a1;
	} else {
		/* openat, openat2, open_by_handle_at */
		call->dirfd = a0;
		call->path = a1;
		call->flags = a2;
		if (via == OPEN_VIA_OPENAT)
			call->mode = syscall_arg(regs, 3, is_32bit, typed);
		if (via == OPEN_VIA_OPENAT2)
			call->how = a2;
	}
}

/* Reads the arguments of an exec; returns false if the task is in another call. */
static __always_inline bool read_exec_call(struct open_call *call, struct pt_regs *regs)
{
	bool is_32bit = task_is_32bit(current_task());
	int arg = exec_path_argument(syscall_nr(regs, false), is_32bit);

	if (arg < 0)
		return false;
	__builtin_memset(call, 0, sizeof(*call));
	call->via = OPEN_VIA_EXEC;
	call->is_32bit = is_32bit;
	call->path =
		arg ? syscall_arg(regs, 1, is_32bit, false) : syscall_arg(regs, 0, is_32bit, false);
	call->dirfd = arg ? (s32)syscall_arg(regs, 0, is_32bit, false) : OPEN_AT_CWD;
	return true;
}

/* True if an exec fails with err because its path cannot be opened. A script whose interpreter
 * is missing gives ENOENT, too. */
static __always_inline bool is_path_error(s32 err)
{
	return err == -ENOENT || err == -EACCES || err == -ENOTDIR || err == -ENAMETOOLONG ||
	       err == -ELOOP;
}

/* Reads the flags and mode of openat2, which are in the caller's memory. */
static __always_inline void read_open_how(struct open_call *call)
{
	if (!call->how)
		return;
	/* On a fault the helper writes zeros. */
	bpf_probe_read_user(&call->how_read, sizeof(call->how_read), (void *)call->how);
	call->flags = call->how_read.flags;
	call->mode = call->how_read.mode;
}

/* ---- io_uring ------------------------------------------------------------------ */

/* True if the tracepoints of io_uring pass the request, with the result in it (5.19) and the
 * arguments in `cmd` (6.0). */
static __always_inline bool uring_has_request(void)
{
	return bpf_core_field_exists(struct io_kiocb, cqe) &&
	       bpf_core_field_exists(struct io_kiocb, cmd);
}

static __always_inline bool is_uring_open(struct io_kiocb *req)
{
	u8 opcode;

	if (!req)
		return false;
	opcode = BPF_CORE_READ(req, opcode);
	return opcode == IORING_OP_OPENAT || opcode == IORING_OP_OPENAT2;
}

/* Returns the path, which the kernel copied when it took the request. */
static __always_inline const char *uring_path(struct io_open *open)
{
	struct io_open___delayed *delayed = (void *)open;
	struct filename *name;

	if (bpf_core_field_exists(delayed->filename.__incomplete_filename))
		name = BPF_CORE_READ(delayed, filename.__incomplete_filename);
	else
		name = BPF_CORE_READ(open, filename);
	return BPF_CORE_READ(name, name);
}

#endif /* __OPEN_CALL_BPF_H__ */
