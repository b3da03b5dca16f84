// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * opensnoop: every file that is opened, and every attempt.
 *
 * A system call is seen where it returns, by one of several hooks that the user side
 * chooses from; what was asked for is read from the
 * caller's registers then, so nothing is kept from the entry. io_uring, exec and the
 * kernel itself come by other doors, further down.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/opensnoop.h>
#include "lib/backup.bpf.h"
#include "lib/counters.bpf.h"
#include "lib/emit.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/open_call.bpf.h"
#include "lib/path.bpf.h"
#include "lib/syscall.bpf.h"
#include "lib/task.bpf.h"
#include "lib/descendants.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* A section's "?": loaded only if the user side says so. */

enum {
	OPEN_DATA = SNOOP_PATH_MAX + OPEN_RESOLVED_MAX,
	URING_ENTRIES = 4096,
	INNER_ENTRIES = 4096
};

/* Programs that may preempt one another have a scratch buffer and a path walk each. */
enum {
	SLOT_CALL,
	SLOT_EXIT,
	SLOT_INNER,
	SLOT_AGAIN,
	SLOT_URING,
	SLOTS
};

const volatile __u32 own_pid = 0; /* the tool's own opens are no events */
const volatile __u8 only_failed = 0;
const volatile __u8 want_resolved = 0;
const volatile __u8 filter_prefix = 0; /* 1: only paths that begin as in path_filter … */
const volatile __u8 filter_suffix = 0;
const volatile __u8 filter_flags = 0;
const volatile __u32 flags_any = 0; /* … or with one of these flags */
const volatile __u8 access_any = 0; /* … or, 1 << the access mode, one of these */
const volatile __u8 only_32bit = 0; /* on_any_exit: others come by tracepoint */
const volatile __u8 filp_open_by_kprobe = 0;
const volatile __u8 exec_by_exit = 0; /* an exec that fails shows at its exit, not further down */

/* Keys of tries hold bytes in the order in which they are compared. */
struct prefix_key {
	u32 bits;
	char bytes[OPEN_PREFIX_MAX];
};
struct suffix_key {
	u32 bits;
	char bytes[OPEN_SUFFIX_MAX]; /* from the last one backwards */
};

struct scratch {
	struct open_event head;
	char data[OPEN_DATA];
	struct prefix_key prefix;
	struct suffix_key suffix;
	struct open_call call;
	volatile u64 used; /* bytes of data */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, u32);
	__type(value, struct scratch);
} open_scratch SEC(".maps");

/* Requests of io_uring between submission and completion, by their address; where that is
 * not to be had, by that of the file. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, URING_ENTRIES);
	__type(key, u64);
	__type(value, struct scratch);
} uring_calls SEC(".maps");

#define LPM_TRIE(name, key_type, entries)                                                          \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_LPM_TRIE);                                               \
		__uint(map_flags, BPF_F_NO_PREALLOC);                                              \
		__uint(max_entries, entries);                                                      \
		__type(key, key_type);                                                             \
		__type(value, u8);                                                                 \
	} name SEC(".maps")

LPM_TRIE(path_filter, struct prefix_key, FILTER_ENTRIES);
LPM_TRIE(suffix_filter, struct suffix_key, FILTER_ENTRIES);

/* ---- filters ------------------------------------------------------------- */

static __always_inline bool is_own(struct task_struct *task)
{
	return TASK_READ(task, tgid) == own_pid;
}

static __always_inline bool has_wanted_flags(u32 flags)
{
	return !filter_flags || flags & flags_any || access_any >> (flags & 3) & 1;
}

static __always_inline bool has_wanted_suffix(struct scratch *s, u64 len)
{
	u32 i;

	/* What is not overwritten is an end that no suffix has. */
	__builtin_memset(s->suffix.bytes, 0, sizeof(s->suffix.bytes));
	for (i = 0; i < OPEN_SUFFIX_MAX && i + 1 < len; i++)
		s->suffix.bytes[i] = s->data[(len - 2 - i) & (SNOOP_PATH_MAX - 1)];
	s->suffix.bits = OPEN_SUFFIX_MAX * 8;
	return bpf_map_lookup_elem(&suffix_filter, &s->suffix);
}

