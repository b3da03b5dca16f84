/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The filter by result, for tools whose events have one.
 *     if (!passes_result(ret))
 *             return filtered();
 */
#ifndef __RESULT_BPF_H__
#define __RESULT_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "config.bpf.h"
#include "filter.bpf.h"

SNOOP_SET(errno_filter, u32, FILTER_ENTRIES); /* 0: success */

/* ret: what a call returned, -errno if it failed. */
static __always_inline bool passes_result(s32 ret)
{
	u32 error = ret < 0 ? -ret : 0;

	return !config.filter_errno || passes_set(&errno_filter, &error, config.filter_errno);
}

#endif /* __RESULT_BPF_H__ */
