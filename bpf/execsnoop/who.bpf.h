/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fills in who the process is that calls exec, and what kind of file it runs.
 *     put_who(&s->head);
 */
#ifndef __EXECSNOOP_WHO_BPF_H__
#define __EXECSNOOP_WHO_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/execsnoop.h>
#include "lib/path_step.bpf.h"
#include "lib/task.bpf.h"

enum {
	UID_EXTENTS = 5,		   /* more are in an array of their own (4.15) */
	OVERLAYFS_SUPER_MAGIC = 0x794c7630 /* include/uapi/linux/magic.h */
};

const volatile __u8 want_who = 0;
const volatile __u32 own_user_ns = 0; /* inode number of the tool's user namespace */

/* Returns a user id as a namespace numbers it, or SNOOP_NO_ID if it is not in there. */
static __always_inline u32 uid_in_ns(struct user_namespace *ns, u32 uid)
{
	void *extents = (void *)ns + bpf_core_field_offset(struct user_namespace, uid_map.extent);
	u32 count = BPF_CORE_READ(ns, uid_map.nr_extents), i;

	for (i = 0; i < UID_EXTENTS && count <= UID_EXTENTS; i++) {
		struct uid_gid_extent *extent =
			extents + i * bpf_core_type_size(struct uid_gid_extent);
		u32 first = BPF_CORE_READ(extent, lower_first);

		if (i >= count)
			break;
		if (uid >= first && uid - first < BPF_CORE_READ(extent, count))
			return BPF_CORE_READ(extent, first) + (uid - first);
	}
	return SNOOP_NO_ID;
}

static __always_inline void put_user_ns(struct exec_who *who, const struct cred *cred)
{
	struct user_namespace *ns = BPF_CORE_READ(cred, user_ns);
	u32 inum = BPF_CORE_READ(ns, ns.inum);

	who->user_ns = inum == own_user_ns ? 0 : inum;
	who->ns_uid = uid_in_ns(ns, BPF_CORE_READ(cred, uid.val));
}

/* Fills in what a failed exec has as well. */
static __always_inline void put_who(struct exec_event *e)
{
	struct task_struct *task = current_task();
	const struct cred *cred;
	struct tty_struct *tty;

	if (!want_who)
		return;
	cred = BPF_CORE_READ(task, cred);
	tty = BPF_CORE_READ(task, signal, tty);
	e->who.euid = BPF_CORE_READ(cred, euid.val);
	e->who.egid = BPF_CORE_READ(cred, egid.val);
	put_user_ns(&e->who, cred);
	if (tty)
		bpf_core_read_str(e->who.tty, sizeof(e->who.tty), &tty->name);
}

/* Returns whether a file of overlayfs is in the upper layer: changed, or not in a lower one. In
 * struct ovl_inode, a dentry of the upper layer or NULL follows the inode (4.12). */
static __always_inline bool is_upper(struct inode *inode)
{
	void *upper = NULL;

	bpf_probe_read_kernel(&upper, sizeof(upper),
			      (void *)inode + bpf_core_type_size(struct inode));
	return upper;
}

/* Fills in the kind of the file that runs. Only with want_who. */
static __always_inline void put_exe_kind(struct exec_event *e, struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	u16 flags = 0;

	if (BPF_CORE_READ(dentry, d_op) && BPF_CORE_READ(dentry, d_op, d_dname))
		flags |= WHO_EXE_MEMFD;
	if (is_unlinked(dentry))
		flags |= WHO_EXE_DELETED;
	if (BPF_CORE_READ(inode, i_sb, s_magic) == OVERLAYFS_SUPER_MAGIC)
		flags |= WHO_EXE_OVERLAY | (is_upper(inode) ? WHO_EXE_UPPER : 0);
	e->who.flags |= flags;
}

#endif /* __EXECSNOOP_WHO_BPF_H__ */
