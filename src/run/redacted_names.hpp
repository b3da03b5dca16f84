// SPDX-License-Identifier: BSD-2-Clause
// --redact in what all events have: the names of tasks and of their ancestors, and those of cgroups and containers.
//     redact(redactor, event.task);
#pragma once

#include "base/cgroup_path.hpp"
#include "base/redact.hpp"
#include "containers/container_names.hpp"
#include <snoop/lineage.h>
#include <snoop/record.h>

#include <memory>
#include <optional>
#include <string>

namespace snoop {

struct TaskRow;

void redact(const Redactor &redactor, snoop_task &task);
void redact(const Redactor &redactor, snoop_lineage &lineage);
void redact(const Redactor &redactor, ContainerInfo &info);

// The names that a row shows in place of those that it was made with.
struct RedactedNames {
    std::optional<std::string> user, login_user, cgroup;
    CgroupPlace place;
    ContainerInfo container;
};
std::shared_ptr<const RedactedNames> redact_names(const Redactor &redactor, TaskRow &row);

} // namespace snoop
