/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* hello's program sends no records: what it has to say goes into the kernel's trace. */
#ifndef SNOOP_EVENTS_HELLO_H
#define SNOOP_EVENTS_HELLO_H

enum {
	HELLO_FORMAT = 1 /* nothing is recorded; every tool has one */
};

#endif /* SNOOP_EVENTS_HELLO_H */
