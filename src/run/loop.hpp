// SPDX-License-Identifier: BSD-2-Clause
// Waits for whatever ends or feeds a tool: a signal, the time, the end of the command,
// the pipe's reader leaving, and the event source.
//     Loop loop;
//     loop.watch(source.fd());
//     while (!loop.stopped()) { … loop.wait(timeout); }
#pragma once

#include "base/fd.hpp"

#include <chrono>
#include <optional>

namespace snoop {

class Loop {
public:
    using Clock = std::chrono::steady_clock;

    // Blocks SIGINT, SIGTERM and SIGHUP (unless it is ignored, as under nohup) for
    // this process and takes them from a signalfd.
    Loop();

    void watch_source(int fd);      // wakes wait(), edge-triggered
    void watch_keys(int fd);        // wakes wait() while it is readable
    void watch_child(int fd);       // ends the loop when readable
    void watch_reader(int out_fd);  // ends the loop when nobody reads the pipe any more
    void end_after(double seconds); // from now on

    void stop() noexcept { stopped_ = true; }

    // Waits for any of these, for at most `limit`; without one, for as long as it takes.
    void wait(std::optional<std::chrono::milliseconds> limit);

    // Has a signal, the time, the command's end or the reader's leaving ended it?
    [[nodiscard]] bool stopped() const noexcept { return stopped_; }

private:
    bool add(int fd, unsigned events);

    Fd epoll_, signals_;
    int source_ = -1, keys_ = -1;
    std::optional<Clock::time_point> deadline_;
    bool stopped_ = false;
};

} // namespace snoop
