// SPDX-License-Identifier: BSD-2-Clause
// The signals that end a tool, SIGINT, SIGTERM and SIGHUP, and how long it may still wait after one. From the first
// signal on, a timer interrupts each blocking system call again and again, so that no call waits on.
//     while (write(fd, data, size) < 0 && errno == EINTR && !stop::overdue()) {}
#pragma once

#include <chrono>
#include <csignal>

namespace snoop::stop {

// After the first signal a traced command has so long to end, and what waits for output so long to go on.
constexpr std::chrono::milliseconds command_grace{500}, output_grace{600};

// Once, in main(): from here on a signal ends the tool at once, with one line. SIGINT and SIGTERM do so even if the
// tool was started with them ignored, as a shell script does for commands in the background; SIGHUP does not then
// (nohup). Writing beyond RLIMIT_FSIZE or into a closed pipe becomes an error. `tool` must be a literal.
void take_signals(const char *tool);

// Tracing begins: the first signal is only noted. A second one, later than 0.1 s after it, ends the tool at once.
void begin_tracing();

// The signal that was noted; 0: none.
[[nodiscard]] int signal() noexcept;
// A descriptor that is readable from then on.
[[nodiscard]] int signal_fd() noexcept;
// When it came, by the steady clock. Only with a signal.
[[nodiscard]] std::chrono::steady_clock::time_point signal_time() noexcept;
// How many signals have come, the first one included.
[[nodiscard]] unsigned count() noexcept;
// True once output_grace has passed after it: a call that is interrupted (EINTR) is not to be made again.
[[nodiscard]] bool overdue() noexcept;

// While probes are detached, which nothing interrupts, a second signal is only counted: it must not end the process,
// whose end would wait for the same.
void set_detaching(bool is_so) noexcept;

// The process of `-- CMD`, by a pidfd. It gets each signal that it has not got from the terminal; a second one kills
// it. -1: it has ended.
void set_command(int pidfd, pid_t pid) noexcept;

// Called when a second signal ends the tool: restores the terminal. Must be safe in a signal handler.
void set_last_step(void (*step)()) noexcept;

// Holds back all signals around a fork(), after which the child calls restore() before it executes a program: that
// has the signals as the tool had them when it was started.
class ForkGuard {
public:
    ForkGuard();
    ~ForkGuard();
    ForkGuard(const ForkGuard &) = delete;
    ForkGuard &operator=(const ForkGuard &) = delete;
    static void restore();

private:
    sigset_t before_{};
};

} // namespace snoop::stop
