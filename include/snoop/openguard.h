/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record of openguard: a guarded file was opened, or was not let. And its maps. */
#ifndef SNOOP_OPENGUARD_H
#define SNOOP_OPENGUARD_H

#include <snoop/open.h>
#include <snoop/record.h>

enum {
	GUARD_FORMAT = 1,		 /* raise when a record's layout changes */
	GUARD_PATH_MAX = 4096 + 256,	 /* a path's components, and one to spare */
	GUARD_TEXT_MAX = SNOOP_PATH_MAX, /* a guard, as it was given */
	GUARD_NAME_MAX = 256,		 /* the kernel's NAME_MAX, with the NUL */
	GUARD_ENTRIES = 65536,
	GUARD_DEPTH = 128, /* directories that are looked at on the way up … */
	GUARD_MOUNTS = 32  /* … of each of so many mounts */
};

enum guard_kind {
	GUARD_EVENT = 1 /* struct guard_event */
};

enum guard_action {
	GUARD_AUDITED,
	GUARD_DENIED,
	GUARD_ACTIONS
};

/*
 * Behind it, in this order: components of the path that led to it, each with its NUL, the
 * innermost first; the guard as it was given, without a NUL.
 */
struct guard_event {
	struct snoop_record rec;
	struct snoop_task task;
	__u64 ino;
	__u32 dev;   /* as the kernel has it: major << 20 | minor */
	__u32 flags; /* O_* of the task's architecture */
	__u16 path_len;
	__u16 text_len;
	__u8 action; /* enum guard_action */
	__u8 via;    /* enum open_via */
	__u8 pad[2];
};

/* What an entry of the maps `guards` and `guard_names` says. */
enum guard_flags {
	GUARD_FILE = 1, /* it is guarded itself */
	GUARD_DIR = 2,	/* it, and all that is below it */
	GUARD_ITSELF = GUARD_FILE | GUARD_DIR,
	GUARD_NAMES = 4,   /* of a directory: guard_names knows names in it */
	GUARD_TOO_DEEP = 8 /* no entry's: there was no end to the way up */
};

/* An inode. Key of the map `guards`. */
struct guard_inode {
	__u64 ino;
	__u32 dev;
	__u32 pad;
};

/* A name in a directory. Key of the map `guard_names`. */
struct guard_name {
	struct guard_inode dir;
	char name[GUARD_NAME_MAX]; /* zeros behind it */
};

struct guard {
	__u32 flags;
	__u32 number;	  /* which of those that were given: index of guard_texts */
	__u32 generation; /* of the inode, since numbers are used again; 0: any */
	__u32 pad;
};

struct guard_text {
	__u32 len;
	char text[GUARD_TEXT_MAX];
};

/* What the program on inode_getattr learned of a file that the tool itself has looked at. */
struct guard_learned {
	__u64 ino;
	__u64 dir_ino;
	__u32 dev;
	__u32 generation;
	__u32 dir_dev;
	__u32 dir_generation;
	__u32 known; /* 1: there is something */
	__u32 named; /* 1: it is in a directory, dir_*, by this name */
	char name[GUARD_NAME_MAX];
};

/* Shared with the running programs, in .bss. */
struct guard_state {
	__u64 until_ns; /* deny no longer than that (monotonic clock); 0: no end */
	__u32 armed;	/* 1: --enforce, and all guards are in place */
	__u32 trial;	/* 1: the tool's own opens are tried; none is an event */
	__u32 tried;	/* of the last one: its guard's number + 1, or 0 */
	__u32 pad;
	struct guard_learned learned;
};

#ifdef __cplusplus
static_assert(sizeof(guard_event) == 112 && sizeof(guard_inode) == 16 && sizeof(guard_name) == 272);
static_assert(sizeof(guard) == 16 && sizeof(guard_text) == 4100 && sizeof(guard_state) == 320);
#endif

#endif /* SNOOP_OPENGUARD_H */
