// SPDX-License-Identifier: BSD-2-Clause
#include "base/stop.hpp"
#include "base/error.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace snoop::stop {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds tick{50};
// Signals that come this soon after the first one are taken for the same one.
constexpr milliseconds same_signal{100};

// SIGINT, SIGTERM and SIGHUP end the tool, the others are errors of write().
constexpr std::array changed{SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ};

struct State {
    const char *tool = "";
    std::array<struct sigaction, changed.size()> before{};
    sigset_t mask_before{};
    timer_t timer{};
    int fd = -1;
    bool is_taken = false;

    std::atomic<bool> is_tracing{false};
    std::atomic<bool> is_detaching{false};
    std::atomic<unsigned> count{0};
    std::atomic<int> signal{0};
    std::atomic<std::int64_t> signal_ns{0};
    std::atomic<int> command_fd{-1};
    std::atomic<pid_t> command_pid{-1};
    std::atomic<void (*)()> last_step{nullptr};
};
State state; // what signal handlers can reach

std::int64_t now_ns()
{
    timespec now{};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

void send_to_command(int signal)
{
    if (const int fd = state.command_fd; fd >= 0)
        syscall(SYS_pidfd_send_signal, fd, signal, nullptr, 0);
}

void say(const char *text)
{
    std::array<char, 128> line{};
    std::size_t size = 0;

    for (const char *part : {state.tool, ": ", text, "\n"})
        for (; *part && size < line.size(); part++)
            line[size++] = *part;
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    if (poll(&ready, 1, 0) == 1) {
        [[maybe_unused]] const ssize_t n = write(STDERR_FILENO, line.data(), size);
    }
}

const char *name_of(int signal) { return signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : "SIGHUP"; }

[[noreturn]] void end_before_tracing(int signal)
{
    std::array<char, 32> text{"ended by "};

    std::strcat(text.data(), name_of(signal));
    say(text.data());
    _exit(state.command_fd >= 0 ? 128 + signal : exit_ok);
}

[[noreturn]] void end_at_once()
{
    send_to_command(SIGKILL);
    if (void (*const step)() = state.last_step)
        step();
    say("ended by a second signal; what was not written yet is lost");
    _exit(state.command_fd >= 0 ? 128 + SIGKILL : exit_runtime);
}

void start_timer()
{
    const timespec period{0, nanoseconds{tick}.count()};
    const itimerspec times{period, period};

    timer_settime(state.timer, 0, &times, nullptr);
}

void on_signal(int signal, siginfo_t *info, void *)
{
    const int err = errno;
    const std::int64_t now = now_ns();
    const std::uint64_t one = 1;

    if (!state.is_tracing)
        end_before_tracing(signal);
    state.count++;
    if (state.signal != 0) {
        if (state.is_detaching)
            return;
        if (now - state.signal_ns >= nanoseconds{same_signal}.count())
            end_at_once();
        return;
    }
    state.signal_ns = now;
    state.signal = signal;
    start_timer();
    [[maybe_unused]] const ssize_t n = write(state.fd, &one, sizeof(one));
    // The terminal sends its signals to the whole process group.
    if (info->si_code != SI_KERNEL || getpgid(state.command_pid) != getpgrp())
        send_to_command(signal);
    errno = err;
}

// A handler without SA_RESTART interrupts the call that the process is in.
void handle(int signal, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action {};

    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    sigfillset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
}

} // namespace

void take_signals(const char *tool)
{
    sigset_t ending;
    sigevent event{};

    if (state.is_taken)
        return;
    state.is_taken = true;
    state.tool = tool;
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGRTMIN;
    state.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (state.fd < 0 || timer_create(CLOCK_MONOTONIC, &event, &state.timer) != 0)
        throw Error{exit_runtime, "cannot wait for signals: {}", describe_errno(errno)};
    handle(SIGRTMIN, [](int, siginfo_t *, void *) {});

    sigemptyset(&ending);
    sigaddset(&ending, SIGRTMIN);
    for (std::size_t i = 0; i < changed.size(); i++) {
        sigaction(changed[i], nullptr, &state.before[i]);
        if (changed[i] == SIGPIPE || changed[i] == SIGXFSZ) {
            ::signal(changed[i], SIG_IGN);
        } else if (changed[i] != SIGHUP || state.before[i].sa_handler != SIG_IGN) {
            handle(changed[i], on_signal);
            sigaddset(&ending, changed[i]);
        }
    }
    sigprocmask(SIG_UNBLOCK, &ending, &state.mask_before);
}

void begin_tracing() { state.is_tracing = true; }

int signal() noexcept { return state.signal; }
unsigned count() noexcept { return state.count; }
int signal_fd() noexcept { return state.fd; }

std::chrono::steady_clock::time_point signal_time() noexcept
{
    return std::chrono::steady_clock::time_point{nanoseconds{state.signal_ns.load()}};
}

bool overdue() noexcept { return state.signal != 0 && now_ns() - state.signal_ns >= nanoseconds{output_grace}.count(); }

void set_detaching(bool is_so) noexcept { state.is_detaching = is_so; }

void set_command(int pidfd, pid_t pid) noexcept
{
    state.command_pid = pid;
    state.command_fd = pidfd;
}

void set_last_step(void (*step)()) noexcept { state.last_step = step; }

ForkGuard::ForkGuard()
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before_);
}

ForkGuard::~ForkGuard() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

void ForkGuard::restore()
{
    if (!state.is_taken)
        return;
    for (std::size_t i = 0; i < changed.size(); i++)
        sigaction(changed[i], &state.before[i], nullptr);
    ::signal(SIGRTMIN, SIG_DFL);
    sigprocmask(SIG_SETMASK, &state.mask_before, nullptr);
}

} // namespace snoop::stop
