/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included by all cases. A case is compiled, but never loaded. Its comment holds the output that
 * btf_fields must print when it compares the case with kernel.bpf.c, behind "> ", and the exit
 * code, behind "exit".
 */
#ifndef CASE_BPF_H
#define CASE_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CO_RE __attribute__((preserve_access_index))
#define PROGRAM(name, ctx) SEC("raw_tp/case") int name(ctx)

#endif /* CASE_BPF_H */
