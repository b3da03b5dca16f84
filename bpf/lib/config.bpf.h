/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Settings of everything in bpf/lib, which user space makes before the load. */
#ifndef __CONFIG_BPF_H__
#define __CONFIG_BPF_H__

#include "vmlinux.h"
#include <snoop/record.h>

const volatile struct snoop_config config = {};

#endif /* __CONFIG_BPF_H__ */
