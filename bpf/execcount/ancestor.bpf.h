/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes the key of --by ancestor: the name of the oldest ancestor below process 1. An ancestor that
 * has ended has left its children to another, often to process 1.
 *     put_ancestor(key->comm);
 */
#ifndef __EXECCOUNT_ANCESTOR_BPF_H__
#define __EXECCOUNT_ANCESTOR_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "lib/task.bpf.h"

enum {
	ANCESTORS_MAX = 64 /* of more, the 64th */
};

static __always_inline void put_ancestor(char comm[SNOOP_COMM_LEN])
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task(), *parent;
	int i;

	task = BPF_CORE_READ(task, group_leader);
	for (i = 0; i < ANCESTORS_MAX; i++) {
		parent = BPF_CORE_READ(task, real_parent, group_leader);
		/* The first process has itself, or none, above it. */
		if (!parent || parent == task || BPF_CORE_READ(parent, tgid) <= 1)
			break;
		task = parent;
	}
	task_comm(comm, task, false);
}

#endif /* __EXECCOUNT_ANCESTOR_BPF_H__ */
