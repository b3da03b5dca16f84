// SPDX-License-Identifier: BSD-2-Clause
#include "terminal.hpp"

#include "process.hpp"
#include "tool_run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {
namespace {

std::string quoted(const std::vector<std::string> &command)
{
    std::string text;
    for (const auto &word : command)
        text += "'" + word + "' ";
    return text;
}

} // namespace

Terminal::Terminal(int columns, int rows, const std::vector<std::string> &command)
{
    const std::string code = dir_.at("code");
    // The shell stays until the screen has been read for the last time.
    tmux({"-f", "/dev/null", "new-session", "-d", "-x", std::to_string(columns), "-y", std::to_string(rows),
          fmt::format("{}; echo $? >'{}'; exec sleep 1000", quoted(command), code)});
}

Terminal::~Terminal()
{
    try {
        tmux({"kill-server"});
    } catch (const std::exception &) {}
}

std::string Terminal::tmux(const std::vector<std::string> &args) const
{
    std::vector<std::string> argv{"tmux", "-u", "-S", dir_.at("socket")};
    const std::string out = dir_.file("out", "");

    argv.insert(argv.end(), args.begin(), args.end());
    const Ended done = in_child([&] {
        dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
        dup2(open(out.c_str(), O_WRONLY | O_TRUNC), STDOUT_FILENO);
        setenv("TERM", "screen", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        unsetenv("TMUX");
        execvp("tmux", pointers(argv).data());
        _exit(127);
    });
    if (done.status != 0)
        throw std::runtime_error(fmt::format("tmux {} ended with {}", args[0], WEXITSTATUS(done.status)));
    return read_file(out);
}

std::vector<std::string> Terminal::lines() const { return split_lines(tmux({"capture-pane", "-p"})); }

std::string Terminal::wait_for(const std::string &text) const
{
    std::string found;
    const bool is_there = eventually([&] {
        for (const auto &line : lines())
            if (line.find(text) != std::string::npos) {
                found = line;
                return true;
            }
        return false;
    });

    if (!is_there)
        throw std::runtime_error("the screen does not show '" + text + "':\n" + tmux({"capture-pane", "-p"}));
    return found;
}

void Terminal::press(const std::string &keys) const { tmux({"send-keys", keys}); }

void Terminal::resize(int columns, int rows) const
{
    tmux({"resize-window", "-x", std::to_string(columns), "-y", std::to_string(rows)});
}

int Terminal::wait() const
{
    const std::string code = dir_.at("code");

    if (!eventually([&] { return access(code.c_str(), R_OK) == 0 && !read_file(code).empty(); }))
        throw std::runtime_error("the program goes on");
    return std::stoi(read_file(code));
}

} // namespace snoop::test
