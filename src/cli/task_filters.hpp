// SPDX-License-Identifier: BSD-2-Clause
// The filters by task that tools share, a row each. A further one takes a row here, and in the programs a
// member of snoop_config, a map and a check (bpf/lib/filter.bpf.h).
//     for (std::size_t i = 0; i < task_filters.size(); i++)
//         config.*task_filters[i].use = use_of(options.filters[i]);
#pragma once

#include "base/condition.hpp"
#include "cli/option.hpp"
#include <snoop/record.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

// A value of a filter as its map holds it: a number in the first bytes, or a name; then zeros.
using FilterKey = std::array<char, SNOOP_COMM_LEN>;

FilterKey filter_key(std::uint32_t number);
FilterKey filter_key(std::string_view name);
std::uint32_t number_of(const FilterKey &key);

// Whether some value must match, and whether some must not: SNOOP_FILTER_*, 0 without values.
template <class T> __u8 use_of(const std::vector<Condition<T>> &values)
{
    return static_cast<__u8>((has_positive(values) ? SNOOP_FILTER_ONLY : 0) |
                             (has_negative(values) ? SNOOP_FILTER_NOT : 0));
}

// The key of a name in a record, which may end without a NUL.
FilterKey name_key(const char (&name)[SNOOP_COMM_LEN]);

// The subject of a filter: a task, and how its call ended.
struct FilterSubject {
    const snoop_task &task;
    std::uint32_t error = 0; // positive as in errno; 0: it succeeded, or has no result
};

struct TaskFilter {
    const char *names; // of the option: "-p,--pid"
    const char *value, *help, *manual = "";
    Complete completes = Complete::nothing;
    FilterKey (*parse)(std::string_view option, const std::string &text); // throws Error (exit 2)

    const char *map;
    __u8 snoop_config::*use; // SNOOP_FILTER_*

    bool (*matches)(const FilterKey &key, const FilterSubject &subject);
    bool (*matches_root)(const FilterKey &key) = [](const FilterKey &) { return false; }; // all of its tasks
    bool is_of_result = false; // only for tools whose events have one

    // "--pid"
    [[nodiscard]] constexpr const char *option() const { return names + std::string_view{names}.find("--"); }
};

namespace detail {

FilterKey parse_uid_key(std::string_view option, const std::string &text);
FilterKey parse_pid_key(std::string_view option, const std::string &text);
FilterKey parse_tid_key(std::string_view option, const std::string &text);
FilterKey parse_comm_key(std::string_view option, const std::string &text);
FilterKey parse_errno_key(std::string_view option, const std::string &text);

} // namespace detail

inline constexpr std::array task_filters{
    TaskFilter{.names = "-u,--uid",
               .value = "USER",
               .help = "Only this user, by name or number",
               .completes = Complete::user,
               .parse = detail::parse_uid_key,
               .map = "uid_filter",
               .use = &snoop_config::filter_uid,
               .matches = [](const FilterKey &key, const FilterSubject &s) { return number_of(key) == s.task.uid; },
               .matches_root = [](const FilterKey &key) { return number_of(key) == 0; }},
    TaskFilter{.names = "-p,--pid",
               .value = "PID",
               .help = "Only this process",
               .completes = Complete::process,
               .parse = detail::parse_pid_key,
               .map = "pid_filter",
               .use = &snoop_config::filter_pid,
               .matches = [](const FilterKey &key, const FilterSubject &s) { return number_of(key) == s.task.pid; }},
    TaskFilter{.names = "--tid",
               .value = "TID",
               .help = "Only this thread",
               .parse = detail::parse_tid_key,
               .map = "tid_filter",
               .use = &snoop_config::filter_tid,
               .matches = [](const FilterKey &key, const FilterSubject &s) { return number_of(key) == s.task.tid; }},
    TaskFilter{.names = "-P,--ppid",
               .value = "PID",
               .help = "Only children of this process",
               .completes = Complete::process,
               .parse = detail::parse_pid_key,
               .map = "ppid_filter",
               .use = &snoop_config::filter_ppid,
               .matches = [](const FilterKey &key, const FilterSubject &s) { return number_of(key) == s.task.ppid; }},
    TaskFilter{.names = "-n,--comm",
               .value = "NAME",
               .help = "Only threads or processes with exactly this name",
               .manual = "Only threads whose own name, or the name of whose process, is NAME. The kernel keeps 15 "
                         "bytes of a name; NAME must match all of it.",
               .completes = Complete::comm,
               .parse = detail::parse_comm_key,
               .map = "comm_filter",
               .use = &snoop_config::filter_comm,
               .matches =
                   [](const FilterKey &key, const FilterSubject &s) {
                       return key == name_key(s.task.comm) || key == name_key(s.task.process);
                   }},
    TaskFilter{.names = "--errno",
               .value = "ERROR",
               .help = "Only attempts that failed with this error, such as ENOENT",
               .manual = "Only attempts that ended with this error: a name such as `ENOENT`, in any case, or a number. "
                         "0 is success.",
               .parse = detail::parse_errno_key,
               .map = "errno_filter",
               .use = &snoop_config::filter_errno,
               .matches = [](const FilterKey &key, const FilterSubject &s) { return number_of(key) == s.error; },
               .is_of_result = true},
};

} // namespace snoop
