// SPDX-License-Identifier: BSD-2-Clause
// Waits for events, and for what ends a tool: a signal, a time, the end of the command, stdout closed.
//     Loop loop;
//     loop.watch_source(source.fd());
//     while (!loop.stopped()) { … loop.wait(timeout); }
#pragma once

#include "base/fd.hpp"

#include <chrono>
#include <optional>

namespace snoop {

class Loop {
public:
    using Clock = std::chrono::steady_clock;

    // Blocks SIGINT, SIGTERM and SIGHUP in this process and reads them from a signalfd, except those that
    // are ignored (under nohup, for one).
    Loop();

    void watch_source(int fd);      // wakes wait(), edge-triggered
    void watch_keys(int fd);        // wakes wait() while it is readable
    void watch_command(int fd);     // ends the loop when it is readable
    void watch_stdout(int fd);      // ends the loop when no process reads the pipe any more
    void end_after(double seconds); // from now on

    void stop() noexcept { stopped_ = true; }

    // Waits for any of these, at most for `limit` if it is given.
    void wait(std::optional<std::chrono::milliseconds> limit);

    // True once anything has ended the loop.
    [[nodiscard]] bool stopped() const noexcept { return stopped_; }

private:
    bool add(int fd, unsigned events);

    Fd epoll_, signals_;
    int source_ = -1, keys_ = -1;
    std::optional<Clock::time_point> deadline_;
    bool stopped_ = false;
};

} // namespace snoop
