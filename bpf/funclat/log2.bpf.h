/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Slots of a histogram. */
#ifndef __LOG2_BPF_H__
#define __LOG2_BPF_H__

#include "vmlinux.h"

/* Returns the highest bit set, 0 for 0: slot n counts the values 2^n to 2^(n+1)-1. */
static __always_inline u32 log2_slot(u64 value)
{
	u32 slot = 0;

	if (value >> 32) {
		value >>= 32;
		slot += 32;
	}
	if (value >> 16) {
		value >>= 16;
		slot += 16;
	}
	if (value >> 8) {
		value >>= 8;
		slot += 8;
	}
	if (value >> 4) {
		value >>= 4;
		slot += 4;
	}
	if (value >> 2) {
		value >>= 2;
		slot += 2;
	}
	return slot + (value >> 1);
}

/* Returns the slot of a value: each of 0 to 7 has one, and each power of two from 8 on has eight.
 * The last is 495. */
static __always_inline u32 eighth_slot(u64 value)
{
	u32 power;

	if (value < 8)
		return value;
	power = log2_slot(value);
	return (power - 2) * 8 + (value >> (power - 3) & 7);
}

#endif /* __LOG2_BPF_H__ */
