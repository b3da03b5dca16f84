/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel types and fields that the programs use, and no others. preserve_access_index makes
 * every access a CO-RE relocation: libbpf looks the field up by name in the running kernel's BTF,
 * so neither order nor offsets matter here, and one file serves every kernel and architecture.
 *
 * To add a field, add it by the kernel's own name and type. The test `btf.fields` then looks for
 * it in a real kernel's BTF.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __s32 s32;
typedef __u64 u64;
typedef __s64 s64;
typedef int pid_t;

#ifndef NULL
#define NULL ((void *)0)
#endif

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* --- registers of a task that is in the kernel ------------------------- */

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r10;
	unsigned long bx;
	unsigned long ax;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long ip;
	unsigned long sp;
};

struct thread_info {
	u32 status;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	u64 regs[31];
	u64 orig_x0;
	s32 syscallno;
};

/* The beginning of struct pt_regs, as a kprobe gets it. */
struct user_pt_regs {
	u64 regs[31];
	u64 sp;
	u64 pc;
};

struct thread_info {
	unsigned long flags;
};
#else
#error "add the registers of this architecture to vmlinux.h and bpf/lib/syscall.bpf.h"
#endif

/* --- paths, files, opening ------------------------------------------------ */

struct qstr {
	const unsigned char *name;
};

struct dentry;

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct super_block {
	u32 s_dev;
	unsigned long s_magic;
	struct dentry *s_root;
};

struct inode {
	unsigned long i_ino;
	struct super_block *i_sb;
	unsigned int i_nlink;
	u32 i_generation;
	u32 i_rdev;
	unsigned short i_mode;
	struct hlist_head i_dentry; /* dentries, by d_alias */
	void *i_private;
};

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct dentry_operations {
	void *d_dname;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	const struct dentry_operations *d_op;
	struct super_block *d_sb;
	struct hlist_node d_alias; /* in a union without a name since 7.0 */
};

