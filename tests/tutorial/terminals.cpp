// SPDX-License-Identifier: BSD-2-Clause
#include "terminals.hpp"
#include "reading.hpp"
#include "tool_run.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace snoop::test {
namespace {

// The tests run as root, and not every system has sudo.
constexpr std::string_view sudo = R"(sudo() {
    [ "$1" != -u ] || { id=$(id -u "$2"); shift 2; set -- setpriv --reuid "$id" --clear-groups "$@"; }
    "$@"
}
)";

// Starts a shell with these arguments whose stdout and stderr are one pipe.
std::pair<std::unique_ptr<Process>, std::unique_ptr<Reader>> start_shell(const std::vector<std::string> &args,
                                                                         const std::string &home, int input)
{
    auto [out, to] = make_pipe();
    auto [err, none] = make_pipe();
    auto process = std::make_unique<Process>([&, end = to.get()] {
        const std::string tools = tool_path("");
        setpgid(0, 0); // Ctrl-C reaches every process of a pipeline
        dup2(input, STDIN_FILENO);
        dup2(end, STDOUT_FILENO);
        dup2(end, STDERR_FILENO);
        setenv("PATH", fmt::format("{}:{}:/usr/sbin:/sbin", tools, getenv("PATH")).c_str(), 1);
        setenv("HOME", home.c_str(), 1);
        if (chdir(home.c_str()) != 0)
            _exit(125);
        std::vector<char *> argv{const_cast<char *>("sh")};
        for (const std::string &arg : args)
            argv.push_back(const_cast<char *>(arg.c_str()));
        argv.push_back(nullptr);
        execv("/bin/sh", argv.data());
    });
    to.reset();
    none.reset();
    auto reader = std::make_unique<Reader>(std::move(out), std::move(err), process->pidfd());
    return {std::move(process), std::move(reader)};
}

} // namespace

FirstTerminal::FirstTerminal(const std::string &command, const std::string &home)
{
    const Fd null{open("/dev/null", O_RDONLY | O_CLOEXEC)};
    std::tie(process_, reader_) = start_shell({"-c", std::string{sudo} + command}, home, null.get());
}

void FirstTerminal::wait_for(const std::string &text)
{
    if (!reader_->line_where([&](const std::string &line) { return line.find(text) != line.npos; }))
        throw std::runtime_error("no line with '" + text + "' in:\n" + reader_->out());
}

void FirstTerminal::interrupt() const { kill(-process_->pid(), SIGINT); }

std::vector<std::string> FirstTerminal::end()
{
    process_->wait();
    reader_->wait_end();
    return split_lines(reader_->out());
}

SecondTerminal::SecondTerminal(const std::string &home)
{
    auto [from, to] = make_pipe();
    std::tie(process_, reader_) = start_shell({}, home, from.get());
    input_ = std::move(to);
    run(std::string{sudo});
}

SecondTerminal::~SecondTerminal()
{
    input_.reset();
    process_->wait();
}

std::vector<std::string> SecondTerminal::run(const std::string &command)
{
    const std::string mark = fmt::format("end of command {}", ++commands_);
    const std::string text = fmt::format("{}\necho '{}'\n", command, mark);
    const std::size_t before = printed_;

    if (write(input_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        !reader_->line_where([&](const std::string &line) { return line == mark; }))
        throw std::runtime_error("the second terminal does not end '" + command + "':\n" + reader_->out());
    const std::string all = reader_->out();
    const std::size_t end = all.find(mark + "\n", before);
    printed_ = end + mark.size() + 1;
    return split_lines(all.substr(before, end - before));
}

} // namespace snoop::test
