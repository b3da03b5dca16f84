/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What crosses the border, the same on both sides. */
#ifndef MINIOPEN_H
#define MINIOPEN_H

struct event {
	unsigned int pid;
	char comm[16];
	char path[256];
};

#endif
