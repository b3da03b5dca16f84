// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * execcount: how often programs are executed, counted in the kernel by a key of the user's
 * choice. No records are sent: user space reads the map.
 *
 * The hooks are those of execsnoop, for the same reasons.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/execcount.h>
#include "lib/backup.bpf.h"
#include "lib/cgroup.bpf.h"
#include "lib/counters.bpf.h"
#include "lib/config.bpf.h"
#include "execcount/ancestor.bpf.h"
#include "execcount/path.bpf.h"
#include "lib/exec_call.bpf.h"
#include "lib/exec_file.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/lineage_hooks.bpf.h"
#include "lib/result.bpf.h"
#include "lib/syscall.bpf.h"
#include "lib/task.bpf.h"
#include "lib/descendants.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u8 count_by = COUNT_BY_UID;
const volatile __u8 only_32bit = 0; /* on_failed_any: tracepoints see the 64-bit calls */

/* User space sets the key size, as short as count_by allows, and max_entries. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct count_key);
	__type(value, u64);
} counts SEC(".maps");

static __always_inline void count_key(struct count_key *key)
{
	u64 *n = bpf_map_lookup_elem(&counts, key);

	if (!n) {
		u64 none = 0;

		/* If another CPU has just created the entry, use that one. */
		bpf_map_update_elem(&counts, key, &none, BPF_NOEXIST);
		n = bpf_map_lookup_elem(&counts, key);
	}
	/* Atomic although per CPU, as in count_events(). */
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		count_event(SNOOP_LOST_MAP_FULL);
}

/* With --by path, or exe. */
static __always_inline bool counts_paths(void)
{
	return count_by == COUNT_BY_PATH || count_by == COUNT_BY_EXE;
}

/* Counts an exec that has passed the filters. With --by path, the key is made. */
static __always_inline void count_exec(struct scratch *s, s64 ret)
{
	switch (count_by) {
	case COUNT_BY_UID:
		s->key.id = (u32)bpf_get_current_uid_gid();
		break;
	case COUNT_BY_COMM:
		task_comm(s->key.comm, current_task(), has_typed_task());
		break;
	case COUNT_BY_PATH:
	case COUNT_BY_EXE:
		break;
	case COUNT_BY_ANCESTOR:
		put_ancestor(s->key.comm);
		break;
	case COUNT_BY_PARENT:
		__builtin_memset(s->key.comm, 0, sizeof(s->key.comm));
		BPF_CORE_READ_STR_INTO(&s->key.comm, current_task(), real_parent, comm);
		break;
	case COUNT_BY_CGROUP:
	case COUNT_BY_CONTAINER:
	case COUNT_BY_UNIT:
		s->key.id = bpf_get_current_cgroup_id();
		remember_cgroup(s->key.id);
		break;
	default:
		s->key.id = ret;
	}
	count_key(&s->key);
}

static __always_inline struct scratch *begin(u32 which, s32 ret)
{
	count_event(SNOOP_SEEN);
	if (!passes_filters() || !passes_result(ret)) {
		count_event(SNOOP_FILTERED);
		return NULL;
	}
	return bpf_map_lookup_elem(&count_scratch, &which);
}

static __always_inline int exec_succeeded(struct linux_binprm *bprm, u32 which)
{
	struct scratch *s = begin(which, 0);
	long len;

	if (!s)
		return 0;
	if (counts_paths()) {
		struct exec_file found = {};

		len = read_kernel_str(s->path, sizeof(s->path), BPF_CORE_READ(bprm, filename));
		if (count_by == COUNT_BY_EXE)
			found.file = BPF_CORE_READ(bprm, file);
		else
			found = file_of_exec(s->path, bprm);
		put_path(s, which, found, len);
	}
	count_exec(s, 0);
	return 0;
}

SEC("raw_tp/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, pid_t old_tid, struct linux_binprm *bprm)
{
	return claim_exec() ? exec_succeeded(bprm, SCRATCH_EXEC) : 0;
}

SEC("?raw_tp/sched_process_exec")
int BPF_PROG(on_exec_backup, struct task_struct *task, pid_t old_tid, struct linux_binprm *bprm)
{
	return claim_exec_backup() ? exec_succeeded(bprm, SCRATCH_BACKUP) : 0;
}

static __always_inline int failed_exec(struct pt_regs *regs, s64 ret)
{
	bool is_32bit = task_is_32bit(current_task());
	int arg = exec_path_argument(syscall_nr(regs, false), is_32bit);
	struct exec_file found = {};
	s32 dirfd = OPEN_AT_CWD;
	struct scratch *s;
	u64 path;
	long len;

	if (arg < 0)
		return 0;
	s = begin(SCRATCH_FAILED, ret);
	if (!s)
		return 0;
	if (counts_paths()) {
		path = arg ? syscall_arg(regs, 1, is_32bit, false) :
			     syscall_arg(regs, 0, is_32bit, false);
		len = read_user_str(s->path, sizeof(s->path), path);
		if (arg)
			dirfd = syscall_arg(regs, 0, is_32bit, false);
		if (len > 0)
			found = file_of_failed_exec(s->path, dirfd);
		put_path(s, SCRATCH_FAILED, found, len);
	}
	count_exec(s, ret);
	return 0;
}

/* User space attaches it to sys_exit_execveat, too. */
SEC("?tp/syscalls/sys_exit_execve")
int on_failed_call(struct trace_event_raw_sys_exit *ctx)
{
	return ctx->ret < 0 ? failed_exec(user_regs(current_task()), ctx->ret) : 0;
}

/* At the exit of every system call, for 32-bit execs, which have no tracepoint of their own,
 * or for all. */
static __always_inline bool may_be_exec(u32 nr)
{
	return may_exec(nr) && (!only_32bit || task_is_32bit(current_task()));
}

SEC("?raw_tp/sys_exit")
int BPF_PROG(on_failed_any, struct pt_regs *regs, long ret)
{
	return ret < 0 && may_be_exec(syscall_nr(regs, false)) ? failed_exec(regs, ret) : 0;
}

/* Through perf, where programs are not preempted (see lib/backup.bpf.h). */
SEC("?tp/raw_syscalls/sys_exit")
int on_failed_any_perf(struct trace_event_raw_sys_exit *ctx)
{
	return ctx->ret < 0 && may_be_exec(ctx->id & ~X86_X32_BIT) ?
		       failed_exec(user_regs(current_task()), ctx->ret) :
		       0;
}
