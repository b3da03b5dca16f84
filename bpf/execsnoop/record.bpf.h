/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Assembles and sends the record of an exec. */
#ifndef __EXECSNOOP_RECORD_BPF_H__
#define __EXECSNOOP_RECORD_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/execsnoop.h>
#include "execsnoop/who.bpf.h"
#include "lib/counters.bpf.h"
#include "lib/emit.bpf.h"
#include "lib/exec_file.bpf.h"
#include "lib/path.bpf.h"
#include "lib/task.bpf.h"

enum {
	BEFORE_RESOLVED = SNOOP_PATH_MAX + EXEC_INTERP_MAX,
	BEFORE_CWD = BEFORE_RESOLVED + EXEC_RESOLVED_MAX,
	HEAD_DATA = BEFORE_CWD + EXEC_CWD_MAX + EXEC_FIRST_ARGS,

	/* on_exec and on_exec_backup may preempt one another: each has a buffer and a walk. */
	RUN_FIRST = 0,
	RUN_BACKUP = 1,
	EXEC_RUNS = 2,
	WALKER_FAILED = EXEC_RUNS
};

const volatile __u8 want_cwd = 0;

/*
 * A record that is being assembled, which is too large for the stack. The numbers after the
 * buffers are loop state, kept in memory so that the verifier does not track their values: see
 * "Loop state" in docs/decisions.md.
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

/* Fills the head. The filename already follows it: filename_len bytes, or unreadable if that is
 * negative. */
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
	e->exe_ino = 0;
	e->exe_dev = 0;
	e->resolved_len = 0;
	e->resolved = EXEC_RESOLVED_NONE;
	e->resolved_cut = 0;
	__builtin_memset(&e->file, 0, sizeof(e->file));
	__builtin_memset(&e->directory, 0, sizeof(e->directory));
	__builtin_memset(&e->who, 0, sizeof(e->who));
	put_who(e);
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

static __always_inline void put_resolved(struct scratch *s, u32 walker, struct exec_file found)
{
	struct placed_walk *w;
	bool cut;
	u64 used;
	u32 len;

	if (!found.file)
		return;
	w = walk_path(walker, &found.file->f_path, &cut);
	if (!w)
		return;
	len = w->walk.len;
	if (len > EXEC_RESOLVED_MAX) {
		len = EXEC_RESOLVED_MAX;
		cut = true;
	}
	used = s->used; /* read here: the verifier may forget the bound of what it spills */
	if (used > BEFORE_RESOLVED ||
	    bpf_probe_read_kernel(&s->data[used], len, w->walk.components))
		return;
	s->head.file = w->file;
	fill_inode(&s->head.file, found.file);
	s->head.resolved = found.is_base ? EXEC_RESOLVED_BASE : EXEC_RESOLVED_FILE;
	s->head.resolved_cut = cut;
	s->head.resolved_len = len;
	s->used = used + len;
}

static __always_inline void put_exe(struct scratch *s, struct linux_binprm *bprm)
{
	struct snoop_file exe;
	struct file *file;

	if (!want_who)
		return;
	file = BPF_CORE_READ(bprm, file);
	fill_inode(&exe, file);
	s->head.exe_ino = exe.ino;
	s->head.exe_dev = exe.dev;
	put_exe_kind(&s->head, file);
}

static __always_inline void put_cwd(struct scratch *s, u32 walker)
{
	struct fs_struct *fs;
	struct placed_walk *w;
	bool cut;
	u64 used;
	u32 len;

	if (!want_cwd)
		return;
	fs = BPF_CORE_READ(current_task(), fs);
	w = walk_path(walker, &fs->pwd, &cut);
	if (!w)
		return;
	len = w->walk.len;
	used = s->used; /* read here, as in put_resolved() */
	if (len > EXEC_CWD_MAX || used > BEFORE_CWD ||
	    bpf_probe_read_kernel(&s->data[used], len, w->walk.components))
		return;
	s->head.rec.flags |= EXEC_FLAG_HAS_CWD | (cut ? EXEC_FLAG_CWD_CUT : 0);
	s->head.directory = w->file;
	s->head.cwd_len = len;
	s->used = used + len;
}

/* Appends len bytes of arguments; returns false if they do not fit. */
static __always_inline bool put_args(struct scratch *s, u64 from, u64 len)
{
	u64 used = s->used;

	/* Otherwise clang tests one copy of len and passes another to the helper. */
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

/* Sends the head and the data after it; returns false if the record was lost. */
static __always_inline bool send_head(void *ctx, struct scratch *s)
{
	u64 used = s->used;

	if (used > HEAD_DATA) {
		count_event(SNOOP_LOST_SIZE);
		return false;
	}
	return send_record(ctx, &s->head.rec, sizeof(s->head) + used);
}

/* Sends len bytes of s->args as a further record of the exec in s->head. */
static __always_inline bool send_more(void *ctx, struct scratch *s, u16 kind, u64 len, u16 flags,
				      bool last)
{
	u64 size = sizeof(s->more) + len;

	if (len > sizeof(s->args))
		return false;
	fill_record(&s->more.rec, kind, s->head.rec.ts_ns, s->head.rec.tid);
	s->more.rec.flags = flags;
	s->more.rec.size = size;
	s->more.len = len;
	s->more.pad = 0;
	return (last ? emit(ctx, &s->more, size) : emit_without_wakeup(ctx, &s->more, size)) == 0;
}

#endif /* __EXECSNOOP_RECORD_BPF_H__ */
