// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * opensnoop: every file that is opened, and every attempt.
 *
 * A system call is reported when it returns, by one of several hooks, which user space chooses.
 * Its arguments are then read from the caller's registers, so nothing is stored on entry. Opens by
 * io_uring, by execs and by the kernel itself come from other hooks.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/opensnoop.h>
#include "lib/backup.bpf.h"
#include "lib/counters.bpf.h"
#include "lib/descendants.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/lineage_hooks.bpf.h"
#include "lib/open_call.bpf.h"
#include "lib/syscall.bpf.h"
#include "opensnoop/filp_open.bpf.h"
#include "opensnoop/io_uring.bpf.h"
#include "opensnoop/kernel_path.bpf.h"
#include "opensnoop/record.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u8 only_32bit = 0; /* on_any_exit: tracepoints see the 64-bit calls */
const volatile __u8 filp_open_by_kprobe = 0;
const volatile __u8 exec_by_exit = 0; /* a failed exec is seen at its exit, not in do_filp_open */

/* A "?" in a section's name: the program is loaded only if user space says so. */

/* ---- system calls, where they return ----------------------------------------- */

static __always_inline int call_returned(void *ctx, struct task_struct *task, struct pt_regs *regs,
					 const bool typed, s32 ret, u32 slot)
{
	bool is_32bit = task_is_32bit(task);
	u32 nr = syscall_nr(regs, typed);
	int via = syscall_via(nr, is_32bit);
	bool exec_failed = exec_by_exit && is_path_error(ret) && is_exec(nr, is_32bit);
	struct kept_path *kept;
	struct scratch *s;
	bool resolve;

	if (is_own(task) || (via < 0 && !exec_failed))
		return 0;
	kept = take_path(task);
	if (!has_wanted_result(ret) || !task_passes(task)) {
		count_event(SNOOP_SEEN_AND_FILTERED);
		return 0;
	}
	count_event(SNOOP_SEEN);
	s = bpf_map_lookup_elem(&open_scratch, &slot);
	if (!s)
		return 0;
	/* Through memory, so that the verifier checks what follows once, not once for each call. */
	if (exec_failed)
		read_exec_call(&s->call, regs);
	else
		read_open_call(&s->call, via, is_32bit, regs, typed);
	barrier();
	read_open_how(&s->call);
	if (!has_wanted_flags(s->call.flags))
		return filtered();
	begin(s, task, has_typed_task(), &s->call);
	if (s->call.via != OPEN_VIA_HANDLE) {
		if (!kept || !put_taken_path(s, task, kept))
			put_path(s, read_user_str(s->data, SNOOP_PATH_MAX, s->call.path),
				 OPEN_PATH_CALLER);
		if (!has_wanted_path(s))
			return filtered();
	}
	/* A handle has no path, so the resolved one is always sent. */
	resolve = want_resolved || s->call.via == OPEN_VIA_HANDLE;
	return finish(ctx, s, ret, resolve, resolve && ret >= 0 ? file_of(ret) : NULL, slot);
}

/* For hooks that do not pass the registers. */
static __always_inline int open_returned(void *ctx, s32 ret, u32 slot)
{
	struct task_struct *task = current_task();

	return call_returned(ctx, task, user_regs(task), has_typed_regs(), ret, slot);
}

/* Called by open, creat, openat and openat2, the 32-bit ones included (5.6). */
SEC("?fexit/do_sys_openat2")
int BPF_PROG(open_fexit, int dfd, const char *name, struct open_how *how, long ret)
{
	return open_returned(ctx, ret, SLOT_CALL);
}

SEC("?fexit/do_handle_open")
int BPF_PROG(handle_fexit, int mount_fd, void *handle, int flags, long ret)
{
	return open_returned(ctx, ret, SLOT_EXIT);
}

/* User space attaches it to the exits of the other calls, too. */
SEC("?tp/syscalls/sys_exit_openat")
int open_tracepoint(struct trace_event_raw_sys_exit *ctx)
{
	return open_returned(ctx, ctx->ret, SLOT_CALL);
}

/* ---- the exit of every system call ------------------------------------------------- */

