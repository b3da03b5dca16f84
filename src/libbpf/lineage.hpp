// SPDX-License-Identifier: BSD-2-Clause
// The programs that keep the lineage of processes (bpf/lib/lineage_hooks.bpf.h).
//     load_lineage(object, config);   // before the load
//     run_lineage_pass(object, log);  // after the programs are attached
#pragma once

#include "libbpf/log.hpp"

struct bpf_object;
struct snoop_config;

namespace snoop {

// Loads the programs lineage_X and creates their maps, if the config says so.
void load_lineage(bpf_object *object, const snoop_config &config);

// Adds the processes that are older than the tool, where the kernel has iterators (5.8). Failing that, a process is
// added at its first event; an orphan then has the ancestors of its new parent.
void run_lineage_pass(bpf_object *object, const Log &log);

} // namespace snoop
