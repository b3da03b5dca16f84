// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * execsnoop: every program that is executed, and with -x every attempt.
 *
 * Successes come from the tracepoint sched_process_exec: execve, execveat, fexecve, 32-bit calls
 * and the kernel's own execs all get there, and the new image is complete.
 * Failures come from the exit of the system calls.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/execsnoop.h>
#include "execsnoop/argv.bpf.h"
#include "execsnoop/before.bpf.h"
#include "execsnoop/exit.bpf.h"
#include "execsnoop/forks.bpf.h"
#include "execsnoop/record.bpf.h"
#include "lib/backup.bpf.h"
#include "lib/counters.bpf.h"
#include "lib/descendants.bpf.h"
#include "lib/emit.bpf.h"
#include "lib/exec_call.bpf.h"
#include "lib/exec_file.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/lineage_hooks.bpf.h"
#include "lib/result.bpf.h"
#include "lib/syscall.bpf.h"
#include "lib/task.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u8 only_32bit = 0; /* on_failed_any: tracepoints see the 64-bit calls */

/* ---- execs that succeed -------------------------------------------------------------- */

static __always_inline int exec_succeeded(void *ctx, pid_t old_tid, struct linux_binprm *bprm,
					  u32 run)
{
	struct task_struct *task = current_task();
	const char *filename, *interp;
	struct mm_struct *mm;
	u64 arg_start, total, keep, env_start = 0, env = 0;
	struct scratch *s;
	bool is_new;
	u16 flaws;
	u32 pid;

	count_event(SNOOP_SEEN);
	if (!task_passes(task) || !passes_result(0)) {
		count_event(SNOOP_FILTERED);
		stop_following_fork(task);
		return 0;
	}
	s = bpf_map_lookup_elem(&exec_scratch, &run);
	if (!s)
		return 0;
	mm = BPF_CORE_READ(task, mm);
	arg_start = BPF_CORE_READ(mm, arg_start);
	total = BPF_CORE_READ(mm, arg_end) - arg_start;
	keep = total < max_args ? total : max_args;
	filename = BPF_CORE_READ(bprm, filename);
	interp = BPF_CORE_READ(bprm, interp);

	begin(s, 0, old_tid, bpf_probe_read_kernel_str(s->data, SNOOP_PATH_MAX, filename));
	if (interp != filename)
		put_interp(s, interp);
	put_resolved(s, run, file_of_exec(s->data, bprm));
	put_exe(s, bprm);
	put_gain(&s->head);
	put_cwd(s, run);
	s->head.args_total = total;
	if (total > keep)
		s->head.rec.flags |= SNOOP_FLAG_TRUNCATED;
	/* The vector lies in the new image in one block. The kernel has just written these
	 * pages, and no other thread exists that could change them. */
	if (keep && put_args(s, arg_start, keep))
		keep = 0;
	if (env_records) {
		env_start = BPF_CORE_READ(mm, env_start);
		env = BPF_CORE_READ(mm, env_end) - env_start;
		s->head.who.env_total = env;
		s->head.who.flags |= WHO_HAS_ENV;
		if (env > EXEC_ENV_MAX)
			env = EXEC_ENV_MAX;
	}
	if (keep || env)
		s->head.rec.flags |= SNOOP_FLAG_MORE;

	/* Before the head is sent, so that its flags say whether an exit record follows. */
	is_new = follow_to_exit(&s->head);
	flaws = s->head.rec.flags;
	if (!send_head(ctx, s)) {
		/* No row waits for this exit. */
		pid = s->head.task.pid;
		if (is_new)
			bpf_map_delete_elem(&running, &pid);
		return 0;
	}
	if (keep)
		flaws |= send_strings(ctx, s, EXEC_ARGS, arg_start, keep, more_records,
				      env ? SNOOP_FLAG_MORE : 0);
	if (env)
		flaws |= send_strings(ctx, s, EXEC_ENV, env_start, env, env_records, 0);
	count_flaws(flaws);
	return 0;
}

