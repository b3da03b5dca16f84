// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * execsnoop: every program that is executed, and with -x every attempt.
 *
 * Successes come from the tracepoint sched_process_exec: it lies behind execve,
 * execveat, fexecve, 32-bit calls and the kernel's own execs, and runs when the
 * new image is complete. Failures come from the exit of the system calls.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/execsnoop.h>
#include "lib/backup.bpf.h"
#include "lib/counters.bpf.h"
#include "lib/emit.bpf.h"
#include "lib/exec_call.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/path.bpf.h"
#include "lib/syscall.bpf.h"
#include "lib/task.bpf.h"
#include "lib/descendants.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum {
	HEAD_DATA = SNOOP_PATH_MAX + EXEC_INTERP_MAX + EXEC_CWD_MAX + EXEC_FIRST_ARGS,
	ARGV_CHUNK = 4096,    /* of one string, in one read */
	ARGV_STEPS = 1 << 20, /* more strings than fit into 2 MiB */
	ARGV_LOST = 1 << 20,  /* a place in a buffer that could not be sent */
	RUNNING_ENTRIES = 65536,
	KEPT_ENTRIES = 16384,
	RUN_FIRST = 0, /* on_exec, and on_exec_backup: each has a buffer and a walk */
	RUN_AGAIN = 1,
	EXEC_RUNS = 2,
	WALKER_FAILED = EXEC_RUNS
};

/* How far the loops go is said at load: the verifier walks every turn. */
const volatile __u32 max_args = 65536;	 /* bytes of arguments kept */
const volatile __u32 more_records = 5;	 /* that hold them, at most */
const volatile __u32 failed_steps = 256; /* strings of a failed exec, before 5.17 */
const volatile __u8 want_cwd = 0;
const volatile __u8 want_exit = 0;
const volatile __u8 only_32bit = 0; /* on_failed_any: others come by tracepoint */

/*
 * Where a record is put together; per CPU, since it is too large for the stack,
 * and one for each of the two programs, which may preempt one another. The
 * numbers behind the buffers are those of the loops, here for the reason that
 * "Loop state" in docs/architecture.md gives.
 */
struct scratch {
	struct exec_event head;
	char data[HEAD_DATA];
	struct exec_args more;
	char args[EXEC_MORE_ARGS];
	volatile u64 used; /* bytes of data */
	volatile u64 argv;
	volatile u64 from;
	volatile u64 left;
	volatile u64 at;
	volatile u32 flags;
};

#define SCRATCH(name, entries)                                                                     \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                           \
		__uint(max_entries, entries);                                                      \
		__type(key, u32);                                                                  \
		__type(value, struct scratch);                                                     \
	} name SEC(".maps")

SCRATCH(exec_scratch, EXEC_RUNS);
SCRATCH(failed_scratch, 1);

/* Processes whose end --exit waits for. */
SNOOP_SET(running, u32, RUNNING_ENTRIES);

/* Ends that found no room in the ring: the rows of these processes wait for them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, KEPT_ENTRIES);
	__type(key, u32);
	__type(value, struct exec_exit);
} spilled SEC(".maps");

/* Fills the head. The filename is behind it already, filename_len long or, if
 * negative, unreadable. */
static __always_inline void begin(struct scratch *s, s32 ret, u32 old_tid, long filename_len)
{
	struct exec_event *e = &s->head;

	fill_record(&e->rec, EXEC_HEAD, now_ns(), (u32)bpf_get_current_pid_tgid());
	fill_task(&e->task, current_task(), false);
	e->args_total = 0;
	e->ret = ret;
	e->old_tid = old_tid;
	e->interp_len = 0;
	e->cwd_len = 0;
	e->args_len = 0;
	if (filename_len <= 0) {
		e->rec.flags |= SNOOP_FLAG_FAULTED | EXEC_FLAG_NO_FILENAME;
		filename_len = 0;
	}
	e->filename_len = filename_len;
	s->used = filename_len;
}

