/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Identifies the program that a process runs, and its ancestors'. Walking up real_parent at an
 * event would lose the ancestors of an orphan, so the map `lineages` has them for each process
 * from its fork to its exit (lineage_hooks.bpf.h).
 *     const struct snoop_lineage *lineage = lineage_of(task);
 */
#ifndef __LINEAGE_BPF_H__
#define __LINEAGE_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/lineage.h>
#include "config.bpf.h"
#include "counters.bpf.h"
#include "errno.bpf.h"
#include "pid.bpf.h"

/* include/linux/sched.h: set in a child until it calls exec */
enum {
	PF_FORKNOEXEC = 0x40
};

enum {
	LINEAGES_MAX = 65536,
	LINEAGE_LEVELS = 64, /* processes on the way up, most of which did exec */
	UNDER_MAX = 1024
};

/* By process, in the initial pid namespace. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, LINEAGES_MAX);
	__type(key, u32);
	__type(value, struct snoop_lineage);
} lineages SEC(".maps");

/* A walk up to the first process, by the thread that makes it, as in cgroup.bpf.h. */
struct lineage_walk {
	u64 leader;
	u64 has_self;
	struct snoop_program beyond; /* the last ancestor that there is no room for */
	struct snoop_lineage found;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct lineage_walk);
} no_lineage_walk SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct lineage_walk);
} lineage_walks SEC(".maps");

/* --under: processes by pid in the tool's namespace, and programs by the name that they had after
 * their exec. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, UNDER_MAX);
	__type(key, u32);
	__type(value, u8);
} under_pids SEC(".maps");

struct under_name {
	char comm[SNOOP_COMM_LEN];
} __attribute__((aligned(8)));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, UNDER_MAX);
	__type(key, struct under_name);
	__type(value, u8);
} under_comms SEC(".maps");

__u32 lineage_epoch = 0; /* user space increments it when it forgets what was sent */

/* True in the last thread of an exiting process. */
static __always_inline bool process_ends(struct task_struct *task)
{
	return BPF_CORE_READ(task, signal, live.counter) == 0;
}

static __always_inline u64 start_time(struct task_struct *leader)
{
	struct task_struct___before_5_5 *old = (void *)leader;

	return bpf_core_field_exists(leader->start_boottime) ?
		       BPF_CORE_READ(leader, start_boottime) :
		       BPF_CORE_READ(old, real_start_time);
}

static __always_inline u64 execs_of(struct task_struct *leader)
{
	struct task_struct___before_5_7 *old = (void *)leader;

	return bpf_core_field_size(leader->self_exec_id) == sizeof(u64) ?
		       BPF_CORE_READ(leader, self_exec_id) :
		       BPF_CORE_READ(old, self_exec_id);
}

/* The finalizer of MurmurHash3, a bijection in which each bit of x changes half of the result. */
static __always_inline u64 mix(u64 x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccd;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53;
	return x ^ x >> 33;
}

/* Returns the id of the program that a process runs: of its start, its pid in the initial
 * namespace and the number of execs, which each exec changes. All tools compute the same id. */
static __always_inline u64 exec_id_of(struct task_struct *leader)
{
	u64 pid = (u32)BPF_CORE_READ(leader, tgid);

	return mix(mix(start_time(leader)) ^ (pid << 32 | (u32)execs_of(leader))) ?: 1;
}

static __always_inline bool has_called_exec(struct task_struct *leader)
{
	return !(BPF_CORE_READ(leader, flags) & PF_FORKNOEXEC);
}

static __always_inline void fill_program(struct snoop_program *p, struct task_struct *leader)
{
	p->exec_id = exec_id_of(leader);
	p->pid = task_pid(leader, false);
	p->reserved = 0;
	__builtin_memset(p->comm, 0, sizeof(p->comm));
	bpf_core_read_str(p->comm, sizeof(p->comm), &leader->comm);
}

/* Returns SNOOP_FILTER_* if --under names a program, or a process; else 0. */
static __always_inline u8 under_program(struct snoop_program *p)
{
	u8 *value;

	if (!config.filter_under)
		return 0;
	value = bpf_map_lookup_elem(&under_comms, p->comm);
	return value ? *value : 0;
}

static __always_inline u8 under_process(struct task_struct *leader)
{
	u8 *value;
	u32 pid;

	if (!config.filter_under)
		return 0;
	pid = task_pid(leader, false);
	value = bpf_map_lookup_elem(&under_pids, &pid);
	return value ? *value : 0;
}

/* One step up from a process to its parent; returns true while there is another. A global
 * function, which the verifier checks once, not in every iteration (see path_step.bpf.h). */