/* Runs at the exit of every system call: compares numbers, and calls a helper only for calls
 * that open a file. */
static __always_inline bool is_wanted_call(u32 nr)
{
	if (filp_open_by_kprobe && is_exec(nr, false))
		filp_open_missed((u32)bpf_get_current_pid_tgid());
	return (may_open(nr) || (exec_by_exit && may_exec(nr))) &&
	       (!only_32bit || task_is_32bit(current_task()));
}

/* For calls without a tracepoint of their own: 32-bit calls and, where tracefs cannot be
 * read, all. */
SEC("?tp_btf/sys_exit")
int BPF_PROG(on_any_exit, struct pt_regs *regs, long ret)
{
	if (!is_wanted_call(syscall_nr(regs, true)))
		return 0;
	return call_returned(ctx, current_task(), regs, true, ret, SLOT_EXIT);
}

/* For kernels built without BTF. */
SEC("?raw_tp/sys_exit")
int BPF_PROG(on_any_exit_raw, struct pt_regs *regs, long ret)
{
	if (!is_wanted_call(syscall_nr(regs, false)))
		return 0;
	return call_returned(ctx, current_task(), regs, false, ret, SLOT_EXIT);
}

/* Through perf, where programs are not preempted (see lib/backup.bpf.h). */
SEC("?tp/raw_syscalls/sys_exit")
int on_any_exit_perf(struct trace_event_raw_sys_exit *ctx)
{
	if (!is_wanted_call(ctx->id & ~X86_X32_BIT))
		return 0;
	return open_returned(ctx, ctx->ret, SLOT_EXIT);
}

/* ---- execs, by tracepoint --------------------------------------------------------- */

/*
 * Without a hook on do_filp_open, an exec reports the file and, if it is a script or has a format
 * of binfmt_misc, its interpreter. The interpreter of a dynamic program is not reported.
 */
static __always_inline void exec_opened(void *ctx, struct scratch *s, const char *path,
					struct file *file, u32 slot)
{
	/* The scratch buffer may still describe the exec's first file. */
	s->head.rec.flags = OPEN_FLAG_NO_FD;
	s->head.resolved_len = 0;
	__builtin_memset(&s->head.file, 0, sizeof(s->head.file));
	put_path(s, read_kernel_str(s->data, SNOOP_PATH_MAX, path), OPEN_PATH_KERNEL);
	if (has_wanted_path(s))
		finish(ctx, s, 0, want_resolved, file, slot);
	else
		filtered();
}

static __always_inline int exec_succeeded(void *ctx, struct linux_binprm *bprm, u32 slot)
{
	struct open_call call = {.via = OPEN_VIA_EXEC, .dirfd = OPEN_AT_CWD};
	const char *filename = BPF_CORE_READ(bprm, filename);
	const char *interp = BPF_CORE_READ(bprm, interp);
	struct file *file = BPF_CORE_READ(bprm, file);
	struct task_struct *task = current_task();
	bool has_interp = interp != filename;
	struct scratch *s;

	if (is_own(task))
		return 0;
	count_events(SNOOP_SEEN, 1 + has_interp);
	if (!has_wanted_result(0) || !task_passes(task) || !has_wanted_flags(0)) {
		count_events(SNOOP_FILTERED, 1 + has_interp);
		return 0;
	}
	s = bpf_map_lookup_elem(&open_scratch, &slot);
	if (!s)
		return 0;
	begin(s, task, false, &call);
	/* At the end of an exec, bprm->file is the interpreter, if there is one. */
	exec_opened(ctx, s, filename, has_interp ? NULL : file, slot);
	if (has_interp)
		exec_opened(ctx, s, interp, file, slot);
	return 0;
}

SEC("?raw_tp/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, pid_t old_tid, struct linux_binprm *bprm)
{
	return claim_exec() ? exec_succeeded(ctx, bprm, SLOT_INNER) : 0;
}

SEC("?raw_tp/sched_process_exec")
int BPF_PROG(on_exec_backup, struct task_struct *task, pid_t old_tid, struct linux_binprm *bprm)
{
	return claim_exec_backup() ? exec_succeeded(ctx, bprm, SLOT_BACKUP) : 0;
}
