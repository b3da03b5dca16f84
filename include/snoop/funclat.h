/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counters that funclat keeps for each function. */
#ifndef SNOOP_FUNCLAT_H
#define SNOOP_FUNCLAT_H

#include <snoop/record.h>
#include <snoop/registers.h>

enum {
	FUNCLAT_SLOTS = 512,	/* eight for each power of two, of which 496 are in use */
	FUNCLAT_SPARSE = 65536, /* counts of slots in a hash, where an array would be too large */
	FUNCLAT_DEPTH = 64,	/* nested calls of one thread; uretprobes allow no more */
	FUNCLAT_CALLS = 16384,	/* in flight at once, in all threads */
	FUNCLAT_USER_CALLS = 65536, /* … of functions of programs */
	FUNCLAT_OFFSET_BITS = 4095  /* of an address: those of the offset in the file */
};

/* In .bss, set by user space. */
struct funclat_control {
	__u64 epoch;   /* number of the interval */
	__u64 is_open; /* 0: ignore all calls and returns, since programs are attached and detached
			  one by one, and would see an outer return, but not an inner one */
};

/*
 * Counters of a function, two per CPU: for even and for odd intervals, so that one does not change
 * while user space reads it. Only the longest call is ever reset.
 */
struct funclat_stats {
	__u64 calls;	/* calls that passed the filters */
	__u64 returned; /* … and were timed */
	__u64 missed;	/* … whose return no program saw */
	__u64 ended;	/* … whose thread ended in them */
	__u64 unwound;	/* … left by an exception or longjmp() */
	__u64 untimed;	/* … of a function whose returns cannot be seen */
	__u64 sum_ns;
	__u64 longest_ns; /* in the interval `epoch` */
	__u64 epoch;
};

/* The times of a function, per CPU and for even and odd intervals as well. */
struct funclat_slots {
	__u64 counts[FUNCLAT_SLOTS];
};

enum funclat_by {
	FUNCLAT_BY_FUNCTION,
	FUNCLAT_BY_PROCESS,
	FUNCLAT_BY_THREAD,
	FUNCLAT_BY_COMM
};

/* A function and who calls it: the process, the thread as bpf_get_current_pid_tgid() says, or a
 * comm. */
struct funclat_key {
	__u64 who[2];
	__u32 function;
	__u32 slot; /* 0 where slots are not counted */
};

/* The calls with one key in the even, or the odd, intervals. */
struct funclat_bank {
	__u64 calls;
	__u64 returned;
	__u64 sum_ns;
	__u64 longest_ns; /* in the interval `epoch` */
	__u64 epoch;
};

struct funclat_key_stats {
	struct funclat_bank banks[2];
	__u64 named_ns; /* when the name was read last */
	char comm[SNOOP_COMM_LEN];
};

enum {
	FUNCLAT_SLOW_CALL = 1 /* the kind of its record */
};

/* A call that took at least as long as --slower says. */
struct funclat_slow_call {
	struct snoop_record rec; /* when the call ended */
	struct snoop_task task;
	__u64 ns;
	__u32 function;
	__u32 pad;
};

struct funclat_slot_counts {
	__u64 banks[2];
};

enum funclat_site_kind {
	FUNCLAT_ENTRY,		/* a call begins */
	FUNCLAT_ENTRY_UNTIMED,	/* … whose end cannot be seen */
	FUNCLAT_EXIT,		/* a call ends */
	FUNCLAT_EXIT_IF,	/* … if a conditional jump (x86) is taken */
	FUNCLAT_EXIT_IF_OUTSIDE /* … if an indirect jump leaves the function */
};

/* An instruction of a program at which a call begins or can end. */
struct funclat_site {
	__u32 function;
	__u8 kind;	/* enum funclat_site_kind */
	__u8 condition; /* EXIT_IF: the low four bits of the opcode; `base` has the flags */
	__u8 scale;
	__u8 pointer_bytes; /* EXIT_IF_OUTSIDE: of the target in memory; 0: it is in register `base`
			     */
	__u16 base, index;  /* offsets in struct pt_regs, or SNOOP_NO_REGISTER */
	__u16 pushed;	    /* ENTRY: bytes that the instructions before it have pushed */
	__u8 is_go;	    /* 1: it runs on a goroutine's stack, which moves */
	__u8 pad;
	__u32 overhead_ns; /* EXIT: to take off the time of a call, for its own probes */
	__u32 hit_ns;	   /* … off the calls around it, for this probe */
	__s64 displacement;
	__s64 ranges[4]; /* of the function, relative to the instruction: two pairs of start and end
			  */
};

/* A call of a function of a program: `frame` is its stack pointer at the entry. In Go programs it
 * is the distance from the top of the stack of goroutine `goroutine`, which is 0 elsewhere. */
struct funclat_call_key {
	__u64 goroutine;
	__u64 frame;
	__u32 tgid;
	__u32 function;
};

struct funclat_call {
	__u64 start_ns;
	__u64 thread;	 /* that began it, as bpf_get_current_pid_tgid() says */
	__u64 probes_ns; /* of the thread when the call began */
};

/* A thread with calls in flight. */
struct funclat_thread {
	__u64 sp; /* at its last event, or where it ended */
	__s64 calls;
	__u64 has_ended;
	__u64 probes_ns; /* what the probes that it hit have cost */
};

#ifdef __cplusplus
static_assert(sizeof(funclat_site) == 64);
static_assert(sizeof(funclat_call_key) == 24);
static_assert(sizeof(funclat_call) == 24);
static_assert(sizeof(funclat_thread) == 32);
static_assert(sizeof(funclat_control) == 16);
static_assert(sizeof(funclat_stats) == 8 * 9);
static_assert(sizeof(funclat_slots) == 8 * FUNCLAT_SLOTS);
static_assert(sizeof(funclat_key) == 24);
static_assert(sizeof(funclat_slow_call) == 144);
static_assert(sizeof(funclat_key_stats) == 104);
#endif

#endif /* SNOOP_FUNCLAT_H */
