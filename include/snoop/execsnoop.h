/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records of execsnoop: an exec, its arguments and environment, the exit of a process. */
#ifndef SNOOP_EXECSNOOP_H
#define SNOOP_EXECSNOOP_H

#include <snoop/file.h>
#include <snoop/record.h>

enum {
	EXEC_FORMAT = 3,		 /* raise when a record's layout changes */
	EXEC_INTERP_MAX = 256,		 /* the kernel's BINPRM_BUF_SIZE */
	EXEC_CWD_MAX = 4096 + 256,	 /* a path's components; the last one may exceed PATH_MAX */
	EXEC_RESOLVED_MAX = 3072,	 /* likewise; the top of a longer one is missing */
	EXEC_FIRST_ARGS = 4096,		 /* arguments in the exec's own record */
	EXEC_MORE_ARGS = 16384,		 /* arguments in one further record */
	EXEC_ARGS_MAX = 2 * 1024 * 1024, /* the kernel's limit with an 8 MiB stack */
	EXEC_ENV_MAX = EXEC_ARGS_MAX,	 /* which arguments and environment share */
	EXEC_TTY_LEN = 32		 /* of the kernel's 64 */
};

enum exec_kind {
	EXEC_HEAD = 1,	    /* struct exec_event */
	EXEC_ARGS = 2,	    /* struct exec_args, after its EXEC_HEAD */
	EXEC_EXIT = 3,	    /* struct exec_exit */
	EXEC_ENV = 4,	    /* struct exec_args with environment, after the EXEC_ARGS */
	EXEC_ENV_BEFORE = 5 /* likewise, that of the process before the exec, whose EXEC_HEAD
			       comes later and has their ts_ns and tid as before_ns and old_tid */
};

enum {
	EXEC_FLAG_NO_FILENAME = SNOOP_FLAG_OWN,	 /* filename could not be read */
	EXEC_FLAG_NO_ARGS = SNOOP_FLAG_OWN << 1, /* from here on, arguments could not be read */
	EXEC_FLAG_CWD_CUT = SNOOP_FLAG_OWN << 2, /* the path's top is missing */
	EXEC_FLAG_HAS_CWD = SNOOP_FLAG_OWN << 3, /* cwd was asked for */
	EXEC_FLAG_EXIT_FOLLOWS = SNOOP_FLAG_OWN
				 << 4 /* an EXEC_EXIT follows when the process exits */
};

enum exec_resolved {
	EXEC_RESOLVED_NONE, /* filename names the file, or it is not known */
	EXEC_RESOLVED_FILE,
	EXEC_RESOLVED_BASE /* the directory of a descriptor, from which filename goes on */
};

/* Flags of an exec_who. */
enum {
	WHO_KNOWS_GAIN = 1 << 0, /* the next two, and gained, are valid */
	WHO_SETUID = 1 << 1,	 /* the exec changed the effective user id */
	WHO_SETGID = 1 << 2,	 /* the exec changed the effective group id */
	WHO_HAS_ENV = 1 << 3,	 /* env_total bytes of environment follow */
	WHO_EXE_MEMFD = 1 << 4,	 /* the program is a file without a directory */
	WHO_EXE_DELETED = 1 << 5,
	WHO_EXE_OVERLAY = 1 << 6, /* the program is on overlayfs */
	WHO_EXE_UPPER = 1 << 7	  /* and in its upper layer */
};

/* Who the process is, and what the exec made of it. All 0 if that was not asked for. */
struct exec_who {
	__u64 before_ns; /* of its EXEC_ENV_BEFORE; 0: none */
	__u64 gained;	 /* permitted capabilities that it did not have before: bit N is number N */
	__u32 euid;	 /* effective ids */
	__u32 egid;
	__u32 user_ns; /* inode number of its user namespace; 0: the tool's */
	__u32 ns_uid;  /* real user id in that namespace, or SNOOP_NO_ID */
	__u32 env_total;
	__u16 flags; /* WHO_* */
	__u16 pad;
	char tty[EXEC_TTY_LEN]; /* as the kernel names it: "pts0"; empty: none */
};

/*
 * An exec that succeeded (ret 0) or failed (ret -errno). It is followed by: filename; interp, if it
 * differs from filename; the components of resolved, innermost first; those of cwd; arguments. Each
 * string ends with a NUL. resolved is the path of a file that was executed by a descriptor.
 */
struct exec_event {
	struct snoop_record rec;
	struct snoop_task task;
	__u64 args_total; /* bytes of the whole argument vector; 0: unknown */
	__s32 ret;
	__u32 old_tid;	    /* the calling thread, which takes over the leader's tid */
	__u32 filename_len; /* bytes of each part, NULs included */
	__u32 interp_len;
	__u32 cwd_len;
	__u32 args_len;
	__u64 exe_ino; /* of the program that runs, which may be an interpreter */
	__u32 exe_dev; /* major << 20 | minor; 0: not known */
	__u16 resolved_len;
	__u8 resolved;		     /* enum exec_resolved */
	__u8 resolved_cut;	     /* 1: its top is missing */
	struct snoop_file file;	     /* the place of resolved */
	struct snoop_file directory; /* the place of cwd */
	struct exec_who who;
};

/* More of the exec with the same ts_ns and tid: strings, each with its NUL. */
struct exec_args {
	struct snoop_record rec;
	__u32 len; /* bytes after this struct */
	__u32 pad;
};

/* The resources that a process used: all its threads together, without its children. */
struct exec_cost {
	__u64 utime_ns; /* user and system time as sampled: only their ratio counts */
	__u64 stime_ns;
	__u64 runtime_ns;    /* user and system time together, exact */
	__u64 prev_utime_ns; /* as last reported by the kernel; later reports are not below them */
	__u64 prev_stime_ns;
	__u64 maxrss_kb;  /* KiB */
	__u64 read_bytes; /* from and to storage */
	__u64 write_bytes;
	__u64 minflt; /* page faults without and with input or output */
	__u64 majflt;
	__u64 nvcsw; /* context switches, voluntary and not */
	__u64 nivcsw;
};

/* Flags of an exec_exit. */
enum {
	EXIT_FLAG_HAS_COST = SNOOP_FLAG_OWN,	   /* cost is valid */
	EXIT_FLAG_HAS_IO = SNOOP_FLAG_OWN << 1,	   /* so are its read_bytes and write_bytes */
	EXIT_FLAG_KILLED_BY = SNOOP_FLAG_OWN << 2, /* killer_pid and killer_comm are valid */
	EXIT_FLAG_OOM = SNOOP_FLAG_OWN << 3,	   /* the OOM killer chose the process */
	EXIT_FLAG_FORKED = SNOOP_FLAG_OWN << 4	   /* the process has not called exec itself */
};

/* The exit of a process that has exec'd, or with --tree was forked by one. */
struct exec_exit {
	struct snoop_record rec;
	__u32 pid;
	__s32 status;	  /* as waitpid(2) gives it */
	__u32 killer_pid; /* process that sent the signal; 0: the kernel itself, or unknown here */
	__u32 pad;
	__u64 exec_id; /* of the program that it ran; 0: not known */
	char killer_comm[SNOOP_COMM_LEN];
	struct exec_cost cost;
};

#ifdef __cplusplus
static_assert(sizeof(exec_event) == 296 && sizeof(exec_args) == 32 && sizeof(exec_exit) == 160);
static_assert(sizeof(exec_who) == 72);
#endif

#endif /* SNOOP_EXECSNOOP_H */