__noinline int lineage_step(u32 tid)
{
	struct task_struct *leader;
	struct snoop_program *p;
	struct lineage_walk *w;
	u32 at;

	if (!config.want_lineage)
		return 0;
	w = bpf_map_lookup_elem(&lineage_walks, &tid);
	if (!w)
		return 0;
	leader = (struct task_struct *)w->leader;
	if (!BPF_CORE_READ(leader, tgid))
		return 0; /* the idle task, the parent of the first process */
	if (has_called_exec(leader)) {
		p = &w->beyond;
		if (!w->has_self) {
			p = &w->found.self;
			w->has_self = 1;
		} else if (w->found.count < SNOOP_ANCESTORS) {
			at = SNOOP_ANCESTORS - 1 - w->found.count;
			p = &w->found.ancestors[at % SNOOP_ANCESTORS];
			w->found.count++;
		}
		fill_program(p, leader);
		w->found.under |= under_program(p);
	}
	w->found.under |= under_process(leader);
	w->leader = (u64)BPF_CORE_READ(leader, real_parent, group_leader);
	return 1;
}

/* Adds a process that the hooks have not seen, since it is older than they are. Its own function,
 * so that its variables do not take stack from the caller. */
static __noinline int learn_lineage(struct task_struct *leader, u32 pid)
{
	u32 tid = (u32)bpf_get_current_pid_tgid(), zero = 0;
	struct lineage_walk *w = bpf_map_lookup_elem(&no_lineage_walk, &zero);
	int i, err;

	if (!w || bpf_map_update_elem(&lineage_walks, &tid, w, BPF_ANY)) {
		count_event(SNOOP_LINEAGES_LOST);
		return 0;
	}
	w = bpf_map_lookup_elem(&lineage_walks, &tid);
	if (!w)
		return 0;
	w->leader = (u64)leader;
	w->found.is_own = has_called_exec(leader);
	w->found.next = SNOOP_ANCESTORS;
	w->found.rec.size = sizeof(w->found);
	w->found.rec.kind = SNOOP_LINEAGE_RECORD;
	for (i = 0; i < LINEAGE_LEVELS && lineage_step(tid); i++)
		;
	/* An entry that a hook has made is newer. */
	err = bpf_map_update_elem(&lineages, &pid, &w->found, BPF_NOEXIST);
	if (err && err != -EEXIST)
		count_event(SNOOP_LINEAGES_LOST);
	bpf_map_delete_elem(&lineage_walks, &tid);
	/* If the process has ended meanwhile, its exit may have come before the entry. */
	if (process_ends(leader))
		bpf_map_delete_elem(&lineages, &pid);
	return 0;
}

/* The process has called exec. An earlier program of the process is nobody's ancestor, since its
 * children have their own entries. */
static __always_inline void begin_program(struct snoop_lineage *l, struct task_struct *leader)
{
	if (!l->is_own && l->self.exec_id) {
		l->ancestors[l->next % SNOOP_ANCESTORS] = l->self;
		l->next++;
		if (l->count < SNOOP_ANCESTORS)
			l->count++;
	}
	fill_program(&l->self, leader);
	l->is_own = 1;
	l->sent = 0;
	l->under |= under_program(&l->self);
}

/*
 * Returns the lineage of a task's process; NULL if the map is full. The order of the programs on
 * one hook does not matter: an exec that lineage_exec has not seen yet is seen here.
 */
static __noinline struct snoop_lineage *lineage_of(struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	u32 pid = BPF_CORE_READ(leader, tgid);
	struct snoop_lineage *found = bpf_map_lookup_elem(&lineages, &pid);

	if (!found) {
		learn_lineage(leader, pid);
		return bpf_map_lookup_elem(&lineages, &pid);
	}
	if (has_called_exec(leader) && found->self.exec_id != exec_id_of(leader))
		begin_program(found, leader);
	return found;
}

/* Returns the lineage of a task's process as it is, in a program with no stack left to add one. */
static __always_inline struct snoop_lineage *known_lineage(struct task_struct *task)
{
	u32 pid = BPF_CORE_READ(task, tgid);

	return bpf_map_lookup_elem(&lineages, &pid);
}

/* --under: a process passes if it is, or descends from, one that the option names, and none that it
 * names after a "!". */
static __always_inline bool passes_under(const struct snoop_lineage *l)
{
	u8 under = l ? l->under : 0;

	return (!(config.filter_under & SNOOP_FILTER_ONLY) || under & SNOOP_FILTER_ONLY) &&
	       !(under & SNOOP_FILTER_NOT);
}

/* Returns the id of the program that a task's process runs itself; 0 if it has not called exec. */
static __noinline u64 own_exec_id(struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	return has_called_exec(leader) ? exec_id_of(leader) : 0;
}

/* Fills exec_id and parent_exec_id. A program whose process has no entry has an id nevertheless.
 * Inline, since some callers are close to the limit of the stack, 512 bytes with all they call. */
static __always_inline void fill_exec_ids(struct snoop_task *t, struct task_struct *task)
{
	const struct snoop_lineage *l = lineage_of(task);

	if (!l) {
		t->exec_id = own_exec_id(task);
		return;
	}
	t->exec_id = l->self.exec_id;
	if (l->count)
		t->parent_exec_id = l->ancestors[(l->next - 1) % SNOOP_ANCESTORS].exec_id;
}

#endif /* __LINEAGE_BPF_H__ */
