// SPDX-License-Identifier: BSD-2-Clause
// The command of `-- CMD ARGS…`: started, but held before its exec until the
// programs are attached, so that nothing of it is missed.
//     Command child{command};
//     … descendants map gets child.pid(), programs are attached …
//     child.go();
#pragma once

#include "base/fd.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace snoop {

class Command {
public:
    // Forks. Under sudo the command runs as the user who called sudo, with that
    // user's groups and HOME. Throws Error (exit 1) if there can be no process.
    explicit Command(const std::vector<std::string> &command);
    // Ends the command if it still runs (SIGTERM), and waits for it.
    ~Command();
    Command(const Command &) = delete;
    Command &operator=(const Command &) = delete;

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    // Readable when the command has ended.
    [[nodiscard]] int ended_fd() const noexcept { return pidfd_.get(); }

    // Lets it exec. Throws Error (exit 2) if it can't be executed.
    void go();

    // "exited with 3", "was killed by SIGSEGV"; nothing while it runs.
    std::optional<std::string> how_it_ended();

private:
    std::string name_;
    pid_t pid_ = -1;
    bool reaped_ = false;
    Fd gate_, failure_, pidfd_;
};

} // namespace snoop
