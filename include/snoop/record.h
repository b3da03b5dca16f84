/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records, counters and settings that all tools share between kernel and user space. Valid C for
 * the BPF programs and valid C++ for the tools: fixed-width fields only, and no padding that the
 * compiler would leave unwritten.
 */
#ifndef SNOOP_RECORD_H
#define SNOOP_RECORD_H

#ifdef __cplusplus
#include <linux/types.h>
#endif

enum {
	SNOOP_COMM_LEN = 16,   /* the kernel's TASK_COMM_LEN */
	SNOOP_PATH_MAX = 4096, /* the kernel's PATH_MAX, with the NUL */
	SNOOP_NO_ID = -1,      /* an id that the kernel uses for none */
	SNOOP_CGROUP_BYTES =
		512 /* of the names of a cgroup and its parents; the last may exceed it */
};

/* Flags of a record. A tool's own flags start at SNOOP_FLAG_OWN. */
enum {
	SNOOP_FLAG_MORE = 1 << 0,      /* the event continues in another record */
	SNOOP_FLAG_TRUNCATED = 1 << 1, /* something is cut */
	SNOOP_FLAG_FAULTED = 1 << 2,   /* something could not be read */
	SNOOP_FLAG_ABI32 = 1 << 3,     /* the task made a 32-bit system call */
	SNOOP_FLAG_OWN = 1 << 8
};

/* The header of every record. */
struct snoop_record {
	__u32 size;  /* bytes of this record, this header included */
	__u16 kind;  /* the tool's own enum */
	__u16 flags; /* SNOOP_FLAG_*, and the tool's own */
	__u64 ts_ns; /* boot clock; the same in all records of an event */
	__u32 tid;   /* thread; (ts_ns, tid) identifies the event */
	__u32 cpu;   /* on which the hook ran */
};

/* The task that caused the event. Ids are those of the initial namespaces. Without
 * snoop_config.whole_task, fields that text does not show are 0: cgroup_id, gid, ns_pid, pcomm,
 * process, and those of who it was: exec_id, parent_exec_id, auid, session. */
struct snoop_task {
	__u64 cgroup_id;      /* cgroup v2: its directory's inode number */
	__u64 exec_id;	      /* of the exec whose program the process runs; 0: not known */
	__u64 parent_exec_id; /* of the nearest ancestor that runs another exec's program */
	__u32 pid;	      /* process (the kernel's tgid); ids are the tool's pid namespace's */
	__u32 tid;	      /* thread (the kernel's pid) */
	__u32 ppid;
	__u32 uid;
	__u32 gid;
	__u32 ns_pid;		      /* process, in its own pid namespace */
	__u32 auid;		      /* user who logged in, or SNOOP_NO_ID */
	__u32 session;		      /* of audit, in which the user logged in, or SNOOP_NO_ID */
	char comm[SNOOP_COMM_LEN];    /* the thread's */
	char pcomm[SNOOP_COMM_LEN];   /* the parent's comm */
	char process[SNOOP_COMM_LEN]; /* the comm of the process's first thread */
};

/* The names of a cgroup (v2) and its parents below the root, in the map `cgroup_names`. */
struct snoop_cgroup {
	__u32 len;	  /* bytes of `names` in use */
	__u16 is_cut;	  /* upper ones are missing */
	__u16 is_outside; /* of snoop_config.cgroup_root: they begin at the root of all */
	char names[SNOOP_CGROUP_BYTES + 256]; /* innermost first, each with its NUL */
};

/* Values of the maps of filters. With some SNOOP_FILTER_ONLY, an event passes if its key has that
 * value; without, if its key does not have SNOOP_FILTER_NOT. */
enum {
	SNOOP_FILTER_ONLY = 1,
	SNOOP_FILTER_NOT = 2
};

/* Whether a cgroup passes --container and --unit, in the map `cgroup_verdicts`. */
enum snoop_cgroup_verdict {
	SNOOP_CGROUP_UNDECIDED, /* not in the map */
	SNOOP_CGROUP_PASSES,
	SNOOP_CGROUP_FILTERED
};

