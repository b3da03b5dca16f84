/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The program that a process runs and those of its ancestors. The programs keep a snoop_lineage
 * for each process (bpf/lib/lineage.bpf.h), and send it once for each program.
 */
#ifndef SNOOP_LINEAGE_H
#define SNOOP_LINEAGE_H

#include <snoop/record.h>

enum {
	SNOOP_ANCESTORS = 16,	      /* nearest ancestors that are kept; a power of two */
	SNOOP_LINEAGE_RECORD = 0xfffc /* kind of the record, of all tools */
};

/* A program as one exec started it. */
struct snoop_program {
	__u64 exec_id;
	__u32 pid; /* of the process that called exec; 0: not in the tool's pid namespace */
	__u32 reserved;
	char comm[SNOOP_COMM_LEN]; /* after the exec; of a program older than the tool, when it was
				      first seen */
};

/* The ancestors are a ring: the nearest is at (next - 1) % SNOOP_ANCESTORS, its own nearest one
 * before it. */
struct snoop_lineage {
	struct snoop_record rec;
	struct snoop_program self;
	__u32 next;  /* where the next ancestor goes, not reduced to the size of the ring */
	__u32 count; /* ancestors that are known, at most SNOOP_ANCESTORS */
	__u32 sent;  /* snoop_lineage_state.epoch in which the record was sent; 0: not sent */
	__u8 is_own; /* the process itself called exec */
	__u8 under;  /* SNOOP_FILTER_* of --under that hold for it or an ancestor */
	__u16 reserved;
	struct snoop_program ancestors[SNOOP_ANCESTORS];
};

#ifdef __cplusplus
static_assert(sizeof(snoop_program) == 32 && sizeof(snoop_lineage) == 584);
#endif

#endif /* SNOOP_LINEAGE_H */
