/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Follows opens by io_uring from the submission of the request to its completion. If the
 * tracepoints do not pass the request (before 5.19), do_filp_open sees the open first, see
 * filp_open.bpf.h.
 */
#ifndef __OPENSNOOP_IO_URING_BPF_H__
#define __OPENSNOOP_IO_URING_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "lib/open_call.bpf.h"
#include "lib/syscall.bpf.h"
#include "opensnoop/record.bpf.h"

enum {
	URING_ENTRIES = 4096
};

/* Opens in flight. The key is the address of the request or, where the kernel does not pass
 * it, of the file. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, URING_ENTRIES);
	__type(key, u64);
	__type(value, struct scratch);
} uring_calls SEC(".maps");

/* io_uring_submit_req, called io_uring_submit_sqe before 6.4. */
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
	name_uring_thread(&s->head.task, task);
	/* An index into the ring's table of registered files is not a descriptor. */
	if (BPF_CORE_READ(open, file_slot))
		s->head.rec.flags |= OPEN_FLAG_NO_FD;
	put_path(s, read_kernel_str(s->data, SNOOP_PATH_MAX, uring_path(open)), OPEN_PATH_KERNEL);
	if (!has_wanted_path(s))
		return filtered();
	/* A request that is still in the map completed without an entry in the completion
	 * queue: with IOSQE_CQE_SKIP_SUCCESS, or because the queue was full. */
	if (bpf_map_lookup_elem(&uring_calls, &key))
		count_event(SNOOP_MISSED);
	if (bpf_map_update_elem(&uring_calls, &key, s, BPF_ANY))
		count_event(SNOOP_LOST_MAP_FULL);
	return 0;
}

/* Before 5.19 the tracepoint passes the result, but not the request. The descriptor refers to the
 * file under which filp_open_returned() has stored the open. */
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
		/* The result follows the ring, the request (5.18) and the user data. */
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
	if (!has_wanted_result(ret))
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

#endif /* __OPENSNOOP_IO_URING_BPF_H__ */
