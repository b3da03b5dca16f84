/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* snoop-doctor's programs send nothing and keep nothing. */
#ifndef SNOOP_EVENTS_SNOOP_DOCTOR_H
#define SNOOP_EVENTS_SNOOP_DOCTOR_H

enum {
	DOCTOR_FORMAT = 1 /* nothing is recorded; every tool has one */
};

#endif /* SNOOP_EVENTS_SNOOP_DOCTOR_H */
