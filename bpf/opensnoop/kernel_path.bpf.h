/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keeps the kernel's copy of a path from do_filp_open to the end of the system call. The caller's
 * memory, which holds it too, can be written by another thread while the file is being opened.
 *     keep_path(task, name);
 *     kept = take_path(task);
 *     put_taken_path(s, task, kept);
 */
#ifndef __OPENSNOOP_KERNEL_PATH_BPF_H__
#define __OPENSNOOP_KERNEL_PATH_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "lib/filter.bpf.h"
#include "opensnoop/record.bpf.h"

const volatile __u8 path_by_kernel = 0; /* 1: do_filp_open is hooked */

/*
 * One for each CPU. It is valid only for a thread that has not been switched out since: then the
 * thread is still on this CPU, and no other one has run there.
 */
struct kept_path {
	u64 switches;
	u32 tid; /* 0: taken */
	u32 len;
	char path[SNOOP_PATH_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct kept_path);
} kept_paths SEC(".maps");

static __always_inline u64 switches_of(struct task_struct *task)
{
	return TASK_READ(task, nvcsw) + TASK_READ(task, nivcsw);
}

static __always_inline void keep_path(struct task_struct *task, struct filename *name)
{
	struct kept_path *kept;
	u32 zero = 0;
	long len;

	if (is_own(task) || !task_passes(task))
		return;
	kept = bpf_map_lookup_elem(&kept_paths, &zero);
	if (!kept)
		return;
	kept->switches = switches_of(task);
	kept->tid = TASK_READ(task, pid);
	len = read_kernel_str(kept->path, SNOOP_PATH_MAX, BPF_CORE_READ(name, name));
	kept->len = len > 0 ? len : 0;
}

/* Returns the path that was kept for this call, which nobody else gets then, or NULL. */
static __always_inline struct kept_path *take_path(struct task_struct *task)
{
	struct kept_path *kept;
	u32 zero = 0;

	if (!path_by_kernel)
		return NULL;
	kept = bpf_map_lookup_elem(&kept_paths, &zero);
	if (!kept || kept->tid != TASK_READ(task, pid))
		return NULL;
	kept->tid = 0;
	return kept->switches == switches_of(task) ? kept : NULL;
}

/* Returns false if the thread has been switched out meanwhile. */
static __always_inline bool put_taken_path(struct scratch *s, struct task_struct *task,
					   struct kept_path *kept)
{
	u64 len = kept->len, switches = kept->switches;

	barrier_var(len);
	if (!len || len > SNOOP_PATH_MAX || bpf_probe_read_kernel(s->data, len, kept->path))
		return false;
	barrier();
	if (switches != switches_of(task))
		return false;
	put_path(s, len, OPEN_PATH_KERNEL);
	return true;
}

#endif /* __OPENSNOOP_KERNEL_PATH_BPF_H__ */
