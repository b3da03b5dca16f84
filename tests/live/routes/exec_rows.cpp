// SPDX-License-Identifier: BSD-2-Clause
#include "exec_rows.hpp"

#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {
namespace {

Json any_row(const Ended &done, const Exec &exec)
{
    const auto &args = exec.argv;

    return {{"event", "exec"},
            {"pid", done.pid},
            {"tid", done.pid},
            {"old_tid", done.pid},
            {"ns_pid", done.pid},
            {"ppid", getpid()},
            {"uid", 0},
            {"gid", 0},
            {"filename", exec.path},
            {"resolved", nullptr},
            {"interp", nullptr},
            {"args", args},
            {"args_bytes", bytes_of(args)},
            {"truncated", false},
            {"faulted", false},
            {"cwd", std::filesystem::current_path().string()}};
}

Ended ended_with(int status, const Ended &done)
{
    if (done.status != status)
        throw std::runtime_error(fmt::format("the child ended with status {:#x}, not {:#x}", done.status, status));
    return done;
}

} // namespace

Json exec_row(const Ended &done, const Exec &exec, const Json &more)
{
    Json row = any_row(done, exec);

    row["ret"] = 0;
    row["errno"] = nullptr;
    row["abi"] = nullptr; // of a success the registers are gone
    row["comm"] = exec.path.substr(exec.path.rfind('/') + 1).substr(0, 15);
    row.update(ending(done.status));
    row.update(more);
    return row;
}

Json failure_row(const Ended &done, const Exec &exec, int err, const Json &more)
{
    Json row = any_row(done, exec);

    row["ret"] = -err;
    row["errno"] = strerrorname_np(err);
    row["abi"] = 64;
    row["comm"] = caller_comm;
    row["exit_code"] = row["signal"] = nullptr; // nothing has ended
    row.update(more);
    return row;
}

Json ending(int status)
{
    return {{"exit_code", WIFEXITED(status) ? Json(WEXITSTATUS(status)) : Json()},
            {"signal", WIFSIGNALED(status) ? Json(std::string{"SIG"} + sigabbrev_np(WTERMSIG(status))) : Json()}};
}

std::size_t bytes_of(const std::vector<std::string> &args)
{
    return std::accumulate(args.begin(), args.end(), std::size_t{0},
                           [](std::size_t sum, const std::string &arg) { return sum + arg.size() + 1; });
}

Ended by_execve(const Exec &exec, int status, const std::function<void()> &before)
{
    return ended_with(status, in_child([&] {
                          if (before)
                              before();
                          prctl(PR_SET_NAME, caller_comm);
                          exec_now(exec);
                      }));
}

Ended by_call(const std::function<int()> &call, int status)
{
    return ended_with(status, in_child([&] {
                          prctl(PR_SET_NAME, caller_comm);
                          _exit(call());
                      }));
}

Ended failing(const std::function<int()> &call, int err) { return by_call(call, W_EXITCODE(err, 0)); }

} // namespace snoop::test