/* Of the path as given. One without a path is decided on by the reader, which knows
 * where it led. */
static __always_inline bool has_wanted_path(struct scratch *s)
{
	u64 len = s->head.path_len;

	if (!len)
		return true;
	if (filter_prefix) {
		/* Behind the path's NUL is anything: no prefix has a NUL. */
		if (bpf_probe_read_kernel(s->prefix.bytes, sizeof(s->prefix.bytes), s->data))
			return false;
		s->prefix.bits = OPEN_PREFIX_MAX * 8;
		if (!bpf_map_lookup_elem(&path_filter, &s->prefix))
			return false;
	}
	return !filter_suffix || has_wanted_suffix(s, len);
}

/* ---- putting a record together --------------------------------------------- */

static __always_inline void put_path(struct scratch *s, long len)
{
	if (len <= 0 || len > SNOOP_PATH_MAX) {
		s->head.rec.flags |= OPEN_FLAG_NO_PATH | SNOOP_FLAG_FAULTED;
		len = 0;
	}
	s->head.path_len = len;
	s->used = len;
}

static __always_inline struct file *file_of(s32 fd)
{
	struct fdtable *fdt = BPF_CORE_READ(current_task(), files, fdt);
	struct file **fds = BPF_CORE_READ(fdt, fd);
	struct file *file = NULL;

	if (fd >= 0 && fd < BPF_CORE_READ(fdt, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), fds + fd);
	return file;
}

/* Where the path is relative to. */
static __always_inline struct path *base_path(struct scratch *s)
{
	struct fs_struct *fs = BPF_CORE_READ(current_task(), fs);
	struct file *file;

	if (s->head.path_len && s->data[0] == '/')
		return &fs->root;
	if (s->head.dirfd == OPEN_AT_CWD)
		return &fs->pwd;
	file = file_of(s->head.dirfd);
	return file ? &file->f_path : NULL;
}

/* Where it led: to `file` or, without one, the place where the path starts. */
static __always_inline void put_resolved(struct scratch *s, struct file *file, u32 slot)
{
	struct path *path = file ? &file->f_path : base_path(s);
	u64 used = s->used;
	struct path_walk *w;
	bool cut;
	u32 len;

	if (!path || used > SNOOP_PATH_MAX)
		return;
	w = walk_path(slot, path, &cut);
	if (!w)
		return;
	len = w->len;
	if (len > OPEN_RESOLVED_MAX || bpf_probe_read_kernel(&s->data[used], len, w->components))
		return;
	s->head.rec.flags |= OPEN_FLAG_HAS_RESOLVED | (file ? 0 : OPEN_FLAG_BASE_ONLY);
	if (cut)
		s->head.rec.flags |= OPEN_FLAG_RESOLVED_CUT | SNOOP_FLAG_TRUNCATED;
	s->head.resolved_len = len;
	s->used = used + len;
}

/* typed as in lib/task.bpf.h. */
static __always_inline void begin(struct scratch *s, struct task_struct *task, const bool typed,
				  const struct open_call *call)
{
	struct open_event *e = &s->head;

	fill_record(&e->rec, OPEN_EVENT, 0, TASK_READ(task, pid));
	fill_task(&e->task, task, typed);
	if (call->is_32bit)
		e->rec.flags |= SNOOP_FLAG_ABI32;
	e->ret = 0;
	e->dirfd = call->dirfd;
	e->flags = call->flags;
	e->mode = call->mode;
	e->path_len = 0;
	e->resolved_len = 0;
	e->via = call->via;
	__builtin_memset(e->pad, 0, sizeof(e->pad));
	s->used = 0;
}

