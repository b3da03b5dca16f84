/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record of opensnoop: an open that succeeded or failed. */
#ifndef SNOOP_OPENSNOOP_H
#define SNOOP_OPENSNOOP_H

#include <snoop/file.h>
#include <snoop/open.h>
#include <snoop/record.h>

enum {
	OPEN_FORMAT = 3,		/* raise when a record's layout changes */
	OPEN_RESOLVED_MAX = 4096 + 256, /* a path's components; the last one may exceed PATH_MAX */
	OPEN_PREFIX_MAX = 256,		/* of --path: the longest key of an LPM trie */
	OPEN_SUFFIX_MAX = 32		/* of --suffix */
};

enum open_kind {
	OPEN_EVENT = 1 /* struct open_event */
};

enum {
	OPEN_FLAG_NO_PATH = SNOOP_FLAG_OWN,    /* path could not be read */
	OPEN_FLAG_NO_FD = SNOOP_FLAG_OWN << 1, /* no descriptor, or the hook does not see it */
	OPEN_FLAG_HAS_RESOLVED = SNOOP_FLAG_OWN << 2, /* resolved is present */
	OPEN_FLAG_RESOLVED_CUT = SNOOP_FLAG_OWN << 3, /* the top of resolved is missing */
	OPEN_FLAG_BASE_ONLY = SNOOP_FLAG_OWN
			      << 4 /* resolved is the directory that path starts from */
};

/* Another thread of the caller can forge what was read from its memory. */
enum open_path_source {
	OPEN_PATH_CALLER,
	OPEN_PATH_KERNEL
};

/*
 * It is followed by path as the caller gave it, and the components of resolved, innermost first.
 * Each string ends with a NUL. resolved is the path of the file or, with OPEN_FLAG_BASE_ONLY, of
 * the directory that path is relative to.
 */
struct open_event {
	struct snoop_record rec;
	struct snoop_task task;
	__s32 ret;	/* a file descriptor, or -errno; with NO_FD: 0 or -errno */
	__s32 dirfd;	/* OPEN_AT_CWD where the call has none */
	__u32 flags;	/* O_* of the task's architecture */
	__u32 mode;	/* as given; used with O_CREAT and O_TMPFILE only */
	__u16 path_len; /* bytes of each part, NULs included */
	__u16 resolved_len;
	__u8 via;	  /* enum open_via */
	__u8 path_source; /* enum open_path_source */
	__u8 pad[2];
	struct snoop_file file; /* the opened file, and the place of resolved */
};

#ifdef __cplusplus
static_assert(sizeof(open_event) == 176);
#endif

#endif /* SNOOP_OPENSNOOP_H */
