/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes the memory of a probe's arguments resident. Programs that may not sleep cannot read a page
 * that the task has not touched yet, such as that of a string literal. A sleepable program, which
 * runs first at the same site, takes the page fault that the task itself would take.
 *     fault_in_args(ctx, site);
 */
#ifndef __USDTSNOOP_FAULT_IN_BPF_H__
#define __USDTSNOOP_FAULT_IN_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/usdtsnoop.h>
#include "lib/cgroup.bpf.h"
#include "lib/filter.bpf.h"
#include "usdtsnoop/args.bpf.h"

const volatile __u8 page_bits = 12;

enum {
	STRING_PAGES = 3 /* a string of USDT_STRING_MAX and two bytes covers */
};

/* The ids of the cgroups to trace, or not to: sleepable programs cannot use cgroup_filter. Only the
 * first CGROUP_LEVELS cgroups on the way down to the task's are looked up. */
SNOOP_SET(cgroup_ids, u64, FILTER_CGROUPS);

static __noinline bool passes_cgroup_ids(void)
{
	bool is_in = !config.filter_cgroups;
	u32 level;

	for (level = 0; level < CGROUP_LEVELS; level++) {
		u64 id = bpf_get_current_ancestor_cgroup_id(level);
		u8 value;

		if (!id)
			break;
		value = value_in(&cgroup_ids, &id);
		if (value == SNOOP_FILTER_NOT)
			return false;
		if (value == SNOOP_FILTER_ONLY)
			is_in = true;
	}
	return is_in;
}

/* Receives strings of which only the length matters: several tasks may write it at once. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, char[USDT_STRING_MAX + 2]);
} unused_strings SEC(".maps");

/* Touches the pages of a string one by one, and none behind its end. */
static __noinline void fault_in_string(u64 at)
{
	u32 zero = 0, i;
	char *unused = bpf_map_lookup_elem(&unused_strings, &zero);
	u64 next = at;
	u8 byte;

	for (i = 0; i < STRING_PAGES; i++) {
		if (!unused || bpf_probe_read_user_str(unused, string_max + 2, (void *)at) >= 0)
			return;
		if (bpf_copy_from_user(&byte, sizeof(byte), (void *)next))
			return;
		next = ((next >> page_bits) + 1) << page_bits;
	}
}

static __always_inline void fault_in_args(struct pt_regs *ctx, const struct usdt_site *site)
{
	u64 value;
	u32 i;

	for (i = 0; i < USDT_ARGS; i++) {
		if (i >= site->arg_count)
			break;
		if (!read_value(ctx, site, &site->args[i], &value, true) &&
		    site->args[i].type & USDT_TYPE_STRING)
			fault_in_string(address(value, site->is_32bit));
	}
}

#endif /* __USDTSNOOP_FAULT_IN_BPF_H__ */
