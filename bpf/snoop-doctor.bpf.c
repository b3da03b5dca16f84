// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * snoop-doctor: an empty program for each kind of hook. User space loads and attaches them one by
 * one, to see which ones this system supports.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* A "?" in a section's name: the program is loaded only if user space says so. */
#define TRY(hook, name)                                                                            \
	SEC("?" hook)                                                                              \
	int name(void *ctx)                                                                        \
	{                                                                                          \
		return 0;                                                                          \
	}

TRY("tp/syscalls/sys_exit_execve", try_tp)
TRY("raw_tp/sched_process_exec", try_raw_tp)
TRY("tp_btf/sched_process_exec", try_tp_btf)
TRY("kprobe/wake_up_new_task", try_kprobe)
TRY("kretprobe/wake_up_new_task", try_kretprobe)
TRY("fentry/wake_up_new_task", try_fentry)
TRY("fexit/wake_up_new_task", try_fexit)
TRY("fmod_ret/security_file_open", try_fmod_ret)
TRY("lsm/file_open", try_lsm)
TRY("uprobe", try_uprobe)
TRY("uretprobe", try_uretprobe)
TRY("iter/task", try_iter)

SEC("?xdp")
int try_xdp(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("?tc")
int try_tc(struct __sk_buff *ctx)
{
	return 0; /* TC_ACT_OK */
}
