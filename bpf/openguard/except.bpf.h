/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tasks that may open guarded files: --except-comm and --except-exe. */
#ifndef __OPENGUARD_EXCEPT_BPF_H__
#define __OPENGUARD_EXCEPT_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/openguard.h>
#include "lib/filter.bpf.h"
#include "lib/task.bpf.h"

const volatile __u8 excepts_comms = 0;
const volatile __u8 excepts_exes = 0;

/* User space sets max_entries of both. */
SNOOP_SET(excepted_comms, struct filter_name, 1);
SNOOP_SET(excepted_exes, struct guard_inode, 1);

static __always_inline bool is_excepted(void)
{
	struct task_struct *task = current_task();

	if (excepts_comms && has_name_of(&excepted_comms, task))
		return true;
	if (excepts_exes) {
		struct inode *inode = BPF_CORE_READ(task, mm, exe_file, f_inode);
		struct guard_inode exe = {.ino = BPF_CORE_READ(inode, i_ino),
					  .dev = BPF_CORE_READ(inode, i_sb, s_dev)};

		if (inode && bpf_map_lookup_elem(&excepted_exes, &exe))
			return true;
	}
	return false;
}

#endif /* __OPENGUARD_EXCEPT_BPF_H__ */
