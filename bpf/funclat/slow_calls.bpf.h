/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sends a record for each slow call (--slower).
 *     report_if_slow(ctx, func, ns);
 */
#ifndef __FUNCLAT_SLOW_CALLS_BPF_H__
#define __FUNCLAT_SLOW_CALLS_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/funclat.h>
#include "lib/emit.bpf.h"
#include "lib/task.bpf.h"

const volatile __u64 slower_ns = 0; /* 0: no call is slow */

static __always_inline void report_if_slow(void *ctx, u32 func, u64 ns)
{
	struct funclat_slow_call call;

	if (!slower_ns || ns < slower_ns)
		return;
	fill_record(&call.rec, FUNCLAT_SLOW_CALL, now_ns(), (u32)bpf_get_current_pid_tgid());
	fill_task(&call.task, current_task(), has_typed_task());
	call.ns = ns;
	call.function = func;
	call.pad = 0;
	send_record(ctx, &call.rec, sizeof(call));
}

#endif /* __FUNCLAT_SLOW_CALLS_BPF_H__ */
