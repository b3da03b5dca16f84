/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the file of an exec whose path does not name it: fexecve(3) and execveat(2) make
 * "/dev/fd/3" of a descriptor and "/dev/fd/3/prog" of a name below one, and other paths below /proc
 * lead somewhere else for each task.
 */
#ifndef __EXEC_FILE_BPF_H__
#define __EXEC_FILE_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <snoop/open.h>
#include "path.bpf.h"

enum {
	NUMBER_DIGITS = 8,
	NUMBER_BITS = 27 /* of eight digits */
};

/* Without a file, the path names it, or the file is gone. */
struct exec_file {
	struct file *file;
	bool is_base; /* the path goes on from this directory, at the byte `rest` */
	u32 rest;
};

/* The first eight characters of a path as a number, on little-endian machines. */
#define PATH_WORD(a, b, c, d, e, f, g, h)                                                          \
	((u64)(a) | (u64)(b) << 8 | (u64)(c) << 16 | (u64)(d) << 24 | (u64)(e) << 32 |             \
	 (u64)(f) << 40 | (u64)(g) << 48 | (u64)(h) << 56)

static __always_inline bool is_by_descriptor(const char *path)
{
	u64 word = *(const u64 *)path;

	return word == PATH_WORD('/', 'd', 'e', 'v', '/', 'f', 'd', '/') ||
	       word == PATH_WORD('/', 'd', 'e', 'v', '/', 's', 't', 'd') ||
	       word << 16 >> 16 == PATH_WORD('/', 'p', 'r', 'o', 'c', '/', 0, 0);
}

/* Returns the number that eight characters begin with, and above NUMBER_BITS how many digits it
 * has; 0 if it has none. A global function, which the verifier checks once (5.6). */
__noinline int leading_number(u64 text)
{
	u32 i, number = 0;

	for (i = 0; i < NUMBER_DIGITS; i++) {
		u32 digit = (text & 0xff) - '0';

		if (digit > 9)
			break;
		number = number * 10 + digit;
		text >>= 8;
	}
	return number | i << NUMBER_BITS;
}

/* Returns the file behind the descriptor in /dev/fd/N and /proc/self/fd/N. */
static __always_inline struct exec_file file_in_path(const char *path)
{
	struct exec_file found = {};
	u64 word = *(const u64 *)path, text = 0;
	u32 at = 8, number;

	if (word != PATH_WORD('/', 'd', 'e', 'v', '/', 'f', 'd', '/')) {
		bpf_probe_read_kernel(&text, sizeof(text), path + 6);
		if (text != PATH_WORD('s', 'e', 'l', 'f', '/', 'f', 'd', '/'))
			return found;
		at = 14;
	}
	bpf_probe_read_kernel(&text, sizeof(text), path + at);
	number = leading_number(text);
	if (!(number >> NUMBER_BITS))
		return found;
	found.file = file_of(number & ((1 << NUMBER_BITS) - 1));
	found.rest = at + (number >> NUMBER_BITS);
	text = 0;
	bpf_probe_read_kernel(&text, 1, path + (found.rest & 0x1f));
	found.is_base = text != 0;
	return found;
}

/* Returns the file of an exec that succeeded. `path` is bprm->filename, of which at least 32 bytes
 * can be read. At the end of the exec of a script, bprm->file is the interpreter; the script's
 * descriptor is open, since the interpreter reads it. */
static __always_inline struct exec_file file_of_exec(const char *path, struct linux_binprm *bprm)
{
	struct exec_file found = {};

	if (!is_by_descriptor(path))
		return found;
	if (BPF_CORE_READ(bprm, interp) != BPF_CORE_READ(bprm, filename))
		return file_in_path(path);
	found.file = BPF_CORE_READ(bprm, file);
	return found;
}

/* Returns the file of an exec that failed, with `dirfd` of execveat or OPEN_AT_CWD. The descriptor
 * is still open. */
static __always_inline struct exec_file file_of_failed_exec(const char *path, s32 dirfd)
{
	struct exec_file found = {};

	if (is_by_descriptor(path))
		return file_in_path(path);
	if (dirfd == OPEN_AT_CWD || path[0] == '/')
		return found;
	found.file = file_of(dirfd);
	found.is_base = path[0];
	return found;
}

#endif /* __EXEC_FILE_BPF_H__ */
