// SPDX-License-Identifier: BSD-2-Clause
// Waits for events, and for what ends a tool: a signal, a time, the end of the command, stdout closed.
//     Loop loop;
//     loop.watch_source(source.fd());
//     while (!loop.stopped()) { … loop.wait(timeout); }
#pragma once

#include "base/fd.hpp"

#include <chrono>
#include <functional>
#include <optional>

namespace snoop {

class Loop {
public:
    using Clock = std::chrono::steady_clock;

    // The signals are those that base/stop.hpp takes.
    Loop();

    void watch_source(int fd); // wakes wait(), edge-triggered
    void watch_keys(int fd);   // wakes wait() while it is readable
    bool watch_input(int fd);  // wakes wait() while it is readable; false if it always is
    // Has wait() call `answer` when the socket is readable, or writable again.
    void serve(int fd, std::function<void()> answer);
    void watch_command(int fd); // ends the loop when it is readable; a signal does so only stop::command_grace later
    void watch_stdout(int fd);  // ends the loop when no process reads the pipe any more
    void end_after(double seconds); // from now on

    void stop() noexcept { stopped_ = true; }

    // Waits for any of these, at most for `limit` if it is given.
    void wait(std::optional<std::chrono::milliseconds> limit);

    // True once anything has ended the loop.
    [[nodiscard]] bool stopped() const noexcept { return stopped_; }

private:
    bool add(int fd, unsigned events);
    void take(int fd);

    Fd epoll_;
    int signals_, source_ = -1, keys_ = -1, input_ = -1, served_ = -1;
    std::function<void()> answer_;
    bool has_command_ = false;
    std::optional<Clock::time_point> deadline_;
    bool stopped_ = false;
};

} // namespace snoop
