// SPDX-License-Identifier: BSD-2-Clause
// The command of `-- CMD ARGS…`, held before its exec until the programs are attached, so that they
// miss nothing of it.
//     Command command{words};
//     … attach the programs …
//     command.go();
#pragma once

#include "base/fd.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace snoop {

class Command {
public:
    // Forks. Under sudo the command runs as the user who called sudo, with that user's groups and
    // HOME. Throws Error (exit 1) if it cannot fork.
    explicit Command(const std::vector<std::string> &words);
    // Sends the command SIGTERM if it still runs, and waits for it.
    ~Command();
    Command(const Command &) = delete;
    Command &operator=(const Command &) = delete;

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    // A descriptor that is readable once the command has ended.
    [[nodiscard]] int ended_fd() const noexcept { return pidfd_.get(); }

    // Lets the command exec. Throws Error (exit 2) if it cannot be executed.
    void go();

    // "exited with 3", "was killed by SIGSEGV"; no value while it runs.
    std::optional<std::string> how_it_ended();

private:
    std::string name_;
    pid_t pid_ = -1;
    bool reaped_ = false;
    Fd gate_, failure_, pidfd_;
};

} // namespace snoop