struct dentry___named_union {
	union {
		struct hlist_node d_alias;
	} d_u;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct proc_ns_operations {
	const char *name;
};

struct ns_common {
	const struct proc_ns_operations *ops;
	unsigned int inum;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct mnt_namespace *mnt_ns;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	unsigned int f_flags;
	unsigned int f_mode;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *close_on_exec;
};

struct files_struct {
	struct fdtable *fdt;
	unsigned int next_fd;
};

struct filename {
	const char *name;
};

struct open_flags {
	int open_flag;
	unsigned short mode;
};

/* io_uring; the cqe is in the request since 5.19. */
struct io_cqe {
	s32 res;
};

struct io_cmd_data {
	struct file *file;
};

struct io_kiocb {
	struct io_cmd_data cmd;
	u8 opcode;
	struct io_cqe cqe;
};

struct open_how {
	u64 flags;
	u64 mode;
	u64 resolve;
};

struct io_open {
	int dfd;
	u32 file_slot;
	struct filename *filename;
	struct open_how how;
};

/* Tracepoint io_uring_complete, which passes the request since 5.18. */
struct trace_event_raw_io_uring_complete {
	void *req;
};

/* io_open.filename since 7.0. */
struct delayed_filename {
	struct filename *__incomplete_filename;
};

struct io_open___delayed {
	struct delayed_filename filename;
};

/* --- tasks and execs -------------------------------------------------------- */

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

typedef struct {
	u32 val;
} kuid_t;

typedef struct {
	u32 val;
} kgid_t;

typedef struct {
	u64 val; /* two halves in an array before 6.3 */
} kernel_cap_t;

struct uid_gid_extent {
	u32 first;
	u32 lower_first; /* as the first namespace numbers it */
	u32 count;
};

struct uid_gid_map {
	u32 nr_extents;
	struct uid_gid_extent extent[5];
};

struct user_namespace {
	struct uid_gid_map uid_map;
	struct ns_common ns;
};

struct cred {
	kuid_t uid;
	kgid_t gid;
	kuid_t euid;
	kgid_t egid;
	kernel_cap_t cap_permitted;
	struct user_namespace *user_ns;
};

struct kernfs_node {
	struct kernfs_node *parent;
	const char *name;
	u64 id;
};

struct kernfs_node___rcu {
	struct kernfs_node *__parent;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

enum pid_type {
	PIDTYPE_PID,
	PIDTYPE_TGID,
};

typedef struct {
	int counter;
} atomic_t;

struct list_head {
	struct list_head *next;
};

struct seqcount {
	unsigned int sequence;
};

struct seqcount_spinlock {
	struct seqcount seqcount;
};

typedef struct {
	struct seqcount_spinlock seqcount; /* struct seqcount before 5.10 */
} seqlock_t;

struct prev_cputime {
	u64 utime;
	u64 stime;
};

/* Has these two with CONFIG_TASK_IO_ACCOUNTING. */
struct task_io_accounting {
	u64 read_bytes;
	u64 write_bytes;
};

struct tty_struct {
	char name[64];
};

struct signal_struct {
	struct tty_struct *tty;
	atomic_t live;
	struct list_head thread_head;
	unsigned int flags;
	int group_exit_code;
	struct pid *pids[4];
	seqlock_t stats_lock;
	u64 utime;
	u64 stime;
	struct prev_cputime prev_cputime;
	unsigned long nvcsw;
	unsigned long nivcsw;
	unsigned long min_flt;
	unsigned long maj_flt;
	unsigned long maxrss; /* in pages */
	struct task_io_accounting ioac;
	unsigned long long sum_sched_runtime;
	struct mm_struct *oom_mm;
};

struct sigaction {
	void *sa_handler;
};

struct k_sigaction {
	struct sigaction sa;
};

struct sighand_struct {
	struct k_sigaction action[64];
};

struct kernel_siginfo {
	int si_code;
};

struct sched_entity {
	u64 sum_exec_runtime;
};

struct mm_struct {
	unsigned long arg_start;
	unsigned long arg_end;
	unsigned long env_start;
	unsigned long env_end;
	struct file *exe_file;
};

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	unsigned long vm_pgoff;
};

/* Up to 6.0. */
struct vmacache {
	struct vm_area_struct *vmas[4];
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state; /* since 5.14 */
	void *stack;
	struct sched_entity se;
	u64 self_exec_id; /* u32 before 5.7 */
	pid_t pid;
	pid_t tgid;
	unsigned int flags;
	void *pf_io_worker;   /* from 5.12 to 5.16 */
	void *worker_private; /* since 5.17 */
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct mm_struct *mm;
	struct pid *thread_pid;
	const struct cred *cred;
	kuid_t loginuid;	/* with CONFIG_AUDIT */
	unsigned int sessionid; /* likewise */
	struct css_set *cgroups;
	struct vmacache vmacache;
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	struct list_head thread_node;
	int exit_state;
	int exit_code;
	u64 utime;
	u64 stime;
	unsigned long nvcsw;
	unsigned long nivcsw;
	unsigned long min_flt;
	unsigned long maj_flt;
	struct task_io_accounting ioac;
	u64 start_boottime; /* since 5.5 */
	char comm[16];
};

struct task_struct___before_5_5 {
	u64 real_start_time;
};

struct task_struct___before_5_7 {
	u32 self_exec_id;
};

struct task_struct___before_5_14 {
	long state;
};

struct linux_binprm {
	struct file *file;
	const char *filename;
	const char *interp;
};

/* --- context of iter/task -------------------------------------------------------- */

struct bpf_iter__task {
	struct task_struct *task;
};

/* --- context of tp/syscalls/sys_enter_* and sys_exit_* ------------------------- */

struct trace_event_raw_sys_enter {
	long id;
	unsigned long args[6];
};

struct trace_event_raw_sys_exit {
	long id;
	long ret;
};

/* --- used only to test whether the kernel has it -------------------------- */

struct bpf_ringbuf {
	u64 mask;
};

#pragma clang attribute pop

#endif /* __VMLINUX_H__ */