static __always_inline void put_interp(struct scratch *s, const char *interp)
{
	u64 used = s->used;
	long len;

	if (used > SNOOP_PATH_MAX)
		return;
	len = bpf_probe_read_kernel_str(&s->data[used], EXEC_INTERP_MAX, interp);
	if (len <= 0)
		return;
	s->head.interp_len = len;
	s->used = used + len;
}

static __always_inline void put_cwd(struct scratch *s, u32 walker)
{
	struct fs_struct *fs = BPF_CORE_READ(current_task(), fs);
	u64 used = s->used;
	struct path_walk *w;
	bool cut;
	u32 len;

	if (!want_cwd || used > SNOOP_PATH_MAX + EXEC_INTERP_MAX)
		return;
	w = walk_path(walker, &fs->pwd, &cut);
	if (!w)
		return;
	len = w->len;
	if (len > EXEC_CWD_MAX || bpf_probe_read_kernel(&s->data[used], len, w->components))
		return;
	s->head.rec.flags |= EXEC_FLAG_HAS_CWD | (cut ? EXEC_FLAG_CWD_CUT : 0);
	s->head.cwd_len = len;
	s->used = used + len;
}

/* Puts len bytes of arguments behind all else, if they fit there. */
static __always_inline bool put_args(struct scratch *s, u64 from, u64 len)
{
	u64 used = s->used;

	/* Or clang tests one copy of len and passes another to the helper. */
	barrier_var(len);
	if (len > EXEC_FIRST_ARGS || used > HEAD_DATA - EXEC_FIRST_ARGS)
		return false;
	if (bpf_probe_read_user(&s->data[used], len, (void *)from)) {
		s->head.rec.flags |= SNOOP_FLAG_FAULTED | EXEC_FLAG_NO_ARGS;
		return true;
	}
	s->head.args_len = len;
	s->used = used + len;
	return true;
}

/* Sends the head and what is behind it; false if it was lost. */
static __always_inline bool send_head(void *ctx, struct scratch *s)
{
	u64 used = s->used;

	if (used > HEAD_DATA) {
		count_event(SNOOP_LOST_SIZE);
		return false;
	}
	return send_record(ctx, &s->head.rec, sizeof(s->head) + used);
}

/* Sends len bytes of s->args as a record that belongs to s->head. */
static __always_inline bool send_more(void *ctx, struct scratch *s, u64 len, u16 flags, bool last)
{
	u64 size = sizeof(s->more) + len;

	if (len > sizeof(s->args))
		return false;
	fill_record(&s->more.rec, EXEC_ARGS, s->head.rec.ts_ns, s->head.rec.tid);
	s->more.rec.flags = flags;
	s->more.rec.size = size;
	s->more.len = len;
	s->more.pad = 0;
	return (last ? emit(ctx, &s->more, size) : emit_quietly(ctx, &s->more, size)) == 0;
}

/* Sends `left` bytes of arguments from user address `from`, record by record;
 * returns the flags of the last one. */
static __always_inline u16 send_args(void *ctx, struct scratch *s, u64 from, u64 left)
{
	u64 len;
	u32 i;

	s->from = from;
	s->left = left;
	for (i = 0; i < more_records && s->left > EXEC_MORE_ARGS; i++) {
		if (bpf_probe_read_user(s->args, EXEC_MORE_ARGS, (void *)s->from))
			break;
		/* The reader sees that the rest is missing and shows a cut row. */
		if (!send_more(ctx, s, EXEC_MORE_ARGS, SNOOP_FLAG_MORE, false))
			return SNOOP_FLAG_TRUNCATED;
		s->from += EXEC_MORE_ARGS;
		s->left -= EXEC_MORE_ARGS;
	}
	len = s->left;
	s->flags = 0;
	if (len > EXEC_MORE_ARGS || bpf_probe_read_user(s->args, len, (void *)s->from)) {
		len = 0;
		s->flags = SNOOP_FLAG_FAULTED | EXEC_FLAG_NO_ARGS;
	}
	if (!send_more(ctx, s, len, s->flags, true))
		s->flags = SNOOP_FLAG_TRUNCATED;
	return s->flags;
}