/* The event is over, with ret and, if known, the file that was opened; resolve: is it to be
 * said where that is? */
static __always_inline int finish(void *ctx, struct scratch *s, s32 ret, bool resolve,
				  struct file *file, u32 slot)
{
	u64 used;

	s->head.rec.ts_ns = now_ns();
	s->head.ret = ret;
	if (resolve)
		put_resolved(s, ret < 0 ? NULL : file, slot);
	used = s->used;
	if (used > OPEN_DATA) {
		count_event(SNOOP_LOST_SIZE);
		return 0;
	}
	if (send_record(ctx, &s->head.rec, sizeof(s->head) + used))
		count_flaws(s->head.rec.flags);
	return 0;
}

static __always_inline int filtered(void)
{
	count_event(SNOOP_FILTERED);
	return 0;
}

/* ---- system calls, where they return ----------------------------------------- */

static __always_inline int call_returned(void *ctx, struct task_struct *task, struct pt_regs *regs,
					 const bool typed, s32 ret, u32 slot)
{
	bool is_32bit = task_is_32bit(task);
	u32 nr = syscall_nr(regs, typed);
	int via = syscall_via(nr, is_32bit);
	bool exec_failed = exec_by_exit && is_path_error(ret) && is_exec(nr, is_32bit);
	bool resolve;
	struct scratch *s;

	if (is_own(task) || (via < 0 && !exec_failed))
		return 0;
	if ((only_failed && ret >= 0) || !task_passes(task)) {
		count_event(SNOOP_SEEN_AND_FILTERED);
		return 0;
	}
	count_event(SNOOP_SEEN);
	s = bpf_map_lookup_elem(&open_scratch, &slot);
	if (!s)
		return 0;
	/* Into memory, and from there again: to the verifier all calls are alike then. */
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
		put_path(s, read_user_str(s->data, SNOOP_PATH_MAX, s->call.path));
		if (!has_wanted_path(s))
			return filtered();
	}
	/* A handle is nothing to show; where it led is. */
	resolve = want_resolved || s->call.via == OPEN_VIA_HANDLE;
	return finish(ctx, s, ret, resolve, resolve && ret >= 0 ? file_of(ret) : NULL, slot);
}

/* The same from a hook that does not hand out the registers. */
static __always_inline int open_returned(void *ctx, s32 ret, u32 slot)
{
	struct task_struct *task = current_task();

	return call_returned(ctx, task, user_regs(task), has_typed_regs(), ret, slot);
}

/* Behind open, creat, openat and openat2, 32-bit ones included (5.6). */
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

/* The user side attaches it to the other calls' exits, too. */
SEC("?tp/syscalls/sys_exit_openat")
int open_tracepoint(struct trace_event_raw_sys_exit *ctx)
{
	return open_returned(ctx, ctx->ret, SLOT_CALL);
}

/* ---- do_filp_open by kprobes: what is kept from its entry to its return ------------ */

/* A kretprobe does not see what the function was called with. */
struct filp_open_args {
	struct filename *name;
	struct open_flags *op;
	s32 dirfd;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, INNER_ENTRIES);
	__type(key, u32);
	__type(value, struct filp_open_args);
} filp_open_calls SEC(".maps");

/*
 * An entry that is still there when its thread comes by again, ends its exec or itself: the
 * call has returned unseen. A kernel that does not preempt has as many kretprobes of a
 * function as processors, and calls that sleep use them up.
 */
static __always_inline void filp_open_missed(u32 tid)
{
	if (bpf_map_delete_elem(&filp_open_calls, &tid))
		return;
	count_event(SNOOP_SEEN);
	count_event(SNOOP_MISSED);
}

SEC("?raw_tp/sched_process_exit")
int BPF_PROG(cleanup_filp_open, struct task_struct *task)
{
	filp_open_missed(BPF_CORE_READ(task, pid));
	return 0;
}

/* ---- the exit of every system call ------------------------------------------------- */

