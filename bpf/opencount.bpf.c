// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * opencount: how often what is opened, counted in the kernel by a key of the user's choice.
 *
 * The programs are those of opensnoop, so that both tools see the same opens, and filter them in
 * the same way. finish() in opensnoop/record.bpf.h counts an open instead of sending it.
 */
#define OPENS_ARE_COUNTED
#include "opensnoop.bpf.c"
#include "opencount/count.bpf.h"
