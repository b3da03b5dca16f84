/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record of openguard (an open of a guarded file), and its maps. */
#ifndef SNOOP_OPENGUARD_H
#define SNOOP_OPENGUARD_H

#include <snoop/open.h>
#include <snoop/record.h>

enum {
	GUARD_FORMAT = 3,		 /* raise when a record's layout changes */
	GUARD_PATH_MAX = 4096 + 256,	 /* a path's components; the last one may exceed PATH_MAX */
	GUARD_TEXT_MAX = SNOOP_PATH_MAX, /* a guard as given on the command line */
	GUARD_NAME_MAX = 256,		 /* the kernel's NAME_MAX, with the NUL */
	GUARD_ENTRIES = 262144, /* room for guarded inodes, for each guard of the command line */
	GUARD_ENTRIES_MOST = 4194304,
	GUARD_DEPTH = 128, /* most directories on the way up to the root of a mount */
	GUARD_MOUNTS = 32, /* most mounts on the way up */
	GUARD_LOOKS = 8,   /* how often to look for a guard while files are renamed */
	GUARD_ALIASES = 8  /* most names in memory by which an inode is looked up */
};

enum guard_kind {
	GUARD_EVENT = 1 /* struct guard_event */
};

enum guard_action {
	GUARD_AUDITED,
	GUARD_DENIED,
	GUARD_ACTIONS
};

/* A task does this to a guarded file. */
enum guard_op {
	GUARD_OPEN,
	GUARD_LINK,
	GUARD_RENAME,
	GUARD_TRUNCATE,
	GUARD_WRITE, /* to a file that is open */
	GUARD_UNLINK,
	GUARD_EXEC,
	GUARD_MMAP,
	GUARD_OPS
};

/* Why it is not certain whether a file is guarded, or stays guarded. */
enum guard_doubt {
	GUARD_CERTAIN,
	GUARD_TOO_DEEP, /* more directories than GUARD_DEPTH, or mounts than GUARD_MOUNTS */
	GUARD_RENAMED,	/* directories above it were renamed each time that the program looked */
	GUARD_NAMELESS, /* opened by handle, and the kernel does not know its directory */
	GUARD_FULL,	/* the map `guards` has no room for the file that is renamed or linked */
	GUARD_SEARCHED, /* a directory that is renamed while hard links are searched for in it */
	GUARD_DOUBTS
};

/*
 * It is followed by the components of the path that led to the file, innermost first, each with
 * its NUL, and by the guard as given on the command line, without a NUL.
 */
struct guard_event {
	struct snoop_record rec;
	struct snoop_task task;
	__u64 ino;
	__u32 dev;   /* the kernel's number: major << 20 | minor */
	__u32 flags; /* O_* of the task's architecture */
	__u16 path_len;
	__u16 text_len;
	__u8 action; /* enum guard_action */
	__u8 via;    /* enum open_via; of an open */
	__u8 op;     /* enum guard_op */
	__u8 doubt;  /* enum guard_doubt */
};

/* Flags of an entry in the maps `guards` and `guard_names`. */
enum guard_flags {
	GUARD_FILE = 1, /* the file itself is guarded */
	GUARD_DIR = 2,	/* the directory and all below it are guarded */
	GUARD_ITSELF = GUARD_FILE | GUARD_DIR,
	GUARD_NAMES = 4,    /* guard_names has names in this directory */
	GUARD_DOUBT = 8,    /* a result, not in maps: it is in doubt */
	GUARD_FOLLOWED = 16 /* not from the command line: goes when the inode is deleted */
};

enum {
	GUARD_CHAR_DEVICES = -2,
	GUARD_BLOCK_DEVICES = -1
};

/* An inode. Key of the map `guards`. A device has an entry for all its nodes as well: the kernel's
 * number of the device, and GUARD_CHAR_DEVICES or GUARD_BLOCK_DEVICES, which no file system has. */
struct guard_inode {
	__u64 ino;
	__u32 dev;
	__u32 pad;
};

/* A name in a directory. Key of the map `guard_names`. */
struct guard_name {
	struct guard_inode dir;
	char name[GUARD_NAME_MAX]; /* padded with zeros */
};

struct guard {
	__u32 flags;
	__u32 number;	  /* index in guard_texts */
	__u32 generation; /* of the inode, since inode numbers are reused; 0: any */
	__u32 pad;
};

struct guard_text {
	__u32 len;
	char text[GUARD_TEXT_MAX];
};

/* The result of learn_inode for a file for which the tool called stat. */
struct guard_learned {
	__u64 ino;
	__u64 dir_ino;
	__u32 dev;
	__u32 generation;
	__u32 dir_dev;
	__u32 dir_generation;
	__u32 known; /* 1: the fields are set */
	__u32 named; /* 1: dir_* is its directory, name its name there */
	char name[GUARD_NAME_MAX];
};

/* Shared with the running programs, in .bss. */
struct guard_state {
	__u64 until_ns;	  /* stop denying then (monotonic clock); 0: never */
	__u64 moved_dirs; /* guarded directories that were renamed during a search */
	__u64 renames;	  /* guarded files and directories that were, or will be at once, renamed */
	__u32 armed;	  /* 1: --enforce, and all guards are set up */
	__u32 trial;	  /* 1: look up the guards of the tool's own opens */
	__u32 tried;	  /* the last own open's guard: its number + 1, or 0 */
	__u32 searching;  /* 1: guarded directories are searched for hard links */
	__u32 full;	  /* 1: the map `guards` had no room */
	__u32 lost;	  /* 1: a record was lost */
	struct guard_learned learned;
};

#ifdef __cplusplus
static_assert(sizeof(guard_event) == 152 && sizeof(guard_inode) == 16 && sizeof(guard_name) == 272);
static_assert(sizeof(guard) == 16 && sizeof(guard_text) == 4100 && sizeof(guard_state) == 344);
#endif

#endif /* SNOOP_OPENGUARD_H */
