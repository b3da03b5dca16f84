/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reports what a task does to a guarded file, and decides whether it may.
 *     return found ? on_guarded_access(ctx, &a, found) : 0;
 */
#ifndef __OPENGUARD_VERDICT_BPF_H__
#define __OPENGUARD_VERDICT_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/openguard.h>
#include "lib/counters.bpf.h"
#include "lib/errno.bpf.h"
#include "lib/filter.bpf.h"
#include "openguard/except.bpf.h"
#include "openguard/match.bpf.h"
#include "openguard/record.bpf.h"
#include "openguard/state.bpf.h"

/* Returns a negative errno if the access is denied, or 0. Its own function for the sake of the
 * stack, as send(). */
static __noinline int on_guarded_access(void *ctx, const struct guard_access *a, u64 found)
{
	int verdict = -EPERM;
	bool denied;

	if (is_own()) {
		if (state.trial && is_guarded(found))
			state.tried = (found >> 32) + 1;
		return 0;
	}
	count_event(SNOOP_SEEN);
	if (!passes_filters() || is_excepted()) {
		count_event(SNOOP_FILTERED);
		return 0;
	}
	denied = denies();
	report(ctx, a, found, is_guarded(found) ? GUARD_CERTAIN : found >> 32, denied);
	/* The verifier has to see that the result is in range (6.12); without the barrier the
	 * compiler would negate `denied`. */
	barrier_var(verdict);
	return denied ? verdict : 0;
}

#endif /* __OPENGUARD_VERDICT_BPF_H__ */
