// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* hello: prints a line for each program that is launched, into the kernel's trace pipe. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp/sched/sched_process_exec")
int on_exec(void *ctx)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	u32 uid = (u32)bpf_get_current_uid_gid();
	char comm[16];

	bpf_get_current_comm(comm, sizeof(comm));
	bpf_printk("program launched: %s (PID=%d, UID=%d)\n", comm, pid, uid);
	return 0;
}
