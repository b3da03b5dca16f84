/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Settings for the code in bpf/lib. User space sets them before the load. */
#ifndef __CONFIG_BPF_H__
#define __CONFIG_BPF_H__

#include "vmlinux.h"
#include <snoop/record.h>

const volatile struct snoop_config config = {};

#endif /* __CONFIG_BPF_H__ */
