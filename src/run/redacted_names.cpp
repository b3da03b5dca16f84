// SPDX-License-Identifier: BSD-2-Clause
#include "run/redacted_names.hpp"
#include "run/task_columns.hpp"

namespace snoop {
namespace {

void redact(const Redactor &redactor, std::optional<std::string> &text)
{
    if (text)
        *text = redactor.text(*text);
}

// Has the row show a copy.
void redact(const Redactor &redactor, std::optional<std::string_view> &shown, std::optional<std::string> &copy)
{
    if (shown)
        shown = copy = redactor.text(*shown);
}

} // namespace

void redact(const Redactor &redactor, snoop_task &task)
{
    redactor.name(task.comm);
    redactor.name(task.pcomm);
    redactor.name(task.process);
}

void redact(const Redactor &redactor, snoop_lineage &lineage)
{
    redactor.name(lineage.self.comm);
    for (snoop_program &ancestor : lineage.ancestors)
        redactor.name(ancestor.comm);
}

void redact(const Redactor &redactor, ContainerInfo &info)
{
    for (auto *text : {&info.name, &info.image, &info.pod_name, &info.pod_namespace})
        redact(redactor, *text);
}

std::shared_ptr<const RedactedNames> redact_names(const Redactor &redactor, TaskRow &row)
{
    auto names = std::make_shared<RedactedNames>();

    redact(redactor, row.user, names->user);
    redact(redactor, row.login_user, names->login_user);
    redact(redactor, row.cgroup, names->cgroup);
    if (row.place) {
        names->place = *row.place;
        for (auto *text : {&names->place.container_id, &names->place.pod_uid, &names->place.unit, &names->place.slice})
            redact(redactor, *text);
        row.place = &names->place;
    }
    if (row.container) {
        names->container = *row.container;
        redact(redactor, names->container);
        row.container = &names->container;
    }
    return names;
}

} // namespace snoop