/* Is it worth a look? Asked of every call: the number alone, without a helper. */
static __always_inline bool is_wanted_call(u32 nr)
{
	if (filp_open_by_kprobe && is_exec(nr, false))
		filp_open_missed((u32)bpf_get_current_pid_tgid());
	return (may_open(nr) || (exec_by_exit && may_exec(nr))) &&
	       (!only_32bit || task_is_32bit(current_task()));
}

/*
 * For those that have no tracepoint of their own: 32-bit calls; and, where tracefs
 * cannot be read, for all. It runs at the exit of every system call, hence what is
 * looked at first is the number, without a helper.
 */
SEC("?tp_btf/sys_exit")
int BPF_PROG(on_any_exit, struct pt_regs *regs, long ret)
{
	if (!is_wanted_call(syscall_nr(regs, true)))
		return 0;
	return call_returned(ctx, current_task(), regs, true, ret, SLOT_EXIT);
}

/* The same for a kernel that was built without BTF. */
SEC("?raw_tp/sys_exit")
int BPF_PROG(on_any_exit_raw, struct pt_regs *regs, long ret)
{
	if (!is_wanted_call(syscall_nr(regs, false)))
		return 0;
	return call_returned(ctx, current_task(), regs, false, ret, SLOT_EXIT);
}

/* The same by way of perf, in which nothing is preempted (see lib/backup.bpf.h). */
SEC("?tp/raw_syscalls/sys_exit")
int on_any_exit_perf(struct trace_event_raw_sys_exit *ctx)
{
	if (!is_wanted_call(ctx->id & ~X86_X32_BIT))
		return 0;
	return open_returned(ctx, ctx->ret, SLOT_EXIT);
}

/* ---- exec and the kernel itself, further down ---------------------------------- */

/* Errors are pointers to the last page (include/linux/err.h). */
static __always_inline s32 error_of(u64 file)
{
	return file >= (u64)-4095 ? (s32)file : 0;
}

/* Who comes by way of do_filp_open without a system call that is seen at its return? */
static __always_inline bool is_inner(struct open_call *call)
{
	call->in_worker = BPF_CORE_READ(current_task(), flags) & PF_IO_WORKER;
	call->via = current_via(&call->is_32bit);
	if (call->via <= OPEN_VIA_HANDLE)
		return false;
	return call->via != OPEN_VIA_URING || !uring_has_request();
}

/* Has io_uring taken a descriptor for the file that it opens? One that leads nowhere yet: all
 * below next_fd are taken. */
static __always_inline bool fd_follows(void)
{
	s32 last = BPF_CORE_READ(current_task(), files, next_fd) - 1;

	return last >= 0 && !file_of(last);
}

static __always_inline int filp_open_returned(void *ctx, struct open_call *call, s32 dirfd,
					      struct filename *name, struct open_flags *op,
					      u64 file)
{
	struct task_struct *task = current_task();
	s32 err = error_of(file);
	u32 slot = SLOT_INNER;
	struct scratch *s;
	u32 added = FMODE_EXEC | O_LARGEFILE;

	/* io_uring tries what needs no sleep itself, and lets a worker do the rest. */
	if (call->via == OPEN_VIA_URING && !call->in_worker) {
		if (err == -EAGAIN)
			return 0;
		added |= O_NONBLOCK;
	}
	if (is_own(task))
		return 0;
	count_event(SNOOP_SEEN);
	if ((only_failed && !err) || !task_passes(task))
		return filtered();
	call->dirfd = dirfd;
	/* Without what the kernel added. */
	call->flags = BPF_CORE_READ(op, open_flag) & ~added;
	call->mode = BPF_CORE_READ(op, mode);
	if (!has_wanted_flags(call->flags))
		return filtered();
	s = bpf_map_lookup_elem(&open_scratch, &slot);
	if (!s)
		return 0;
	begin(s, task, false, call);
	/* A worker belongs to the process, and has a name of its own: "iou-wrk-42". */
	if (call->in_worker)
		task_comm(s->head.task.comm, TASK_READ(task, group_leader), has_typed_task());
	s->head.rec.flags |= OPEN_FLAG_NO_FD;
	put_path(s, read_kernel_str(s->data, SNOOP_PATH_MAX, BPF_CORE_READ(name, name)));
	if (!has_wanted_path(s))
		return filtered();
	/* The descriptor is known when the request is complete. */
	if (call->via == OPEN_VIA_URING && !err && fd_follows() &&
	    !bpf_map_update_elem(&uring_calls, &file, s, BPF_ANY))
		return 0;
	return finish(ctx, s, err, want_resolved, (struct file *)file, slot);
}

