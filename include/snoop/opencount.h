/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keys by which opencount counts, and the records that name them. */
#ifndef SNOOP_OPENCOUNT_H
#define SNOOP_OPENCOUNT_H

#include <snoop/opensnoop.h>

/* Keys up to OPEN_BY_SUFFIX are texts of any length: the map has their hashes. */
enum open_by {
	OPEN_BY_PATH,
	OPEN_BY_DIR,
	OPEN_BY_SUFFIX,
	OPEN_BY_COMM,
	OPEN_BY_PROCESS,
	OPEN_BY_USER,
	OPEN_BY_ERRNO,
	OPEN_BY_CONTAINER, /* in the map: the cgroup's id */
	OPEN_BY_UNIT,	   /* likewise */
	OPEN_BYS
};

/* A key of the map `counts`. Names are padded with zeros; the second half of a number is 0. */
struct open_key {
	union {
		__u64 id;
		char comm[SNOOP_COMM_LEN];
		__u64 hash[2];
	};
};

struct open_count {
	__u64 count;
	__u64 is_named; /* 1: user space has got the key's open_name */
};

/* The record that tells the text of a key: an open of that key, with its hash. The paths of
 * struct open_event follow it. */
struct open_name {
	struct open_event open;
	struct open_key key;
};

#ifdef __cplusplus
static_assert(sizeof(open_key) == 16 && sizeof(open_count) == 16);
static_assert(sizeof(open_name) == sizeof(open_event) + 16);
#endif

#endif /* SNOOP_OPENCOUNT_H */
