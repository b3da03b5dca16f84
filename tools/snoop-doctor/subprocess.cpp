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

constexpr unsigned patience_s = 60;

[[noreturn]] void become(const std::string &path, std::vector<std::string> &words, int err_fd,
                         const std::function<bool()> &in_child)
{
    std::vector<char *> argv;
    for (auto &word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);

    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(err_fd, STDERR_FILENO);
    unsetenv("SNOOP_READY_FD");
    alarm(patience_s);
    if (in_child())
        execv(path.c_str(), argv.data());
    dprintf(STDERR_FILENO, "%s\n", strerror(errno));
    _exit(exit_runtime);
}

} // namespace

Subprocess run_program(const std::string &path, std::vector<std::string> argv, const std::function<bool()> &in_child)
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
        become(path, argv, to.get(), in_child);
    to.reset();

    std::stringstream text;
    std::array<char, 4096> part{};
    for (ssize_t n = 0; (n = read(from.get(), part.data(), part.size())) > 0;)
        text.write(part.data(), n);
    int status = 0;
    waitpid(pid, &status, 0);
    Subprocess ran{WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), {}};
    for (std::string line; std::getline(text, line);)
        ran.err.push_back(line);
    return ran;
}

} // namespace snoop
