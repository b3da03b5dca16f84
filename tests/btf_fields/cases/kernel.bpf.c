// SPDX-License-Identifier: BSD-2-Clause
/* Stands for the kernel in all cases: a few types under the kernel's names. */
typedef int pid_t;

enum pid_type {
	PIDTYPE_PID,
	PIDTYPE_TGID,
};

struct mm_struct {
	struct {
		unsigned long arg_start;
		union {
			unsigned long arg_end;
			char *end;
		};
	};
};

struct task_struct {
	unsigned int __state;
	unsigned int in_execve : 1;
	pid_t pid;
	enum pid_type type;
	char comm[16];
	struct task_struct *real_parent;
	struct mm_struct *mm;
	struct mm_struct first_mm;
	void *pids[4];
	int numbers[];
};

/* Two files of a kernel may each have a struct of this name. */
struct path {
	struct mm_struct *mnt;
};

struct task_struct init_task;
struct path init_path;
