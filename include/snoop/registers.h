/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How user space names a register of a traced program: by its offset in struct pt_regs. */
#ifndef SNOOP_REGISTERS_H
#define SNOOP_REGISTERS_H

enum {
	SNOOP_NO_REGISTER = 0xffff
};

#endif /* SNOOP_REGISTERS_H */
