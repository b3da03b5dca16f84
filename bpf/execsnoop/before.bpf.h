/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Remembers what an exec changes: the privileges of the process, and for --env-diff its
 * environment. The hook is past the checks of the file and before the point of no return, where
 * credentials and memory still are the caller's: kprobe/begin_new_exec, or
 * raw_tp/sched_prepare_exec (6.10) on kernels without kprobes.
 */
#ifndef __EXECSNOOP_BEFORE_BPF_H__
#define __EXECSNOOP_BEFORE_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/execsnoop.h>
#include "execsnoop/argv.bpf.h"
#include "execsnoop/record.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/task.bpf.h"

enum {
	BEFORE_ENTRIES = 16384
};

const volatile __u8 want_gain = 0;
const volatile __u8 want_env_before = 0;

/* A process that is about to execute a program. */
struct before_exec {
	u64 env_ns; /* time of the records with its environment; 0: they were not sent */
	u64 permitted;
	u32 euid;
	u32 egid;
	u32 tid;
	u32 pad;
};

/* By task_struct, which an exec in a thread keeps. An entry that an exec leaves when it fails past
 * this hook, which kills the process, is used again by the next task at that address. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BEFORE_ENTRIES);
	__type(key, u64);
	__type(value, struct before_exec);
} before_execs SEC(".maps");

SCRATCH(before_scratch, 1);

static __always_inline u64 permitted_caps(const struct cred *cred)
{
	u64 caps = 0;

	bpf_core_read(&caps, sizeof(caps), &cred->cap_permitted);
	return caps;
}

/* Sends the environment that the process was started with; returns the time of its records, or 0
 * if they are not whole. The name of the thread is that of the program to come only later. */
static __always_inline u64 send_env_before(void *ctx, struct task_struct *task)
{
	struct scratch *s;
	u64 start, size;
	u32 zero = 0;

	if (!want_env_before || (!config.filter_comm && !task_passes(task)))
		return 0;
	s = bpf_map_lookup_elem(&before_scratch, &zero);
	if (!s)
		return 0;
	start = BPF_CORE_READ(task, mm, env_start);
	size = BPF_CORE_READ(task, mm, env_end) - start;
	if (size > EXEC_ENV_MAX)
		return 0;
	s->head.rec.ts_ns = now_ns();
	s->head.rec.tid = (u32)bpf_get_current_pid_tgid();
	return send_strings(ctx, s, EXEC_ENV_BEFORE, start, size, env_records, 0) ?
		       0 :
		       s->head.rec.ts_ns;
}

static __always_inline int exec_begins(void *ctx)
{
	struct task_struct *task = current_task();
	const struct cred *cred = BPF_CORE_READ(task, cred);
	u64 key = bpf_get_current_task();
	struct before_exec b = {
		.env_ns = send_env_before(ctx, task),
		.permitted = permitted_caps(cred),
		.euid = BPF_CORE_READ(cred, euid.val),
		.egid = BPF_CORE_READ(cred, egid.val),
		.tid = (u32)bpf_get_current_pid_tgid(),
	};

	bpf_map_update_elem(&before_execs, &key, &b, BPF_ANY);
	return 0;
}

SEC("?kprobe/begin_new_exec")
int on_exec_begins(void *ctx)
{
	return exec_begins(ctx);
}

SEC("?raw_tp/sched_prepare_exec")
int on_exec_begins_raw(void *ctx)
{
	return exec_begins(ctx);
}

/* Fills in what the exec changed, and forgets what was before it. */
static __always_inline void put_gain(struct exec_event *e)
{
	const struct cred *cred;
	struct before_exec *b;
	u64 key;

	if (!want_gain)
		return;
	key = bpf_get_current_task();
	cred = BPF_CORE_READ(current_task(), cred);
	b = bpf_map_lookup_elem(&before_execs, &key);
	if (!b)
		return;
	if (b->tid == e->old_tid) {
		e->who.before_ns = b->env_ns;
		e->who.gained = permitted_caps(cred) & ~b->permitted;
		e->who.flags |= WHO_KNOWS_GAIN;
		if (BPF_CORE_READ(cred, euid.val) != b->euid)
			e->who.flags |= WHO_SETUID;
		if (BPF_CORE_READ(cred, egid.val) != b->egid)
			e->who.flags |= WHO_SETGID;
	}
	bpf_map_delete_elem(&before_execs, &key);
}

#endif /* __EXECSNOOP_BEFORE_BPF_H__ */