SEC("raw_tp/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, pid_t old_tid, struct linux_binprm *bprm)
{
	return claim_exec() ? exec_succeeded(ctx, old_tid, bprm, RUN_FIRST) : 0;
}

SEC("?raw_tp/sched_process_exec")
int BPF_PROG(on_exec_backup, struct task_struct *task, pid_t old_tid, struct linux_binprm *bprm)
{
	return claim_exec_backup() ? exec_succeeded(ctx, old_tid, bprm, RUN_BACKUP) : 0;
}

/* ---- execs that fail ----------------------------------------------------------------- */

static __always_inline int failed_exec(void *ctx, struct pt_regs *regs, s64 ret,
				       const bool has_loop)
{
	bool is_32bit = task_is_32bit(current_task());
	int arg = exec_path_argument(syscall_nr(regs, false), is_32bit);
	struct scratch *s;
	u64 path, argv;
	u32 zero = 0;

	if (arg < 0)
		return 0;
	count_event(SNOOP_SEEN);
	if (!passes_filters() || !passes_result(ret)) {
		count_event(SNOOP_FILTERED);
		return 0;
	}
	s = bpf_map_lookup_elem(&failed_scratch, &zero);
	if (!s)
		return 0;

	path = arg ? syscall_arg(regs, 1, is_32bit, false) : syscall_arg(regs, 0, is_32bit, false);
	argv = arg ? syscall_arg(regs, 2, is_32bit, false) : syscall_arg(regs, 1, is_32bit, false);
	begin(s, ret, (u32)bpf_get_current_pid_tgid(),
	      read_user_str(s->data, SNOOP_PATH_MAX, path));
	/* Without a filename, there are old bytes in its place. */
	if (s->head.filename_len)
		put_resolved(s, WALKER_FAILED,
			     file_of_failed_exec(s->data,
						 arg ? (s32)syscall_arg(regs, 0, is_32bit, false) :
						       OPEN_AT_CWD));
	put_cwd(s, WALKER_FAILED);
	if (is_32bit)
		s->head.rec.flags |= SNOOP_FLAG_ABI32;
	s->head.rec.flags |= SNOOP_FLAG_MORE;
	if (send_head(ctx, s))
		count_flaws(s->head.rec.flags | send_argv(ctx, s, argv, is_32bit, has_loop));
	return 0;
}

/*
 * These programs come in pairs. The first of each pair walks all of argv with bpf_loop (5.17); the
 * second, for older kernels, uses a loop of which the verifier follows every iteration, so it has
 * to stop early.
 *
 * User space attaches on_failed_call to sys_exit_execveat, too.
 */
SEC("?tp/syscalls/sys_exit_execve")
int on_failed_call(struct trace_event_raw_sys_exit *ctx)
{
	return ctx->ret < 0 ? failed_exec(ctx, user_regs(current_task()), ctx->ret, true) : 0;
}

SEC("?tp/syscalls/sys_exit_execve")
int on_failed_call_old(struct trace_event_raw_sys_exit *ctx)
{
	return ctx->ret < 0 ? failed_exec(ctx, user_regs(current_task()), ctx->ret, false) : 0;
}

/* At the exit of every system call, for 32-bit execs, which have no tracepoint of their own,
 * or for all. Every call pays for it, so it compares the result and the number first. */
static __always_inline bool may_be_exec(u32 nr)
{
	return may_exec(nr) && (!only_32bit || task_is_32bit(current_task()));
}

SEC("?raw_tp/sys_exit")
int BPF_PROG(on_failed_any, struct pt_regs *regs, long ret)
{
	return ret < 0 && may_be_exec(syscall_nr(regs, false)) ? failed_exec(ctx, regs, ret, true) :
								 0;
}

SEC("?raw_tp/sys_exit")
int BPF_PROG(on_failed_any_old, struct pt_regs *regs, long ret)
{
	return ret < 0 && may_be_exec(syscall_nr(regs, false)) ?
		       failed_exec(ctx, regs, ret, false) :
		       0;
}

/* Through perf, where programs are not preempted (see lib/backup.bpf.h). */
SEC("?tp/raw_syscalls/sys_exit")
int on_failed_any_perf(struct trace_event_raw_sys_exit *ctx)
{
	return ctx->ret < 0 && may_be_exec(ctx->id & ~X86_X32_BIT) ?
		       failed_exec(ctx, user_regs(current_task()), ctx->ret, true) :
		       0;
}

SEC("?tp/raw_syscalls/sys_exit")
int on_failed_any_perf_old(struct trace_event_raw_sys_exit *ctx)
{
	return ctx->ret < 0 && may_be_exec(ctx->id & ~X86_X32_BIT) ?
		       failed_exec(ctx, user_regs(current_task()), ctx->ret, false) :
		       0;
}
