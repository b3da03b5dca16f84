// SPDX-License-Identifier: BSD-2-Clause
#include "run/command.hpp"
#include "base/accounts.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/search_path.hpp"
#include "base/stop.hpp"
#include "base/users.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace snoop {
namespace {

std::pair<Fd, Fd> make_pipe()
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        throw Error{exit_runtime, "cannot make a pipe: {}", describe_errno(errno)};
    return {Fd{ends[0]}, Fd{ends[1]}};
}

// Becomes the user who called sudo. Returns false, with errno, if that fails: then the command must
// not run, since it would have more privileges than its caller.
bool become(const std::optional<UserIds> &caller)
{
    if (!caller)
        return true;
    const auto user = find_account(caller->uid);
    if (!user) {
        errno = ESRCH;
        return false;
    }
    if (!take_groups(*user) || setgid(user->gid) != 0 || setuid(user->uid) != 0)
        return false;
    setenv("HOME", user->home.c_str(), 1);
    setenv("SHELL", user->shell.c_str(), 1);
    setenv("USER", user->name.c_str(), 1);
    setenv("LOGNAME", user->name.c_str(), 1);
    return true;
}

// The file that a shell would execute for this name; empty, with errno, if there is none. The search is over before
// tracing begins, so it is not traced.
std::string find_program(const std::string &name)
{
    const char *path = std::getenv("PATH");

    if (name.empty() || name.find('/') != name.npos)
        return name;
    return find_in_path(path ? path : "/usr/bin:/bin", name);
}

void report(int fd, int err) { [[maybe_unused]] const ssize_t n = write(fd, &err, sizeof(err)); }

// In the forked process: makes ready, says so with 0, waits at the gate, and reports a failed exec by its errno.
[[noreturn]] void run_command(int gate, int failure, const std::optional<UserIds> &caller, std::vector<char *> argv)
{
    char byte = 0;

    stop::ForkGuard::restore();
    if (!become(caller)) {
        report(failure, errno);
        _exit(exit_own_failure);
    }
    std::string file = find_program(argv[0]);
    report(failure, file.empty() ? errno : 0);
    // The gate is closed: the tool ended before it traced.
    if (file.empty() || read(gate, &byte, 1) != 1)
        _exit(0);
    execv(file.c_str(), argv.data());
    // As execvp() and shells do with a script that does not name its interpreter.
    if (errno == ENOEXEC) {
        argv[0] = file.data();
        argv.insert(argv.begin(), const_cast<char *>("sh"));
        execv("/bin/sh", argv.data());
        errno = ENOEXEC;
    }
    report(failure, errno);
    _exit(exit_not_found);
}

// A command line in one word, such as 'ls | wc -l'.
bool is_for_a_shell(const std::vector<std::string> &words)
{
    return words.size() == 1 && words[0].find_first_of(" \t\n|&;<>()$`*?") != std::string::npos;
}

} // namespace

Command::Command(const std::vector<std::string> &words) : words_(words)
{
    const auto caller = sudo_user();
    auto [gate_out, gate_in] = make_pipe();
    auto [failure_out, failure_in] = make_pipe();
    std::vector<char *> argv;
    for (const auto &word : words)
        argv.push_back(const_cast<char *>(word.c_str()));
    argv.push_back(nullptr);

    const stop::ForkGuard no_signals;
    pid_ = fork();
    if (pid_ < 0)
        throw Error{exit_runtime, "cannot start '{}': {}", name(), describe_errno(errno)};
    if (pid_ == 0) {
        gate_in.reset(); // else the gate never closes
        run_command(gate_out.get(), failure_in.get(), caller, argv);
    }
    gate_ = std::move(gate_in);
    failure_ = std::move(failure_out);
    pidfd_ = Fd{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))};
    if (!pidfd_)
        throw Error{exit_lacks, "cannot watch '{}': {}; `-- COMMAND` needs Linux 5.3", name(), describe_errno(errno)};
    stop::set_command(pidfd_.get(), pid_);
}

Command::~Command()
{
    stop::set_command(-1, -1);
    const bool is_held = static_cast<bool>(gate_);
    gate_.reset();
    if (pid_ > 0 && !status_ && is_held)
        while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
}

void Command::fail(int err) const
{
    std::string advice;

    if (is_for_a_shell(words_) && err == ENOENT) {
        Buffer quoted;
        append_quoted(quoted, words_[0]);
        advice =
            fmt::format("; for a line of shell, use `-- sh -c {}`", std::string_view{quoted.data(), quoted.size()});
    }
    throw Error{err == ENOENT ? exit_not_found : exit_not_executable, "cannot execute '{}': {}{}", name(),
                describe_errno(err), advice};
}

void Command::expect_ready()
{
    if (const int err = next_report().value_or(ECHILD); err != 0)
        fail(err);
}

// Reads what the forked process reports next: an errno, or nothing at its exec or end.
std::optional<int> Command::next_report() const
{
    int err = 0;
    ssize_t n = 0;

    do
        n = read(failure_.get(), &err, sizeof(err));
    while (n < 0 && errno == EINTR && stop::signal() == 0);
    return n == sizeof(err) ? std::optional{err} : std::nullopt;
}

void Command::go()
{
    const char byte = 1;

    const bool is_open = write(gate_.get(), &byte, 1) == 1;
    const int err = errno;
    gate_.reset();
    // A signal that ends the tool from now on is passed on, and may have ended the command at the gate.
    if (!is_open && stop::signal() != 0)
        return;
    if (!is_open)
        throw Error{exit_runtime, "cannot start '{}': {}", name(), describe_errno(err)};
    if (const auto failed = next_report())
        fail(*failed);
}

bool Command::has_ended()
{
    int status = 0;

    if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_) {
        status_ = status;
        stop::set_command(-1, -1);
    }
    return status_.has_value();
}

void Command::wait()
{
    pollfd ended{pidfd_.get(), POLLIN, 0};

    while (!has_ended() && !stop::overdue())
        poll(&ended, 1, -1);
}

std::string Command::state()
{
    if (has_ended())
        return WIFSIGNALED(*status_) ? fmt::format("{} was killed by {}", name(), signal_name(WTERMSIG(*status_)))
                                     : fmt::format("{} exited with {}", name(), WEXITSTATUS(*status_));
    if (stop::signal() != 0)
        return fmt::format("{} (pid {}) has not ended on {} and continues untraced", name(), pid_,
                           signal_name(stop::signal()));
    return fmt::format("{} (pid {}) continues untraced; Ctrl-C ends it", name(), pid_);
}

int Command::exit_code() const
{
    if (!status_)
        return 128 + stop::signal();
    return WIFSIGNALED(*status_) ? 128 + WTERMSIG(*status_) : WEXITSTATUS(*status_);
}

} // namespace snoop
