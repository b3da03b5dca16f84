// SPDX-License-Identifier: BSD-2-Clause
// Which of an object's programs load beside those that the tool chose. Their names say it:
//     load_descendant_programs(object, has_command);   // descendants_X
//     load_backups(object, config);                    // X_backup, cleanup_X
#pragma once

struct bpf_object;
struct snoop_config;

namespace snoop {

// Loads the programs descendants_X, which follow the processes of `-- CMD`
// (bpf/lib/descendants.bpf.h), or does not.
void load_descendant_programs(bpf_object *object, bool has_command);

// If the kernel may preempt programs, loads the backup program X_backup with each X that loads
// (bpf/lib/backup.bpf.h), cleanup_X with on_X_backup, and creates the maps named X_claimed.
void load_backups(bpf_object *object, snoop_config &config);

} // namespace snoop
