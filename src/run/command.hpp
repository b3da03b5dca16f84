// SPDX-License-Identifier: BSD-2-Clause
// The command of `-- CMD ARGS…`, held before its exec until the programs are attached, so that they
// miss nothing of it.
//     Command command{words};
//     … attach the programs …
//     command.expect_ready();
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
    // HOME. Signals are passed on to it (base/stop.hpp). Throws Error (exit 1) if it cannot fork.
    explicit Command(const std::vector<std::string> &words);
    // A command that was let go runs on.
    ~Command();
    Command(const Command &) = delete;
    Command &operator=(const Command &) = delete;

    [[nodiscard]] const std::string &name() const noexcept { return words_.front(); }
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    // A descriptor that is readable once the command has ended.
    [[nodiscard]] int ended_fd() const noexcept { return pidfd_.get(); }

    // Waits until it has found its program. Throws Error: exit 127 if there is none, 126 if it cannot
    // become the user who called sudo.
    void expect_ready();
    // Lets it exec. Throws Error (exit 126, 127) if it cannot.
    void go();

    // "make exited with 3", "make was killed by SIGSEGV", "make (pid 42) continues untraced".
    std::string state();
    bool has_ended();
    // Waits until it has ended; after a signal, until stop::overdue().
    void wait();
    // Its exit code, or 128 + N if signal N killed it, or ended the tool before it.
    [[nodiscard]] int exit_code() const;

private:
    [[noreturn]] void fail(int err) const;
    [[nodiscard]] std::optional<int> next_report() const;

    std::vector<std::string> words_;
    pid_t pid_ = -1;
    std::optional<int> status_;
    Fd gate_, failure_, pidfd_;
};

} // namespace snoop
