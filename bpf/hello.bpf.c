// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* hello: says of each program that is launched what it is. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/events/hello.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp/sched/sched_process_exec")
int on_exec(void *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u32 uid = bpf_get_current_uid_gid();
	char comm[16] = "";

	bpf_get_current_comm(comm, sizeof(comm));
	bpf_printk(HELLO_BEGIN "%s (PID=%u, UID=%u)", comm, pid, uid);
	return 0;
}
