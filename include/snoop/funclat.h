/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What funclat counts of each function. */
#ifndef SNOOP_FUNCLAT_H
#define SNOOP_FUNCLAT_H

#include <snoop/record.h>

enum {
	FUNCLAT_SLOTS = 64,   /* by powers of two: 0..1, 2..3, 4..7 and so on */
	FUNCLAT_DEPTH = 64,   /* calls inside each other, of one thread; uretprobes have no more */
	FUNCLAT_CALLS = 16384 /* that are under way at once, of all threads */
};

/* In .bss, set by the reader. */
struct funclat_control {
	__u64 epoch;   /* the interval's number */
	__u64 is_open; /* 1: calls that begin are counted */
};

/*
 * A function's, for each processor two: of even intervals and of odd ones, so that one
 * stands still while it is read. Only the longest call is ever reset.
 */
struct funclat_stats {
	__u64 calls;	/* that passed the filters */
	__u64 returned; /* of these, and were timed */
	__u64 missed;	/* that have returned unseen */
	__u64 ended;	/* whose thread has ended in them */
	__u64 sum_ns;
	__u64 longest_ns; /* in the interval of this number: */
	__u64 epoch;
	__u64 slots[FUNCLAT_SLOTS];
};

#ifdef __cplusplus
static_assert(sizeof(funclat_control) == 16);
static_assert(sizeof(funclat_stats) == 8 * (7 + FUNCLAT_SLOTS));
#endif

#endif /* SNOOP_FUNCLAT_H */
