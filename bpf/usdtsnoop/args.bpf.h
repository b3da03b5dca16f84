/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the arguments of a probe as its note describes them: constants, registers, memory, strings.
 */
#ifndef __USDTSNOOP_ARGS_BPF_H__
#define __USDTSNOOP_ARGS_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/usdtsnoop.h>
#include "lib/registers.bpf.h"
#include "lib/syscall.bpf.h"

enum {
	DATA = USDT_NAMES_MAX + USDT_STRINGS
};

const volatile __u32 string_max = 256; /* up to USDT_STRING_MAX */

struct scratch {
	struct usdt_event event;
	char data[DATA + USDT_STRING_MAX + 2];
	volatile u64 used; /* bytes of data */
};

static __always_inline u64 address(u64 value, bool is_32bit)
{
	return is_32bit ? (u32)value : value;
}

/* In a sleepable program, a page that is not resident is made so; elsewhere the read fails. */
static __always_inline long read_user(void *to, u64 size, u64 at, const bool may_sleep)
{
	long err = bpf_probe_read_user(to, size, (void *)at);

	return err && may_sleep ? bpf_copy_from_user(to, size, (void *)at) : err;
}

/* Reads *value; returns 0, or flags to add to the argument's type. */
static __always_inline u16 read_value(struct pt_regs *ctx, const struct usdt_site *site,
				      const struct usdt_arg_spec *spec, u64 *value,
				      const bool may_sleep)
{
	u64 at, size = spec->type & USDT_TYPE_SIZE;

	*value = 0;
	if (spec->where == USDT_CONSTANT) {
		*value = spec->value;
	} else if (spec->where == USDT_REGISTER) {
		*value = read_register(ctx, spec->reg) >> (spec->value & 63);
	} else if (spec->where == USDT_MEMORY) {
		at = spec->value + read_register(ctx, spec->reg) +
		     (read_register(ctx, spec->index) << (spec->shift & 3));
		/* For the verifier, which does not know what user space puts into sites. */
		if (size < 1 || size > sizeof(*value))
			size = sizeof(*value);
		/* Fills the low bytes: both architectures are little-endian. */
		if (read_user(value, size, address(at, site->is_32bit), may_sleep))
			return USDT_TYPE_FAULT;
	}
	return 0;
}

/*
 * Returns the end of the data. Written in assembly because clang would spill `used` and compare a
 * copy, and kernels up to 6.1 do not apply the limit to the spilled value.
 */
static __always_inline char *free_data(struct scratch *s, u64 used)
{
	char *data = s->data;

	asm volatile("if %[used] <= %[most] goto +1\n"
		     "%[used] = 0\n"
		     "%[data] += %[used]"
		     : [data] "+r"(data), [used] "+r"(used)
		     : [most] "i"(DATA));
	return data;
}

/* Appends the string at user address `at`; returns as read_value(). */
static __always_inline u16 read_string(struct scratch *s, u64 at, u16 *kept)
{
	u64 used = s->used;
	u16 cut = 0;
	long len;

	if (used > DATA)
		return USDT_TYPE_CUT;
	/* Room for the NUL, and for one byte more than is sent, to see whether it is cut. */
	len = read_user_str(free_data(s, used), string_max + 2, at);
	if (len <= 0)
		return USDT_TYPE_FAULT;
	len--;
	if (len > string_max) {
		len = string_max;
		cut = USDT_TYPE_CUT;
	}
	s->used = used + len;
	*kept = len;
	return cut;
}

static __always_inline void read_args(struct pt_regs *ctx, const struct usdt_site *site,
				      struct scratch *s)
{
	struct usdt_event *e = &s->event;
	u16 type, how;
	u64 value;
	u32 i;

	for (i = 0; i < USDT_ARGS; i++) {
		if (i >= site->arg_count)
			break;
		type = site->args[i].type;
		how = read_value(ctx, site, &site->args[i], &value, false);
		if (type & USDT_TYPE_STRING && !how)
			how = read_string(s, address(value, site->is_32bit), &e->lens[i]);
		if (how & USDT_TYPE_FAULT)
			e->rec.flags |= SNOOP_FLAG_FAULTED;
		if (how & USDT_TYPE_CUT)
			e->rec.flags |= SNOOP_FLAG_TRUNCATED;
		e->args[i] = value;
		e->types[i] = type | how;
	}
}

#endif /* __USDTSNOOP_ARGS_BPF_H__ */
