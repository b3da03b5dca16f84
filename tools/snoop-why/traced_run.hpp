// SPDX-License-Identifier: BSD-2-Clause
// Runs a command under execsnoop and opensnoop, which follow it and its descendants alone.
//     TracedRun run{{"make"}};
//     run.go();
//     const RowsRead read = run.read_into(forest, say);
#pragma once

#include "base/fd.hpp"
#include "forest/forest.hpp"
#include "forest/row_file.hpp"
#include "run/command.hpp"

#include <array>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace snoop::snoop_why {

// A tool that follows a process. Its rows are in memory, since a full disk may be what is looked for.
class FollowingTool {
public:
    // Starts it. Throws Error (exit 1).
    FollowingTool(std::string tool, std::vector<std::string> options, pid_t followed);
    // Ends it.
    ~FollowingTool();
    FollowingTool(const FollowingTool &) = delete;
    FollowingTool &operator=(const FollowingTool &) = delete;

    // Throws Error, with the tool's message and exit code, if it ends before it traces.
    void wait_until_ready();
    // Throws Error (exit 1) if it fails.
    void stop();
    [[nodiscard]] RowsRead read_into(Forest &forest, const std::function<void(std::string_view)> &say) const;

private:
    void wait();
    [[nodiscard]] std::vector<std::string> messages() const;

    std::string tool_;
    Fd rows_, messages_, ready_;
    pid_t pid_ = -1;
    int status_ = 0;
};

class TracedRun {
public:
    // Waits until both tools trace. Throws Error: 127 if there is no such command, or the tools' own.
    explicit TracedRun(const std::vector<std::string> &words);

    // Returns after the command has ended. An error of its exec is kept.
    void go();
    [[nodiscard]] Command &command() noexcept { return command_; }
    // The command could not be executed; null if it could.
    [[nodiscard]] const std::exception_ptr &exec_error() const noexcept { return exec_error_; }
    // Rows and losses of both tools.
    [[nodiscard]] RowsRead read_into(Forest &forest, const std::function<void(std::string_view)> &say) const;

private:
    Command command_;
    FollowingTool execs_, opens_;
    std::exception_ptr exec_error_;
};

} // namespace snoop::snoop_why