/* do_file_open since 7.0; the user side finds out. */
SEC("?fexit/do_filp_open")
int BPF_PROG(filp_open_fexit, int dirfd, struct filename *name, struct open_flags *op)
{
	struct open_call call;
	u64 file;

	if (!is_inner(&call))
		return 0;
	/* Read by a helper, since to the verifier it is a pointer, and never an error. */
	if (bpf_probe_read_kernel(&file, sizeof(file), &ctx[3]))
		return 0;
	return filp_open_returned(ctx, &call, dirfd, name, op, file);
}

/* A thread that is not the first executes by its own number, and then takes the first one's. */
SEC("?raw_tp/sched_process_exec")
int BPF_PROG(cleanup_filp_open_of_exec, struct task_struct *task, pid_t old_tid)
{
	filp_open_missed(old_tid);
	return 0;
}

SEC("?kprobe/do_filp_open")
int BPF_KPROBE(filp_open_kprobe, int dirfd, struct filename *name, struct open_flags *op)
{
	struct filp_open_args args = {.name = name, .op = op, .dirfd = dirfd};
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct open_call call;

	if (!is_inner(&call) || is_own(current_task()))
		return 0;
	filp_open_missed(tid);
	if (bpf_map_update_elem(&filp_open_calls, &tid, &args, BPF_ANY)) {
		count_event(SNOOP_SEEN);
		count_event(SNOOP_LOST_MAP_FULL);
	}
	return 0;
}

SEC("?kretprobe/do_filp_open")
int BPF_KRETPROBE(filp_open_kretprobe, u64 file)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct filp_open_args *found, args;
	struct open_call call;

	found = bpf_map_lookup_elem(&filp_open_calls, &tid);
	if (!found)
		return 0;
	args = *found;
	bpf_map_delete_elem(&filp_open_calls, &tid);
	if (!is_inner(&call))
		return 0;
	return filp_open_returned(ctx, &call, args.dirfd, args.name, args.op, file);
}

/* With tracepoints alone, what is executed shows here: the file and, where a script or a
 * binary format has one, its interpreter. That of a dynamic program does not. */
static __always_inline void exec_opened(void *ctx, struct scratch *s, const char *path,
					struct file *file, u32 slot)
{
	/* Without what the file before it has left there. */
	s->head.rec.flags = OPEN_FLAG_NO_FD;
	s->head.resolved_len = 0;
	put_path(s, read_kernel_str(s->data, SNOOP_PATH_MAX, path));
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
	if (only_failed || !task_passes(task) || !has_wanted_flags(0)) {
		count_events(SNOOP_FILTERED, 1 + has_interp);
		return 0;
	}
	s = bpf_map_lookup_elem(&open_scratch, &slot);
	if (!s)
		return 0;
	begin(s, task, false, &call);
	/* The file that is left at the end is the interpreter's. */
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
	return claim_exec_backup() ? exec_succeeded(ctx, bprm, SLOT_AGAIN) : 0;
}

/* ---- io_uring ------------------------------------------------------------------ */

