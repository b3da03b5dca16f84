/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the cases have in common. A case is compiled, never loaded. Its comment says what
 * btf_fields has to answer when it is compared with kernel.bpf.c: the lines behind "> ",
 * and the exit code behind "exit".
 */
#ifndef CASE_BPF_H
#define CASE_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CO_RE __attribute__((preserve_access_index))
#define PROGRAM(name, ctx) SEC("raw_tp/case") int name(ctx)

#endif /* CASE_BPF_H */