/* Settings that user space sets before the load. */
struct snoop_config {
	__u8 use_ring;	   /* 1: ring buffer, 0: perf buffer */
	__u8 boot_clock;   /* 1: the kernel has bpf_ktime_get_boot_ns (5.8) */
	__u8 hold_wakeups; /* 1: wake the consumer only when needed, see bpf/lib/emit.bpf.h */
	__u8 filter_uid;   /* SNOOP_FILTER_* that occur in the map uid_filter; likewise below */
	__u8 filter_pid;
	__u8 filter_ppid;
	__u8 filter_comm;
	__u8 filter_descendants; /* 1: only processes in the map descendants */
	__u16 filter_cgroups;	 /* first entries in the map cgroup_filter: only tasks in these */
	__u8 has_filters;	 /* 1: some filter may be in use; 0: none by task is */
	__u8 pad;
	__u32 ring_bytes;  /* of the ring, or of each CPU's perf buffer */
	__u8 has_backups;  /* 1: backup programs are loaded, see bpf/lib/backup.bpf.h */
	__u8 own_btf;	   /* 1: the kernel was built with BTF, see bpf/lib/read.bpf.h */
	__u8 whole_task;   /* 1: fill all of struct snoop_task */
	__u8 want_cgroups; /* 1: keep the names of cgroups, see bpf/lib/cgroup.bpf.h */
	__u32 pid_ns; /* inode of the tool's pid namespace, whose ids are shown; 0: the first one */
	__u64 cgroup_root; /* id of the cgroup at which paths begin: the one that is mounted; 0: of
			      the root */
	__u8 want_lineage; /* 1: keep processes' programs, see bpf/lib/lineage.bpf.h */
	__u8 want_ancestors; /* 1: send them */
	__u8 filter_under;   /* SNOOP_FILTER_* that occur in --under, see bpf/lib/lineage.bpf.h */
	__u8 filter_tid;
	__u8 filter_errno;	  /* see bpf/lib/result.bpf.h */
	__u8 filter_places;	  /* 1: only cgroups that cgroup_verdicts does not filter out */
	__u16 filter_not_cgroups; /* further entries in cgroup_filter: no tasks in these */
};

/* The next step of the ring's consumer. */
enum snoop_consumer {
	SNOOP_CONSUMER_WORKS, /* it will check for records before it waits */
	SNOOP_CONSUMER_NAPS,  /* it will check in some milliseconds: wake it if there are many */
	SNOOP_CONSUMER_SLEEPS /* it blocks: wake it at the first record */
};

/* Shared with the running programs, in .bss. */
struct snoop_wake {
	__u32 consumer; /* enum snoop_consumer */
	__u32 forced;	/* number of forced wake-ups */
	__u32 spilled;	/* number of records that went into the map `spilled`, since the ring was
			   full */
};

/* Counters per CPU, in the map `counters`. */
enum snoop_count {
	SNOOP_SEEN,		 /* events that a hook saw */
	SNOOP_FILTERED,		 /* events that a filter removed */
	SNOOP_LOST_RING,	 /* "ring full": events that found the ring or perf buffer full */
	SNOOP_LOST_MAP_FULL,	 /* "map full": events whose state found its map full */
	SNOOP_LOST_SIZE,	 /* "too large": events too large for a record or for the ring */
	SNOOP_LOST_NO_BUFFER,	 /* "no buffer": events on a CPU without a perf buffer */
	SNOOP_TRUNCATED,	 /* events sent, but cut */
	SNOOP_FAULTED,		 /* events sent, but some memory could not be read */
	SNOOP_DESCENDANTS_LOST,	 /* descendants of `-- CMD` for which the map had no room */
	SNOOP_MISSED,		 /* "missed": events whose return no program saw */
	SNOOP_BACKUP_RAN,	 /* not a loss: events that only the backup program saw */
	SNOOP_LINEAGES_LOST,	 /* processes for which the map of lineages had no room */
	SNOOP_SEEN_AND_FILTERED, /* SNOOP_SEEN and SNOOP_FILTERED at once, where it runs often */
	SNOOP_COUNTS
};

struct snoop_counters {
	__u64 count[SNOOP_COUNTS];
};

#ifdef __cplusplus
static_assert(sizeof(snoop_record) == 24 && sizeof(snoop_task) == 104);
static_assert(sizeof(snoop_config) == 40 && sizeof(snoop_wake) == 12);
static_assert(sizeof(snoop_cgroup) == 776);
#endif

#endif /* SNOOP_RECORD_H */
