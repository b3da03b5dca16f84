/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keys by which execcount counts. */
#ifndef SNOOP_EXECCOUNT_H
#define SNOOP_EXECCOUNT_H

#include <snoop/file.h>
#include <snoop/record.h>

enum {
	COUNT_NAME_MAX = 256 /* of a path, with its NUL */
};

enum count_by {
	COUNT_BY_UID,
	COUNT_BY_COMM,
	COUNT_BY_PATH,
	COUNT_BY_PARENT,
	COUNT_BY_CGROUP,
	COUNT_BY_RET,
	COUNT_BY_CONTAINER, /* in the map: the cgroup's id */
	COUNT_BY_UNIT,	    /* likewise */
	COUNT_BY_EXE,
	COUNT_BY_ANCESTOR,
	COUNT_BYS
};

/*
 * A key of the map `counts`. For numbers (uid, cgroup id, ret), the map's keys are as long as `id`;
 * names are padded with zeros. A path that does not fit loses its beginning.
 */
struct count_key {
	union {
		__u64 id;
		char comm[SNOOP_COMM_LEN];
		struct {
			__u32 mnt_ns;	/* with SNOOP_PLACE_ELSEWHERE */
			__u8 place;	/* enum snoop_place, of a file executed by a descriptor */
			__u8 is_cut;	/* 1: the beginning is missing */
			__u8 is_unread; /* 1: the path could not be read */
			__u8 pad;
			char path[COUNT_NAME_MAX];
		} file;
	};
};

#ifdef __cplusplus
static_assert(sizeof(count_key) == 8 + COUNT_NAME_MAX);
#endif

#endif /* SNOOP_EXECCOUNT_H */
