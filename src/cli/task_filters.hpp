// SPDX-License-Identifier: BSD-2-Clause
// The filters by task that tools share, a row each. A further one takes a row here, and in the programs a
// member of snoop_config, a map and a check (bpf/lib/filter.bpf.h).
//     for (std::size_t i = 0; i < task_filters.size(); i++)
//         config.*task_filters[i].in_use = !options.filters[i].empty();
#pragma once

#include "cli/option.hpp"
#include <snoop/record.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace snoop {

// A value of a filter as its map holds it: a number in the first bytes, or a name; then zeros.
using FilterKey = std::array<char, SNOOP_COMM_LEN>;

FilterKey filter_key(std::uint32_t number);
FilterKey filter_key(std::string_view name);
std::uint32_t number_of(const FilterKey &key);

// The key of a name in a record, which may end without a NUL.
FilterKey name_key(const char (&name)[SNOOP_COMM_LEN]);

struct TaskFilter {
    const char *names; // of the option: "-p,--pid"
    const char *value, *help, *manual;
    Complete completes;
    FilterKey (*parse)(std::string_view option, const std::string &text); // throws Error (exit 2)

    const char *map;
    __u8 snoop_config::*in_use;

    bool (*matches)(const FilterKey &key, const snoop_task &task);
    bool (*admits_root)(const FilterKey &key); // under any name, with any id, in any cgroup

    // "--pid"
    [[nodiscard]] constexpr const char *option() const { return names + std::string_view{names}.find("--"); }
};

namespace detail {

FilterKey parse_uid_key(std::string_view option, const std::string &text);
FilterKey parse_pid_key(std::string_view option, const std::string &text);
FilterKey parse_comm_key(std::string_view option, const std::string &text);

} // namespace detail

inline constexpr std::array task_filters{
    TaskFilter{"-u,--uid", "USER", "Only this user, by name or number", "", Complete::user, detail::parse_uid_key,
               "uid_filter", &snoop_config::filter_uid,
               [](const FilterKey &key, const snoop_task &task) { return number_of(key) == task.uid; },
               [](const FilterKey &key) { return number_of(key) == 0; }},
    TaskFilter{"-p,--pid", "PID", "Only this process", "", Complete::process, detail::parse_pid_key, "pid_filter",
               &snoop_config::filter_pid,
               [](const FilterKey &key, const snoop_task &task) { return number_of(key) == task.pid; },
               [](const FilterKey &) { return false; }},
    TaskFilter{"-P,--ppid", "PID", "Only children of this process", "", Complete::process, detail::parse_pid_key,
               "ppid_filter", &snoop_config::filter_ppid,
               [](const FilterKey &key, const snoop_task &task) { return number_of(key) == task.ppid; },
               [](const FilterKey &) { return false; }},
    TaskFilter{"-n,--comm", "NAME", "Only threads or processes with exactly this name",
               "Only threads whose own name, or the name of whose process, is NAME. The kernel keeps 15 bytes of a "
               "name; NAME must match all of it.",
               Complete::comm, detail::parse_comm_key, "comm_filter", &snoop_config::filter_comm,
               [](const FilterKey &key, const snoop_task &task) {
                   return key == name_key(task.comm) || key == name_key(task.process);
               },
               [](const FilterKey &) { return false; }},
};

} // namespace snoop
