// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/subprocess.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"

#include <fcntl.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <unistd.h>

namespace snoop {
namespace {

constexpr unsigned time_limit_s = 60;

[[noreturn]] void execute(const std::string &path, std::vector<std::string> &words, int write_fd,
                          const SubprocessOptions &options)
{
    std::vector<char *> argv;
    for (auto &word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);

    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    dup2(write_fd, options.captured_fd);
    unsetenv("SNOOP_READY_FD");
    alarm(time_limit_s);
    if (options.before_exec())
        execv(path.c_str(), argv.data());
    dprintf(options.captured_fd, "%s\n", strerror(errno));
    _exit(exit_runtime);
}

} // namespace

Subprocess run_program(const std::string &path, std::vector<std::string> argv, const SubprocessOptions &options)
{
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        throw Error{exit_runtime, "cannot run {}: {}", path, describe_errno(errno)};
    const Fd from{ends[0]};
    Fd to{ends[1]};
    const pid_t pid = fork();
    if (pid < 0)
        throw Error{exit_runtime, "cannot run {}: {}", path, describe_errno(errno)};
    if (pid == 0)
        execute(path, argv, to.get(), options);
    to.reset();

    std::stringstream text;
    std::array<char, 4096> part{};
    for (ssize_t n = 0; (n = read(from.get(), part.data(), part.size())) > 0;)
        text.write(part.data(), n);
    int status = 0;
    waitpid(pid, &status, 0);
    Subprocess ran{WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), {}};
    for (std::string line; std::getline(text, line);)
        ran.lines.push_back(line);
    return ran;
}

} // namespace snoop
