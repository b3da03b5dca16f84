/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* hello sends no records: it writes lines, into a pipe that others write to as well. */
#ifndef SNOOP_EVENTS_HELLO_H
#define SNOOP_EVENTS_HELLO_H

#define HELLO_BEGIN "program launched: "

#endif /* SNOOP_EVENTS_HELLO_H */
