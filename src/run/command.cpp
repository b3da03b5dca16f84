// SPDX-License-Identifier: BSD-2-Clause
#include "run/command.hpp"
#include "base/error.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
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
bool become_sudo_user()
{
    const char *uid_text = std::getenv("SUDO_UID");
    if (geteuid() != 0 || !uid_text)
        return true;
    const passwd *user = getpwuid(static_cast<uid_t>(std::strtoul(uid_text, nullptr, 10)));
    if (!user) {
        errno = ESRCH;
        return false;
    }
    if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
        return false;
    setenv("HOME", user->pw_dir, 1);
    setenv("SHELL", user->pw_shell, 1);
    setenv("USER", user->pw_name, 1);
    setenv("LOGNAME", user->pw_name, 1);
    return true;
}

// In the forked process: waits at the gate, and reports a failed exec.
[[noreturn]] void run_command(int gate, int failure, char **argv)
{
    sigset_t none;
    char byte = 0;
    int err = 0;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL);
    // The gate is closed: the tool ended before it traced.
    if (read(gate, &byte, 1) != 1)
        _exit(0);
    if (become_sudo_user())
        execvp(argv[0], argv);
    err = errno;
    [[maybe_unused]] const ssize_t n = write(failure, &err, sizeof(err));
    _exit(127);
}

} // namespace

Command::Command(const std::vector<std::string> &words) : name_(words.front())
{
    auto [gate_out, gate_in] = make_pipe();
    auto [failure_out, failure_in] = make_pipe();
    std::vector<char *> argv;
    for (const auto &word : words)
        argv.push_back(const_cast<char *>(word.c_str()));
    argv.push_back(nullptr);

    pid_ = fork();
    if (pid_ < 0)
        throw Error{exit_runtime, "cannot start '{}': {}", name_, describe_errno(errno)};
    if (pid_ == 0) {
        gate_in.reset(); // else the gate never closes
        run_command(gate_out.get(), failure_in.get(), argv.data());
    }
    gate_ = std::move(gate_in);
    failure_ = std::move(failure_out);
    pidfd_ = Fd{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))};
    if (!pidfd_)
        throw Error{exit_lacks, "cannot watch '{}': {}; `-- COMMAND` needs Linux 5.3", name_, describe_errno(errno)};
}

Command::~Command()
{
    gate_.reset();
    if (pid_ <= 0 || reaped_)
        return;
    kill(pid_, SIGTERM);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
}

void Command::go()
{
    const char byte = 1;
    int err = 0;

    if (write(gate_.get(), &byte, 1) != 1)
        throw Error{exit_runtime, "cannot start '{}': {}", name_, describe_errno(errno)};
    gate_.reset();
    // The exec closes the write end: then there is nothing to read.
    if (read(failure_.get(), &err, sizeof(err)) == sizeof(err))
        throw Error{exit_usage, "cannot execute '{}': {}", name_, describe_errno(err)};
}

std::optional<std::string> Command::how_it_ended()
{
    int status = 0;

    if (reaped_ || waitpid(pid_, &status, WNOHANG) != pid_)
        return std::nullopt;
    reaped_ = true;
    if (WIFSIGNALED(status))
        return fmt::format("was killed by {}", signal_name(WTERMSIG(status)));
    return fmt::format("exited with {}", WEXITSTATUS(status));
}

} // namespace snoop
