/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of errors. <errno.h> includes headers that are not found with -target bpf. */
#ifndef __ERRNO_BPF_H__
#define __ERRNO_BPF_H__

/* include/uapi/asm-generic/errno-base.h, errno.h */
enum {
	EPERM = 1,
	ENOENT = 2,
	EAGAIN = 11,
	EACCES = 13,
	EBUSY = 16,
	EEXIST = 17,
	ENOTDIR = 20,
	ENAMETOOLONG = 36,
	ELOOP = 40,
	EOPNOTSUPP = 95
};

#endif /* __ERRNO_BPF_H__ */