/* Asks on_exit for the end of this process; the row says whether that worked. Returns true
 * if nobody had asked for it before. */
static __always_inline bool follow_to_exit(struct exec_event *e)
{
	u32 pid = e->task.pid;
	u8 in = 1;
	int err; /* before 6.4 the upper half of what comes back says nothing */

	if (!want_exit)
		return false;
	err = bpf_map_update_elem(&running, &pid, &in, BPF_NOEXIST);
	if (err && err != -EEXIST)
		e->rec.flags |= SNOOP_FLAG_TRUNCATED;
	else
		e->rec.flags |= EXEC_FLAG_EXIT_FOLLOWS;
	return !err;
}

static __always_inline int exec_succeeded(void *ctx, pid_t old_tid, struct linux_binprm *bprm,
					  u32 run)
{
	struct task_struct *task = current_task();
	const char *filename, *interp;
	struct mm_struct *mm;
	u64 arg_start, total, keep;
	struct scratch *s;
	bool is_new;
	u16 flaws;
	u32 pid;

	count_event(SNOOP_SEEN);
	if (!task_passes(task)) {
		count_event(SNOOP_FILTERED);
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
	put_cwd(s, run);
	s->head.args_total = total;
	if (total > keep)
		s->head.rec.flags |= SNOOP_FLAG_TRUNCATED;
	/* One read of the vector in the final image: the kernel has just written
	 * these pages, and no other thread is left that could change them. */
	if (keep && put_args(s, arg_start, keep))
		keep = 0;
	if (keep)
		s->head.rec.flags |= SNOOP_FLAG_MORE;

	/* Before the head is out: the process may end as soon as this returns. */
	is_new = follow_to_exit(&s->head);
	flaws = s->head.rec.flags;
	if (!send_head(ctx, s)) {
		/* No row waits for this end. */
		pid = s->head.task.pid;
		if (is_new)
			bpf_map_delete_elem(&running, &pid);
		return 0;
	}
	if (keep)
		flaws |= send_args(ctx, s, arg_start, keep);
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
	return claim_exec_backup() ? exec_succeeded(ctx, old_tid, bprm, RUN_AGAIN) : 0;
}

enum argv_step {
	ARGV_ON,
	ARGV_FULL, /* the buffer has to be sent first */
	ARGV_END   /* s->flags says what kind of end */
};

/*
 * A step through the argument vector of a failed exec: takes a string, or a piece of a
 * long one, into the buffer. Global, so that the verifier looks at it once (5.6).
 */
__noinline int argv_step(u32 is_32bit)
{
	u32 zero = 0;
	struct scratch *s = bpf_map_lookup_elem(&failed_scratch, &zero);
	u64 from, left, at;
	long len;

	if (!s)
		return ARGV_END;
	from = s->from;
	left = s->left;
	at = s->at;
	if (!from) {
		if (read_user_ptr(&from, s->argv, is_32bit)) {
			s->flags = SNOOP_FLAG_FAULTED | EXEC_FLAG_NO_ARGS;
			return ARGV_END;
		}
		if (!from) {
			s->flags = 0;
			return ARGV_END;
		}
	}
	if (!left)
		return ARGV_END;
	if (at > EXEC_MORE_ARGS - ARGV_CHUNK)
		return ARGV_FULL;
	len = read_user_str(&s->args[at], ARGV_CHUNK, from);
	if (len <= 0) {
		s->flags = SNOOP_FLAG_FAULTED | EXEC_FLAG_NO_ARGS;
		return ARGV_END;
	}
	if (!s->from)
		s->argv += is_32bit ? 4 : 8;
	/* A full piece goes on: drop its NUL, read on behind it. */
	if (len >= ARGV_CHUNK) {
		len = ARGV_CHUNK - 1;
		s->from = from + len;
	} else {
		s->from = 0;
	}
	if (len > left)
		len = left;
	s->left = left - len;
	s->at = at + len;
	return ARGV_ON;
}

struct argv_walk {
	void *ctx;
	struct scratch *s;
	bool is_32bit;
};

/* A turn of the loop: a step, or a record where the buffer is full. 1 ends the loop. */
static __always_inline long argv_turn(struct argv_walk *w)
{
	int step = argv_step(w->is_32bit);

	if (step != ARGV_FULL)
		return step == ARGV_END;
	if (!send_more(w->ctx, w->s, w->s->at, SNOOP_FLAG_MORE, false)) {
		w->s->at = ARGV_LOST;
		return 1;
	}
	w->s->at = 0;
	return 0;
}

static long argv_callback(u32 i, struct argv_walk *w)
{
	return argv_turn(w);
}

/* Sends the strings of the argument vector at user address argv; returns the flags
 * of the last record. */
static __always_inline u16 send_argv(void *ctx, struct scratch *s, u64 argv, bool is_32bit,
				     const bool has_loop)
{
	struct argv_walk w = {.ctx = ctx, .s = s, .is_32bit = is_32bit};
	u32 i;

	s->argv = argv;
	s->from = 0; /* in the string that is being read; 0: take the next one */
	s->left = max_args;
	s->at = 0;
	s->flags = SNOOP_FLAG_TRUNCATED; /* unless the end is reached */
	if (has_loop) {
		bpf_loop(ARGV_STEPS, argv_callback, &w, 0);
	} else {
		for (i = 0; i < failed_steps; i++)
			if (argv_turn(&w))
				break;
	}
	if (s->at == ARGV_LOST || !send_more(ctx, s, s->at, s->flags, true))
		return s->flags | SNOOP_FLAG_TRUNCATED;
	return s->flags;
}

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
	if (!passes_filters()) {
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
	put_cwd(s, WALKER_FAILED);
	if (is_32bit)
		s->head.rec.flags |= SNOOP_FLAG_ABI32;
	s->head.rec.flags |= SNOOP_FLAG_MORE;
	if (send_head(ctx, s))
		count_flaws(s->head.rec.flags | send_argv(ctx, s, argv, is_32bit, has_loop));
	return 0;
}

/*
 * The programs for failures, in pairs. The first one of each pair walks argv with
 * bpf_loop (5.17), as far as it goes; the second one, for older kernels, in a loop of
 * which the verifier walks every turn, so that it has to end early.
 *
 * on_failed_call is attached to sys_exit_execveat too, by the user side.
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

/* The same at the exit of every system call, or for 32-bit ones, which have no tracepoint of
 * their own. All calls pay for it, so what is looked at first is the result and the number. */
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

/* The same by way of perf, in which nothing is preempted (see lib/backup.bpf.h). */
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

enum {
	SIGNAL_GROUP_EXIT = 0x4 /* include/linux/sched/signal.h */
};

/* To send it is to take the process out of the map, which only one of two programs can. */
static __always_inline int process_ended(void *ctx, struct task_struct *task)
{
	u32 pid = BPF_CORE_READ(task, tgid);
	struct exec_exit e;

	if (!process_ends(task) || bpf_map_delete_elem(&running, &pid))
		return 0;
	fill_record(&e.rec, EXEC_EXIT, now_ns(), BPF_CORE_READ(task, pid));
	e.rec.size = sizeof(e);
	e.pid = pid;
	e.status = BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT ?
			   BPF_CORE_READ(task, signal, group_exit_code) :
			   BPF_CORE_READ(task, group_leader, exit_code);
	if (!emit(ctx, &e, sizeof(e)))
		return 0;
	if (bpf_map_update_elem(&spilled, &pid, &e, BPF_ANY)) {
		count_event(SNOOP_TRUNCATED);
		return 0;
	}
	__sync_fetch_and_add(&wake.spilled, 1);
	/* The reader may have emptied the ring meanwhile, and looked in vain. */
	wake_if_it_fell_asleep(ctx);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	return process_ended(ctx, task);
}

SEC("?raw_tp/sched_process_exit")
int BPF_PROG(on_exit_backup, struct task_struct *task)
{
	return process_ended(ctx, task);
}
