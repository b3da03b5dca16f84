/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every event has in common, on both sides of the border. Valid C for the
 * BPF programs and valid C++ for the tools: fixed-width fields only, no padding
 * that the compiler would leave unwritten.
 */
#ifndef SNOOP_RECORD_H
#define SNOOP_RECORD_H

#ifdef __cplusplus
#include <linux/types.h>
#endif

enum {
	SNOOP_COMM_LEN = 16,  /* the kernel's TASK_COMM_LEN */
	SNOOP_PATH_MAX = 4096 /* the kernel's PATH_MAX, with the NUL */
};

/* Flags of a record; a tool's own start at SNOOP_FLAG_OWN. */
enum {
	SNOOP_FLAG_MORE = 1 << 0,      /* this event goes on in another record */
	SNOOP_FLAG_TRUNCATED = 1 << 1, /* something was longer than was kept */
	SNOOP_FLAG_FAULTED = 1 << 2,   /* something could not be read */
	SNOOP_FLAG_ABI32 = 1 << 3,     /* the task made a 32-bit system call */
	SNOOP_FLAG_OWN = 1 << 8
};

/* First in every record, whatever the tool. */
struct snoop_record {
	__u32 size;  /* bytes of this record, this header included */
	__u16 kind;  /* the tool's own enum */
	__u16 flags; /* SNOOP_FLAG_* */
	__u64 ts_ns; /* boot clock, of the event: equal in all its records */
	__u32 tid;   /* thread; (ts_ns, tid) names the event */
	__u32 cpu;   /* that the event was seen on */
};

/* Who did it. Ids are those of the initial namespaces. What text does not show is 0
 * unless snoop_config.whole_task: cgroup_id, gid, ns_pid, pcomm. */
struct snoop_task {
	__u64 cgroup_id; /* cgroup v2, of the directory's inode */
	__u32 pid;	 /* process (the kernel's tgid) */
	__u32 tid;	 /* thread (the kernel's pid) */
	__u32 ppid;
	__u32 uid;
	__u32 gid;
	__u32 ns_pid; /* process, as its own pid namespace numbers it */
	char comm[SNOOP_COMM_LEN];
	char pcomm[SNOOP_COMM_LEN]; /* the parent's comm */
};

/* Fixed at load: what a tool's user side tells its programs. */
struct snoop_config {
	__u8 use_ring;	   /* 1: ring buffer, 0: perf buffer */
	__u8 boot_clock;   /* 1: the kernel has bpf_ktime_get_boot_ns (5.8) */
	__u8 hold_wakeups; /* 1: wake the reader only when it has to be, bpf/lib/emit.bpf.h */
	__u8 filter_uid;   /* 1: only uids in the map uid_filter … */
	__u8 filter_pid;
	__u8 filter_ppid;
	__u8 filter_comm;
	__u8 filter_descendants; /* 1: only processes in the map descendants */
	__u32 filter_cgroups;	 /* entries in the map cgroup_filter, 0: no filter */
	__u32 ring_bytes;	 /* of the ring, or of the perf buffer of a processor */
	__u8 has_backups;	 /* 1: the second programs are loaded, bpf/lib/backup.bpf.h */
	__u8 own_btf;		 /* 1: the kernel was built with its types, bpf/lib/read.bpf.h */
	__u8 whole_task;	 /* 1: all of struct snoop_task is asked for */
	__u8 pad;
};

/* What the reader is about to do. */
enum snoop_consumer {
	SNOOP_CONSUMER_WORKS, /* it looks for records before it does anything else */
	SNOOP_CONSUMER_NAPS,  /* it will in some milliseconds: wake it if there are many */
	SNOOP_CONSUMER_SLEEPS /* it blocks: wake it at the first one */
};

/* Shared with the running programs, in .bss. */
struct snoop_wake {
	__u32 consumer; /* enum snoop_consumer */
	__u32 forced;	/* how many wake-ups were forced */
	__u32 spilled;	/* how many records went into the map `spilled`, for want of room */
};

/* One set of counters per CPU: an entry each in the map `books`. */
enum snoop_count {
	SNOOP_SEEN,		/* events that a hook saw */
	SNOOP_FILTERED,		/* events that a filter took away */
	SNOOP_LOST_RING,	/* events that found the ring (or perf buffer) full */
	SNOOP_LOST_MAP_FULL,	/* events whose state a full map could not hold */
	SNOOP_LOST_SIZE,	/* events too large for a record, or for the ring */
	SNOOP_LOST_NO_BUFFER,	/* events on a processor that has no perf buffer */
	SNOOP_TRUNCATED,	/* sent, but not whole */
	SNOOP_FAULTED,		/* sent, but some memory could not be read */
	SNOOP_DESCENDANTS_LOST, /* processes of `-- CMD` that a full map could not follow */
	SNOOP_MISSED,	  /* events whose end was not seen: no kretprobe left, no hook there */
	SNOOP_BACKUP_RAN, /* no loss: events that only the second program was run for */
	SNOOP_SEEN_AND_FILTERED, /* the first two in one, where each nanosecond counts */
	SNOOP_COUNTS
};

struct snoop_counters {
	__u64 count[SNOOP_COUNTS];
};

#ifdef __cplusplus
static_assert(sizeof(snoop_record) == 24 && sizeof(snoop_task) == 64);
static_assert(sizeof(snoop_config) == 20 && sizeof(snoop_wake) == 12);
#endif

#endif /* SNOOP_RECORD_H */
