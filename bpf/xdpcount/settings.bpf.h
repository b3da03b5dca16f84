/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Settings of xdpcount's programs. User space makes them before the load. */
#ifndef __SETTINGS_BPF_H__
#define __SETTINGS_BPF_H__

#include "vmlinux.h"
#include <snoop/xdpcount.h>

const volatile struct packet_config packets = {};

#endif /* __SETTINGS_BPF_H__ */
