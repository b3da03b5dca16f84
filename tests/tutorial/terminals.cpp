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

// A login shell of an ordinary user, as after a login. What ccache needs is kept; no chapter sees it.
std::vector<std::string> readers_shell()
{
    std::vector<std::string> shell{"/usr/bin/setpriv", "--reuid",       "reader", "--regid",
                                   "reader",           "--init-groups", "env",    "-i"};
    for (const char *name : {"CMAKE_CXX_COMPILER_LAUNCHER", "CCACHE_DIR", "CCACHE_NOHASHDIR", "CCACHE_COMPILERCHECK"})
        if (const char *value = getenv(name))
            shell.push_back(fmt::format("{}={}", name, value));
    for (const char *word : {"HOME=/home/reader", "USER=reader", "LOGNAME=reader", "LANG=C.UTF-8", "bash", "-l"})
        shell.emplace_back(word);
    return shell;
}

// Starts a shell with these arguments whose stdout and stderr are one pipe.
std::pair<std::unique_ptr<Process>, std::unique_ptr<Reader>> start_shell(const std::vector<std::string> &args,
                                                                         const Seat &seat, int input)
{
    auto [out, to] = make_pipe();
    auto [err, none] = make_pipe();
    auto process = std::make_unique<Process>([&, end = to.get()] {
        const bool is_root = seat.chroot.empty();
        std::vector<std::string> words = is_root ? std::vector<std::string>{"/bin/sh"} : readers_shell();
        setpgid(0, 0); // Ctrl-C reaches every process of a pipeline
        dup2(input, STDIN_FILENO);
        dup2(end, STDOUT_FILENO);
        dup2(end, STDERR_FILENO);
        if (is_root) {
            setenv("PATH", fmt::format("{}:{}:/usr/sbin:/sbin", tool_path(""), getenv("PATH")).c_str(), 1);
            setenv("HOME", seat.folder.c_str(), 1);
        }
        if ((!is_root && chroot(seat.chroot.c_str()) != 0) || chdir(seat.folder.c_str()) != 0)
            _exit(125);
        words.insert(words.end(), args.begin(), args.end());
        execv(words[0].c_str(), pointers(words).data());
    });
    to.reset();
    none.reset();
    auto reader = std::make_unique<Reader>(std::move(out), std::move(err), process->pidfd());
    return {std::move(process), std::move(reader)};
}

} // namespace

FirstTerminal::FirstTerminal(const std::string &command, const Seat &seat)
{
    const Fd null{open("/dev/null", O_RDONLY | O_CLOEXEC)};
    std::tie(process_, reader_) =
        start_shell({"-c", (seat.chroot.empty() ? std::string{sudo} : "") + command}, seat, null.get());
}

void FirstTerminal::wait_for(const std::string &text)
{
    if (!reader_->line_where([&](const std::string &line) { return line.find(text) != line.npos; }))
        throw std::runtime_error("no line with '" + text + "' in:\n" + reader_->out());
}

std::vector<std::string> FirstTerminal::lines() const { return split_lines(reader_->out()); }

void FirstTerminal::interrupt() const { kill(-process_->pid(), SIGINT); }

std::vector<std::string> FirstTerminal::end()
{
    process_->wait();
    reader_->wait_end();
    return lines();
}

SecondTerminal::SecondTerminal(const Seat &seat)
{
    auto [from, to] = make_pipe();
    std::tie(process_, reader_) = start_shell({}, seat, from.get());
    input_ = std::move(to);
    run(seat.chroot.empty() ? std::string{sudo} : ":"); // what a login shell executes first is over
}

SecondTerminal::~SecondTerminal()
{
    input_.reset();
    process_->wait();
}

std::vector<std::string> SecondTerminal::run(const std::string &command)
{
    const std::string mark = fmt::format("end of command {}", ++commands_);
    const std::string text = fmt::format("{{ {}\n}} </dev/null\necho '{}'\n", command, mark);
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
