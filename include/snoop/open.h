/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a file was opened: in the records of opensnoop and of openguard. */
#ifndef SNOOP_OPEN_H
#define SNOOP_OPEN_H

enum {
	OPEN_AT_CWD = -100 /* the kernel's AT_FDCWD */
};

/* The call that opened the file. */
enum open_via {
	OPEN_VIA_OPEN,
	OPEN_VIA_OPENAT,
	OPEN_VIA_OPENAT2,
	OPEN_VIA_CREAT,
	OPEN_VIA_HANDLE, /* open_by_handle_at */
	OPEN_VIA_URING,	 /* io_uring's OPENAT and OPENAT2 */
	OPEN_VIA_EXEC,	 /* execve and execveat, which open the program and its interpreter */
	OPEN_VIA_KERNEL, /* the kernel, for a purpose of its own */
	OPEN_VIAS
};

#endif /* SNOOP_OPEN_H */
