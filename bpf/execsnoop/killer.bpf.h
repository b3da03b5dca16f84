/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --exit: remembers who sent a followed process the signal that kills it.
 */
#ifndef __EXECSNOOP_KILLER_BPF_H__
#define __EXECSNOOP_KILLER_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/execsnoop.h>
#include "lib/task.bpf.h"

enum {
	RUNNING_ENTRIES = 65536,

	/* include/linux/sched/signal.h */
	SIGNAL_GROUP_EXIT = 0x4,
	SEND_SIG_PRIV = 1,

	/* include/trace/events/signal.h: sent, or sent without its siginfo */
	TRACE_SIGNAL_DELIVERED = 0,
	TRACE_SIGNAL_LOSE_INFO = 4,

	/* include/uapi/asm-generic/siginfo.h */
	SI_TIMER = -2
};

#define SIG_BIT(sig) (1ULL << ((sig)-1))

enum {
	SIG_KILL = 9,
	SIGNALS = 64
};

/* Ignored, or stopping the process, if they are not handled: SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP,
 * SIGTTIN, SIGTTOU, SIGURG, SIGWINCH. */
static const u64 harmless_signals = SIG_BIT(17) | SIG_BIT(18) | SIG_BIT(19) | SIG_BIT(20) |
				    SIG_BIT(21) | SIG_BIT(22) | SIG_BIT(23) | SIG_BIT(28);

/* A process whose exit is to be reported, and the last signal that can kill it. */
struct followed {
	u64 exec_id; /* of the program that it runs */
	u32 is_fork; /* 1: it has not called exec itself, see forks.bpf.h */
	u32 sig;     /* 0: none yet */
	u32 killer_pid;
	char killer_comm[SNOOP_COMM_LEN];
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, RUNNING_ENTRIES);
	__type(key, u32);
	__type(value, struct followed);
} running SEC(".maps");

static __always_inline bool is_from_kernel(struct kernel_siginfo *info)
{
	int code;

	if ((u64)info <= SEND_SIG_PRIV)
		return (u64)info == SEND_SIG_PRIV;
	code = BPF_CORE_READ(info, si_code);
	return code > 0 || code == SI_TIMER;
}

static __always_inline bool has_handler(struct task_struct *task, u32 sig)
{
	void *action = (void *)BPF_CORE_READ(task, sighand) +
		       bpf_core_field_offset(struct sighand_struct, action) +
		       (sig - 1) * bpf_core_type_size(struct k_sigaction);
	void *handler = NULL;

	bpf_core_read(&handler, sizeof(handler),
		      action + bpf_core_field_offset(struct k_sigaction, sa.sa_handler));
	return handler;
}

/* Returns true if the process already dies, of another signal or of an earlier one. The kernel
 * notes the death by a signal without core dump before it calls on_signal. */
static __always_inline bool dies_of_other(struct task_struct *task, struct followed *f, u32 sig)
{
	u32 code;

	if (!(BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT))
		return false;
	code = BPF_CORE_READ(task, signal, group_exit_code) & 0x7f;
	return code != sig || f->sig == sig;
}

static __always_inline int signal_sent(u32 sig, struct kernel_siginfo *info,
				       struct task_struct *task)
{
	u32 pid = task_pid(task, false);
	struct followed *f;

	if (sig < 1 || sig > SIGNALS || SIG_BIT(sig) & harmless_signals)
		return 0;
	f = bpf_map_lookup_elem(&running, &pid);
	if (!f || dies_of_other(task, f, sig) || (sig != SIG_KILL && has_handler(task, sig)))
		return 0;
	f->sig = sig;
	__builtin_memset(f->killer_comm, 0, sizeof(f->killer_comm));
	if (is_from_kernel(info)) {
		f->killer_pid = 0;
		__builtin_memcpy(f->killer_comm, "kernel", sizeof("kernel"));
	} else {
		f->killer_pid = task_pid(current_task(), false);
		bpf_get_current_comm(f->killer_comm, sizeof(f->killer_comm));
	}
	return 0;
}

/* The kernel calls it with the lock of the process's signals held and interrupts disabled. */
SEC("?raw_tp/signal_generate")
int BPF_PROG(on_signal, int sig, struct kernel_siginfo *info, struct task_struct *task, int group,
	     int result)
{
	return result == TRACE_SIGNAL_DELIVERED || result == TRACE_SIGNAL_LOSE_INFO ?
		       signal_sent(sig, info, task) :
		       0;
}

#endif /* __EXECSNOOP_KILLER_BPF_H__ */
