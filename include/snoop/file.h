/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A record says of a file, beside its path, its identity and what its path is relative to.
 *     fill_inode(&e->file, file);   // bpf/lib/path.bpf.h
 */
#ifndef SNOOP_FILE_H
#define SNOOP_FILE_H

#ifdef __cplusplus
#include <linux/types.h>
#endif

/* The directories of a path end in one of these places. */
enum snoop_place {
	SNOOP_PLACE_HERE,	 /* at the root of the task's mount namespace */
	SNOOP_PLACE_ELSEWHERE,	 /* at the root of another one, mnt_ns */
	SNOOP_PLACE_UNREACHABLE, /* in a mount that is not in any namespace, or outside of its mount
				  */
	SNOOP_PLACE_NAMELESS,	 /* there are none: the kernel names the file by its kind, magic */
	SNOOP_PLACE_UNKNOWN	 /* the file has no name, as one opened by handle may have none */
};

struct snoop_file {
	__u64 ino;
	__u32 dev;    /* of the inode: major << 20 | minor; 0: not known */
	__u32 mnt_ns; /* inode number of the mount namespace; 0: none, or not known */
	__u32 magic;  /* of the file system, as statfs(2) says it; only if nameless */
	__u8 place;   /* enum snoop_place */
	__u8 deleted; /* 1: its name is no longer in its directory */
	__u8 pad[2];
};

#ifdef __cplusplus
static_assert(sizeof(snoop_file) == 24);
#endif

#endif /* SNOOP_FILE_H */
