// SPDX-License-Identifier: BSD-2-Clause
// The columns that all event tools have: when an event happened, and which task did it. A tool's row
// derives from TaskRow, and its own columns follow these.
//     struct Row : snoop::TaskRow { … };
//     add_time_columns<Row>(columns, session.options());
//     add_task_columns<Row>(columns);
#pragma once

#include "cli/options.hpp"
#include "containers/container_names.hpp"
#include "run/redacted_names.hpp"
#include "run/row_style.hpp"
#include "run/session.hpp"
#include "table/columns.hpp"
#include "table/times.hpp"
#include "table/values.hpp"

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace snoop {

constexpr auto no_id = static_cast<std::uint32_t>(SNOOP_NO_ID);
inline std::optional<std::uint32_t> id_of(std::uint32_t id) { return id == no_id ? std::nullopt : std::optional{id}; }

struct TaskRow {
    const snoop_record *rec = nullptr;
    const snoop_task *task = nullptr;
    std::optional<std::string_view> user, login_user, cgroup; // looked up only if they are shown
    const CgroupPlace *place = nullptr;                       // likewise
    const ContainerInfo *container = nullptr;                 // likewise
    std::optional<std::vector<Ancestor>> ancestors{};         // likewise
    std::int64_t wall_offset_ns = 0;
    std::uint64_t start_ns = 0;
    std::shared_ptr<const RedactedNames> redacted{}; // with --redact, what the members above refer to

    TaskRow(const snoop_record &record, const snoop_task &who, std::optional<std::string_view> user_name,
            std::optional<std::string_view> cgroup_path, std::int64_t wall_offset)
        : rec(&record), task(&who), user(user_name), cgroup(cgroup_path), wall_offset_ns(wall_offset)
    {}
    TaskRow(Session &session, const snoop_record &record, const snoop_task &who)
        : rec(&record), task(&who), wall_offset_ns(session.wall_offset_ns()), start_ns(session.start_ns())
    {
        if (session.options().shows("user"))
            user = session.users().find(who.uid);
        if (session.options().shows("auid_user") && who.auid != no_id)
            login_user = session.users().find(who.auid);
        if (session.options().shows_ancestors())
            ancestors = session.ancestors().of(who.exec_id);
        if (session.shows_cgroup()) {
            cgroup = session.cgroups().find(who.cgroup_id);
            place = &session.places().of(who.cgroup_id, cgroup);
            if (session.shows_container())
                container = &session.containers().of(*place);
        }
        if (session.redactor())
            redacted = redact_names(*session.redactor(), *this);
    }

    // A tool whose rows can tell of failures has a tone() of its own.
    [[nodiscard]] Tone tone() const { return Tone::plain; }
    // Whether the record has this SNOOP_FLAG_… or flag of the tool.
    [[nodiscard]] bool has(unsigned flag) const { return (rec->flags & flag) != 0; }
    // A member of the place where the task runs, which its cgroup's path tells.
    template <class Text>
    [[nodiscard]] std::optional<std::string_view> in_place(std::optional<Text> CgroupPlace::*of) const
    {
        return place && place->*of ? std::optional<std::string_view>{*(place->*of)} : std::nullopt;
    }
    // A member of what is known of its container.
    [[nodiscard]] std::optional<std::string_view> in_container(std::optional<std::string> ContainerInfo::*of) const
    {
        return container && container->*of ? std::optional<std::string_view>{*(container->*of)} : std::nullopt;
    }
    // CONTAINER: the name, or what runtimes show of the id.
    [[nodiscard]] std::optional<std::string_view> container_text() const
    {
        const auto name = in_container(&ContainerInfo::name), id = in_place(&CgroupPlace::container_id);
        return name || !id || id->size() < 64 ? name : id->substr(0, 12);
    }
    [[nodiscard]] WallTime wall_time() const
    {
        return {static_cast<std::int64_t>(rec->ts_ns + static_cast<std::uint64_t>(wall_offset_ns))};
    }
    [[nodiscard]] Seconds since_start() const { return {static_cast<std::int64_t>(rec->ts_ns - start_ns)}; }
};

// The options with all the columns that add_task_columns() can add, for a schema.
inline CommonOptions options_with_all_columns()
{
    CommonOptions options;
    options.show_ancestors = true;
    return options;
}

// The id of a record, which is 0 if it is not known.
inline std::optional<ExecId> exec_id_of(std::uint64_t number)
{
    return number ? std::optional{ExecId{number}} : std::nullopt;
}

// JSON: time, ts_ns. Text: TIME with -T, TIME(s) with -t, UID with -U.
template <class Row> void add_time_columns(std::vector<Column<Row>> &columns, const CommonOptions &options)
{
    columns.push_back(json_only<Row>("time", "When it happened, in UTC.", [](const Row &r) { return r.wall_time(); }));
    columns.push_back(json_only<Row>(
        "ts_ns", "When it happened, in nanoseconds of the boot clock; of the monotonic clock before Linux 5.8.",
        [](const Row &r) { return r.rec->ts_ns; }));
    if (options.show_time)
        columns.push_back(text_only<Row>("TIME", 8, Align::left, [](const Row &r) { return r.wall_time(); }));
    if (options.show_timestamp)
        columns.push_back(text_only<Row>("TIME(s)", 8, Align::left, [](const Row &r) { return r.since_start(); }));
    if (options.show_uid)
        columns.push_back(text_only<Row>("UID", 6, Align::left, [](const Row &r) { return r.task->uid; }));
}

// Text: CONTAINER with --container-column. JSON: runtime container_id container_name image pod_uid pod_name
// pod_namespace unit slice, for tools that have no other `unit`.
template <class Row> void add_place_columns(std::vector<Column<Row>> &columns, const CommonOptions &options)
{
    if (options.show_container)
        columns.push_back(
            text_only<Row>("CONTAINER", 16, Align::left, [](const Row &r) { return r.container_text(); }));
    columns.push_back(json_only<Row>("runtime",
                                     "Runtime of the container, such as docker; null if neither the path of the cgroup "
                                     "nor a file of runc or crun tells, as outside of containers.",
                                     [](const Row &r) { return r.in_place(&CgroupPlace::runtime); }));
    columns.push_back(json_only<Row>("container_id",
                                     "Id of the container, or its name if it has no other; null if neither the path of "
                                     "the cgroup nor a file of runc or crun tells.",
                                     [](const Row &r) { return r.in_place(&CgroupPlace::container_id); }));
    columns.push_back(json_only<Row>("container_name",
                                     "Name of the container, from the files of its runtime; null if they do not tell.",
                                     [](const Row &r) { return r.in_container(&ContainerInfo::name); }));
    columns.push_back(json_only<Row>("image", "Image of the container; null like container_name.",
                                     [](const Row &r) { return r.in_container(&ContainerInfo::image); }));
    columns.push_back(json_only<Row>("pod_uid",
                                     "Id of the pod of Kubernetes or podman; null if the path of the cgroup does not "
                                     "tell.",
                                     [](const Row &r) { return r.in_place(&CgroupPlace::pod_uid); }));
    columns.push_back(json_only<Row>("pod_name", "Name of the pod of Kubernetes; null like container_name.",
                                     [](const Row &r) { return r.in_container(&ContainerInfo::pod_name); }));
    columns.push_back(json_only<Row>("pod_namespace", "Namespace of that pod in Kubernetes; null like container_name.",
                                     [](const Row &r) { return r.in_container(&ContainerInfo::pod_namespace); }));
    columns.push_back(json_only<Row>("unit",
                                     "Unit of systemd, such as cron.service; null if the path of the cgroup does not "
                                     "tell.",
                                     [](const Row &r) { return r.in_place(&CgroupPlace::unit); }));
    columns.push_back(json_only<Row>("slice",
                                     "Slice of systemd, such as system.slice, that the unit is in; null if the path of "
                                     "the cgroup does not tell.",
                                     [](const Row &r) { return r.in_place(&CgroupPlace::slice); }));
}

// Text: ANCESTORS with --ancestors. JSON: tid process ns_pid uid gid user auid auid_user session pcomm exec_id
// parent_exec_id ancestors cgroup_id cgroup. A tool that calls this alone declares pid, comm and ppid itself.
template <class Row> void add_task_columns(std::vector<Column<Row>> &columns, const CommonOptions &options)
{
    columns.push_back(json_only<Row>("tid", "Thread id.", [](const Row &r) { return r.task->tid; }));
    columns.push_back(json_only<Row>("process", "Name of the process: that of its first thread, at most 15 bytes.",
                                     [](const Row &r) { return text_of(r.task->process); }));
    columns.push_back(json_only<Row>("ns_pid", "Process id in the process's own pid namespace.",
                                     [](const Row &r) { return r.task->ns_pid; }));
    columns.push_back(json_only<Row>("uid", "Real user id.", [](const Row &r) { return r.task->uid; }));
    columns.push_back(json_only<Row>("gid", "Real group id.", [](const Row &r) { return r.task->gid; }));
    columns.push_back(
        json_only<Row>("user", "Name of that user, null if there is none.", [](const Row &r) { return r.user; }));
    columns.push_back(json_only<Row>("auid",
                                     "Id of the user who logged in, which su and sudo keep; null outside of logins, as "
                                     "in services, or if the kernel does not know it.",
                                     [](const Row &r) { return id_of(r.task->auid); }));
    columns.push_back(json_only<Row>("auid_user", "Name of that user, null if there is none.",
                                     [](const Row &r) { return r.login_user; }));
    columns.push_back(json_only<Row>("session", "Number of that login, as audit counts them; null like auid.",
                                     [](const Row &r) { return id_of(r.task->session); }));
    columns.push_back(json_only<Row>("pcomm", "Thread name of the parent, at most 15 bytes.",
                                     [](const Row &r) { return text_of(r.task->pcomm); }));
    columns.push_back(json_only<Row>("exec_id",
                                     "Id of the exec that started the program of the process, the same in all tools; "
                                     "of its nearest ancestor if the process never called exec. 16 hexadecimal "
                                     "digits; null for a thread of the kernel.",
                                     [](const Row &r) { return exec_id_of(r.task->exec_id); }));
    columns.push_back(json_only<Row>("parent_exec_id",
                                     "exec_id of the program of the nearest ancestor process that called exec, also "
                                     "if that has ended; null if there is none.",
                                     [](const Row &r) { return exec_id_of(r.task->parent_exec_id); }));
    if (options.shows_ancestors())
        columns.push_back(Column<Row>{
            "ANCESTORS", 32, Align::left, "ancestors",
            "Programs of the processes that it descends from, the nearest first, at most 16; null if they are not "
            "known.",
            [](const Row &r) {
                return r.ancestors;
            }}.only_with("--ancestors, or if --fields names it"));
    columns.push_back(json_only<Row>("cgroup_id", "Id of the cgroup (v2): the inode number of its directory.",
                                     [](const Row &r) { return r.task->cgroup_id; }));
    columns.push_back(json_only<Row>("cgroup", "Path of that cgroup below the mount point, null if it is not known.",
                                     [](const Row &r) { return r.cgroup; }));
}

// Text: PID COMM. JSON: pid, comm, ppid, and those of add_task_columns().
template <class Row> void add_process_columns(std::vector<Column<Row>> &columns, const CommonOptions &options)
{
    columns.push_back({"PID", 7, Align::left, "pid", "Process id.", [](const Row &r) { return r.task->pid; }});
    columns.push_back({"COMM", 16, Align::left, "comm", "Name of the thread, at most 15 bytes.",
                       [](const Row &r) { return text_of(r.task->comm); }});
    columns.push_back(json_only<Row>("ppid", "Process id of the parent.", [](const Row &r) { return r.task->ppid; }));
    add_task_columns(columns, options);
}

} // namespace snoop
