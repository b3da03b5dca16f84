/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hooks do_filp_open with fentry or a kprobe, for opens by exec, by the kernel itself, and by
 * io_uring if its tracepoints do not pass the request. System calls also get here, but are reported
 * when they return; only their path is kept until then.
 */
#ifndef __OPENSNOOP_FILP_OPEN_BPF_H__
#define __OPENSNOOP_FILP_OPEN_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "lib/errno.bpf.h"
#include "lib/open_call.bpf.h"
#include "opensnoop/io_uring.bpf.h"
#include "opensnoop/kernel_path.bpf.h"
#include "opensnoop/record.bpf.h"

enum {
	FILP_OPEN_ENTRIES = 4096
};

/* ---- calls that a kprobe has seen --------------------------------------------------- */

/* A kretprobe does not see the arguments, so the kprobe stores them by thread. */
struct filp_open_args {
	struct filename *name;
	struct open_flags *op;
	s32 dirfd;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FILP_OPEN_ENTRIES);
	__type(key, u32);
	__type(value, struct filp_open_args);
} filp_open_calls SEC(".maps");

/*
 * Counts a call whose return was missed: its entry is still in the map when the thread calls the
 * function again, completes an exec or exits. A kernel that does not preempt has as many
 * instances of a kretprobe as CPUs, and calls that sleep use them up.
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

/* ---- opens that no other hook sees -------------------------------------------------- */

/* Error pointers are in the last page (include/linux/err.h). */
static __always_inline s32 error_of(u64 file)
{
	return file >= (u64)-4095 ? (s32)file : 0;
}

/* True if no other hook sees this open: it comes from an exec, from the kernel itself or from
 * io_uring. Fills in the caller. */
static __always_inline bool is_inner(struct open_call *call)
{
	call->in_worker = is_uring_worker(current_task());
	call->via = current_via(&call->is_32bit);
	if (call->via <= OPEN_VIA_HANDLE)
		return false;
	return call->via != OPEN_VIA_URING || !uring_has_request();
}

/* True if io_uring has reserved a descriptor for the file that it opens: the last one below
 * next_fd, which has no file yet. */
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

	/* io_uring first tries without blocking, and on EAGAIN lets a worker repeat the call. */
	if (call->via == OPEN_VIA_URING && !call->in_worker) {
		if (err == -EAGAIN)
			return 0;
		added |= O_NONBLOCK;
	}
	if (is_own(task))
		return 0;
	count_event(SNOOP_SEEN);
	if (!has_wanted_result(err) || !task_passes(task))
		return filtered();
	call->dirfd = dirfd;
	/* Omit the flags that the kernel added. */
	call->flags = BPF_CORE_READ(op, open_flag) & ~added;
	call->mode = BPF_CORE_READ(op, mode);
	if (!has_wanted_flags(call->flags))
		return filtered();
	s = bpf_map_lookup_elem(&open_scratch, &slot);
	if (!s)
		return 0;
	begin(s, task, false, call);
	name_uring_thread(&s->head.task, task);
	s->head.rec.flags |= OPEN_FLAG_NO_FD;
	put_path(s, read_kernel_str(s->data, SNOOP_PATH_MAX, BPF_CORE_READ(name, name)),
		 OPEN_PATH_KERNEL);
	if (!has_wanted_path(s))
		return filtered();
	/* The descriptor is known at completion, see io_uring.bpf.h. */
	if (call->via == OPEN_VIA_URING && !err && fd_follows() &&
	    !bpf_map_update_elem(&uring_calls, &file, s, BPF_ANY))
		return 0;
	return finish(ctx, s, err, want_resolved, (struct file *)file, slot);
}

/* Since 7.0 the function is called do_file_open; user space sets the target. */
SEC("?fexit/do_filp_open")
int BPF_PROG(filp_open_fexit, int dirfd, struct filename *name, struct open_flags *op)
{
	struct open_call call;
	u64 file;

	if (!is_inner(&call)) {
		if (call.via < OPEN_VIA_HANDLE)
			keep_path(current_task(), name);
		return 0;
	}
	/* Use a helper: the verifier assumes a valid pointer, but this can be an error pointer. */
	if (bpf_probe_read_kernel(&file, sizeof(file), &ctx[3]))
		return 0;
	return filp_open_returned(ctx, &call, dirfd, name, op, file);
}

/* A thread that is not the leader takes over the leader's tid when its exec completes. */
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

	if (!is_inner(&call)) {
		if (call.via < OPEN_VIA_HANDLE)
			keep_path(current_task(), name);
		return 0;
	}
	if (is_own(current_task()))
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

#endif /* __OPENSNOOP_FILP_OPEN_BPF_H__ */