/* io_uring_submit_req, or io_uring_submit_sqe before 6.4. */
SEC("?raw_tp/io_uring_submit_req")
int BPF_PROG(uring_submit, struct io_kiocb *req)
{
	struct open_call call = {.via = OPEN_VIA_URING};
	struct task_struct *task = current_task();
	struct io_open *open;
	u64 key = (u64)req;
	u32 slot = SLOT_URING;
	struct scratch *s;

	if (!uring_has_request() || !is_uring_open(req) || is_own(task))
		return 0;
	count_event(SNOOP_SEEN);
	if (!task_passes(task))
		return filtered();
	open = (struct io_open *)((void *)req + bpf_core_field_offset(struct io_kiocb, cmd));
	call.dirfd = BPF_CORE_READ(open, dfd);
	call.flags = BPF_CORE_READ(open, how.flags) & ~O_LARGEFILE;
	call.mode = BPF_CORE_READ(open, how.mode);
	call.is_32bit = task_is_32bit(current_task());
	if (!has_wanted_flags(call.flags))
		return filtered();
	s = bpf_map_lookup_elem(&open_scratch, &slot);
	if (!s)
		return 0;
	begin(s, task, false, &call);
	/* A slot in the ring's own table of files is no descriptor. */
	if (BPF_CORE_READ(open, file_slot))
		s->head.rec.flags |= OPEN_FLAG_NO_FD;
	put_path(s, read_kernel_str(s->data, SNOOP_PATH_MAX, uring_path(open)));
	if (!has_wanted_path(s))
		return filtered();
	/* One that is still there was completed unseen: without an entry in the completion
	 * queue (IOSQE_CQE_SKIP_SUCCESS), or when that was full. */
	if (bpf_map_lookup_elem(&uring_calls, &key))
		count_event(SNOOP_MISSED);
	if (bpf_map_update_elem(&uring_calls, &key, s, BPF_ANY))
		count_event(SNOOP_LOST_MAP_FULL);
	return 0;
}

/* Before 5.19 a request that is complete is not handed out, but its result is: of one that
 * came by way of do_filp_open, the descriptor leads to the file. */
static __always_inline int uring_file_opened(void *ctx, s32 fd)
{
	u64 file = (u64)file_of(fd);
	struct scratch *s;
	u64 word = 0;

	s = file ? bpf_map_lookup_elem(&uring_calls, &file) : NULL;
	if (!s)
		return 0;
	bpf_probe_read_kernel(&word, sizeof(word),
			      BPF_CORE_READ(current_task(), files, fdt, close_on_exec) + fd / 64);
	if (word >> (fd % 64) & 1)
		s->head.flags |= O_CLOEXEC;
	s->head.rec.flags &= ~OPEN_FLAG_NO_FD;
	finish(ctx, s, fd, want_resolved, (struct file *)file, SLOT_URING);
	bpf_map_delete_elem(&uring_calls, &file);
	return 0;
}

SEC("?raw_tp/io_uring_complete")
int BPF_PROG(uring_complete, void *ring, struct io_kiocb *req)
{
	u64 key = (u64)req;
	struct scratch *s;
	s32 ret;

	if (!uring_has_request()) {
		/* Behind the ring and what the caller calls the request. */
		if (bpf_core_field_exists(struct trace_event_raw_io_uring_complete, req))
			return uring_file_opened(ctx, ctx[3]);
		return uring_file_opened(ctx, ctx[2]);
	}
	if (!is_uring_open(req))
		return 0;
	s = bpf_map_lookup_elem(&uring_calls, &key);
	if (!s)
		return 0;
	ret = BPF_CORE_READ(req, cqe.res);
	if (only_failed && ret >= 0)
		count_event(SNOOP_FILTERED);
	else
		finish(ctx, s, ret, want_resolved,
		       want_resolved && ret >= 0 && !(s->head.rec.flags & OPEN_FLAG_NO_FD) ?
			       file_of(ret) :
			       NULL,
		       SLOT_URING);
	bpf_map_delete_elem(&uring_calls, &key);
	return 0;
}
