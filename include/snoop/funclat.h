/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counters that funclat keeps for each function. */
#ifndef SNOOP_FUNCLAT_H
#define SNOOP_FUNCLAT_H

#include <snoop/record.h>

enum {
	FUNCLAT_SLOTS = 64,   /* by powers of two: 0-1, 2-3, 4-7 and so on */
	FUNCLAT_DEPTH = 64,   /* nested calls of one thread; uretprobes allow no more */
	FUNCLAT_CALLS = 16384 /* in flight at once, in all threads */
};

/* In .bss, set by user space. */
struct funclat_control {
	__u64 epoch;   /* number of the interval */
	__u64 is_open; /* 1: count calls that begin now */
};

/*
 * Counters of a function, two per CPU: for even and for odd intervals, so that one does not change
 * while user space reads it. Only the longest call is ever reset.
 */
struct funclat_stats {
	__u64 calls;	/* calls that passed the filters */
	__u64 returned; /* … and were timed */
	__u64 missed;	/* … whose return no program saw */
	__u64 ended;	/* … whose thread ended in them */
	__u64 sum_ns;
	__u64 longest_ns; /* in the interval `epoch` */
	__u64 epoch;
	__u64 slots[FUNCLAT_SLOTS];
};

#ifdef __cplusplus
static_assert(sizeof(funclat_control) == 16);
static_assert(sizeof(funclat_stats) == 8 * (7 + FUNCLAT_SLOTS));
#endif

#endif /* SNOOP_FUNCLAT_H */
