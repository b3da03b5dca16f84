// SPDX-License-Identifier: BSD-2-Clause
// Attaches programs to tracepoints that their section names do not name.
//     links.push_back(attach_tracepoint(log, program, "syscalls", "sys_exit_execveat"));
#pragma once

#include "libbpf/link.hpp"
#include "libbpf/log.hpp"

namespace snoop {

// Throws Error if the kernel refuses.
Link attach_tracepoint(const Log &log, bpf_program *program, const char *category, const char *name);

// Returns an empty link if the kernel has no such tracepoint.
Link attach_raw_tracepoint(bpf_program *program, const char *name);

} // namespace snoop
