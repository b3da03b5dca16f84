// SPDX-License-Identifier: BSD-2-Clause
// Shared by execsnoop's live tests: a program to execute, and its row.
//     ToolRun tool{"execsnoop", json()};
//     const Json row = row_of(tool, {"argument"});
#pragma once

#include "exec_ways.hpp"
#include "fixtures.hpp"
#include "hooks.hpp"
#include "load.hpp"
#include "tool_run.hpp"

#include <gmock/gmock.h>

#include <fmt/format.h>
#include <numeric>
#include <sys/prctl.h>
#include <unistd.h>

namespace snoop::test {

inline std::string text_row(std::string_view comm, pid_t pid, pid_t ppid, int ret, std::string_view args)
{
    return fmt::format("{:<16} {:<7} {:<7} {:<4} {}", comm, pid, ppid, ret, args);
}

inline std::string own_comm()
{
    char name[16]{};
    prctl(PR_GET_NAME, name);
    return name;
}

inline std::string working_directory()
{
    char *path = getcwd(nullptr, 0);
    const std::string text = path;
    free(path);
    return text;
}

// The JSON row of an exec by a child of this test with the members in `own`, without those that
// without_moment() removes.
inline Json expected_row(pid_t pid, const Json &own)
{
    Json row{{"event", "exec"},
             {"pid", pid},
             {"tid", pid},
             {"old_tid", pid},
             {"ns_pid", pid},
             {"ppid", getpid()},
             {"pcomm", own_comm()},
             {"uid", 0},
             {"gid", 0},
             {"user", "root"},
             {"interp", nullptr},
             {"resolved", nullptr},
             {"exe_dev", nullptr},
             {"exe_ino", nullptr},
             {"truncated", false},
             {"faulted", false},
             {"cwd", working_directory()}};
    row.update(own);
    return row;
}

// The row without its time, process and cgroup, and without who it was, which other tests check.
inline Json without_moment(Json row)
{
    for (const char *key :
         {"time",           "ts_ns",      "process", "cgroup_id", "cgroup",        "runtime", "container_id",
          "container_name", "image",      "pod_uid", "pod_name",  "pod_namespace", "unit",    "slice",
          "auid",           "auid_user",  "session", "tty",       "euid",          "egid",    "user_ns",
          "ns_uid",         "privileges", "memfd",   "deleted",   "upper",         "exec_id", "parent_exec_id"})
        row.erase(key);
    return row;
}

// The size of an argument vector in bytes, with the NUL of each string.
inline std::size_t bytes_of(const Args &args)
{
    return std::accumulate(args.begin(), args.end(), std::size_t{0},
                           [](std::size_t sum, const std::string &arg) { return sum + arg.size() + 1; });
}

class Execsnoop : public testing::Test {
protected:
    // Options that show only children of the test, and more.
    static Args of_children(const Args &more = {})
    {
        Args args{"-P", std::to_string(getpid())};
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }
    static Args json(const Args &more = {})
    {
        Args args = of_children({"-o", "json"});
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }
    // Executes a program with these arguments, and returns its row.
    Json row_of(ToolRun &tool, const Args &args, Ended *ended = nullptr) const
    {
        const std::string mark = marker();
        Args argv{"prog", mark};
        argv.insert(argv.end(), args.begin(), args.end());
        const Ended done = run({.path = program, .argv = argv});
        EXPECT_EQ(done.status, 0);
        if (ended)
            *ended = done;
        return tool.row_with(mark);
    }

    TempDir dir;
    const std::string program = dir.program("prog");
};

} // namespace snoop::test
