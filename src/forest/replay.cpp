// SPDX-License-Identifier: BSD-2-Clause
#include "forest/replay.hpp"
#include "base/error.hpp"
#include "base/stop.hpp"
#include "kernel/own_program.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace snoop {
namespace {

// The tools whose rows a Forest takes. A recording names its tool, which is executed: it must not name just any
// program.
constexpr std::array<std::string_view, 3> tools{"execsnoop", "opensnoop", "openguard"};

// The tool that prints a recording, with the options without which it would leave out a part.
std::vector<std::string> replay_command(const std::string &tool, const std::string &path)
{
    std::vector<std::string> words{tool, "--replay", path, "--output", "json"};

    if (tool == "execsnoop")
        words.insert(words.end(), {"--exit", "--failed"});
    return words;
}

std::string program_of(const std::string &tool, const std::string &path)
{
    if (std::find(tools.begin(), tools.end(), tool) == tools.end())
        throw Error{exit_usage, "'{}' is a recording of '{}', not of {}", path, tool, fmt::join(tools, ", ")};
    std::string file = kernel::find_tool(tool);

    if (file.empty())
        throw Error{exit_usage, "'{}' is a recording of {}, which is neither beside this program nor in PATH", path,
                    tool};
    return file;
}

} // namespace

Replay::Replay(const std::string &tool, const std::string &path) : messages_(memfd_create("messages", MFD_CLOEXEC))
{
    const std::string file = program_of(tool, path);
    std::vector<std::string> words = replay_command(tool, path);
    std::vector<char *> argv;
    int ends[2];

    for (std::string &word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    if (!messages_ || pipe2(ends, O_CLOEXEC) != 0)
        throw Error{exit_runtime, "cannot make a pipe for '{}': {}", file, describe_errno(errno)};
    rows_ = Fd{ends[0]};
    const Fd its_end{ends[1]};
    const stop::ForkGuard no_signals;
    pid_ = fork();
    if (pid_ < 0)
        throw Error{exit_runtime, "cannot start '{}': {}", file, describe_errno(errno)};
    if (pid_ > 0)
        return;
    stop::ForkGuard::restore();
    if (dup2(its_end.get(), STDOUT_FILENO) >= 0 && dup2(messages_.get(), STDERR_FILENO) >= 0)
        execv(file.c_str(), argv.data());
    _exit(exit_lacks);
}

Replay::~Replay()
{
    rows_.reset(); // which ends it
    wait();
}

void Replay::wait()
{
    if (const pid_t pid = std::exchange(pid_, -1); pid > 0)
        while (waitpid(pid, &status_, 0) < 0 && errno == EINTR) {}
}

} // namespace snoop
