/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record, as both sides see it. */
#ifndef MINIOPEN_H
#define MINIOPEN_H

struct event {
	unsigned int pid;
	char comm[16];
	char path[256];
};

#endif
