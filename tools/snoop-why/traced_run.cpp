// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/traced_run.hpp"
#include "base/error.hpp"
#include "base/stop.hpp"
#include "export/helper.hpp"
#include "forest/line_splitter.hpp"
#include "kernel/own_program.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace snoop::snoop_why {
namespace {

// Forest reads these keys of a row.
constexpr const char *exec_keys = "event,time,ts_ns,comm,pid,tid,errno,process,user,exec_id,parent_exec_id,duration_ns,"
                                  "exit_code,signal,killed_by,oom,maxrss_kb,filename,resolved,interp,args,truncated,"
                                  "old_tid,cwd,container_id,env";
constexpr const char *open_keys = "event,time,ts_ns,comm,pid,tid,errno,process,user,exec_id,parent_exec_id,path,"
                                  "resolved,flags,via";

std::string program_of(const std::string &tool)
{
    std::string file = kernel::find_tool(tool);

    if (file.empty())
        throw Error{exit_lacks, "{} is neither beside this program nor in PATH: install it", tool};
    return file;
}

Fd memory_file(const std::string &name)
{
    Fd file{memfd_create(name.c_str(), MFD_CLOEXEC)};

    if (!file)
        throw Error{exit_runtime, "cannot start {}: {}", name, describe_errno(errno)};
    return file;
}

// In the forked process. A Ctrl-C in the terminal is for the command, and must not end the tools before it.
[[noreturn]] void execute(const std::string &file, std::vector<std::string> &words, int rows, int messages, int ready)
{
    std::vector<char *> argv;

    for (std::string &word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    stop::ForkGuard::restore();
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setenv("SNOOP_READY_FD", std::to_string(ready).c_str(), 1);
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(rows, STDOUT_FILENO) >= 0 &&
        dup2(messages, STDERR_FILENO) >= 0 && fcntl(ready, F_SETFD, 0) == 0)
        execv(file.c_str(), argv.data());
    const std::string why = fmt::format("cannot {} '{}': {}\n", null < 0 ? "open" : "execute",
                                        null < 0 ? "/dev/null" : file, describe_errno(errno));
    [[maybe_unused]] const ssize_t n = write(messages, why.data(), why.size());
    _exit(exit_lacks);
}

} // namespace

FollowingTool::FollowingTool(std::string tool, std::vector<std::string> options, pid_t followed)
    : tool_(std::move(tool)), rows_(memory_file(tool_)), messages_(memory_file(tool_))
{
    const std::string file = program_of(tool_);
    std::vector<std::string> words{tool_, "--output", "json", "--under", std::to_string(followed)};
    int ends[2];

    words.insert(words.end(), options.begin(), options.end());
    if (pipe2(ends, O_CLOEXEC) != 0)
        throw Error{exit_runtime, "cannot start {}: {}", tool_, describe_errno(errno)};
    ready_ = Fd{ends[0]};
    const Fd its_end{ends[1]};
    const stop::ForkGuard no_signals;
    pid_ = fork();
    if (pid_ < 0)
        throw Error{exit_runtime, "cannot start {}: {}", tool_, describe_errno(errno)};
    if (pid_ == 0)
        execute(file, words, rows_.get(), messages_.get(), its_end.get());
}

FollowingTool::~FollowingTool()
{
    if (pid_ > 0)
        kill(pid_, SIGTERM);
    wait();
}

void FollowingTool::wait()
{
    if (const pid_t pid = std::exchange(pid_, -1); pid > 0)
        while (waitpid(pid, &status_, 0) < 0 && errno == EINTR) {}
}

std::vector<std::string> FollowingTool::messages() const
{
    std::vector<std::string> lines;

    read_all_lines(messages_, [&](std::string_view line) { lines.emplace_back(line); });
    return lines;
}

void FollowingTool::wait_until_ready()
{
    char byte = 0;
    ssize_t n = 0;

    do
        n = read(ready_.get(), &byte, 1);
    while (n < 0 && errno == EINTR && stop::signal() == 0);
    ready_.reset();
    if (n == 1)
        return;
    wait();
    const auto said = messages();
    const int code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 0;
    if (WIFSIGNALED(status_))
        throw Error{exit_runtime, "cannot trace: {} {} before it was ready", tool_, how_it_ended(status_)};
    throw Error{code == exit_lacks ? exit_lacks : exit_runtime, "cannot trace: {}",
                said.empty() ? tool_ + " did not start" : said.back()};
}

void FollowingTool::stop()
{
    // One that somebody else stopped has missed what came after.
    const bool had_ended = pid_ > 0 && waitpid(pid_, &status_, WNOHANG) == pid_;
    if (had_ended)
        pid_ = -1;
    else if (pid_ > 0)
        kill(pid_, SIGINT);
    wait();
    if (WIFEXITED(status_) && WEXITSTATUS(status_) == 0) {
        if (had_ended)
            throw Error{exit_runtime, "{} was stopped before the command ended: its rows are not complete", tool_};
        return;
    }
    if (WIFSIGNALED(status_))
        throw Error{exit_runtime, "{} {}: its rows are not complete", tool_, how_it_ended(status_)};
    const auto said = messages();
    throw Error{exit_runtime, "{} has failed{}{}", tool_, said.empty() ? "" : ": ", said.empty() ? "" : said.back()};
}

RowsRead FollowingTool::read_into(Forest &forest, const std::function<void(std::string_view)> &say) const
{
    RowsRead read = read_rows(
        fmt::format("/proc/self/fd/{}", rows_.get()), [&](const Row &row) { forest.add(row); }, say);
    RowParser parser;

    // Its accounting; other lines are for people who watch it.
    for (const std::string &line : messages())
        if (line.starts_with('{'))
            read.lost += number_at(parser.parse(line), "lost").value_or(0);
    return read;
}

TracedRun::TracedRun(const std::vector<std::string> &words)
    : command_((program_of("execsnoop"), program_of("opensnoop"), words)),
      execs_("execsnoop", {"--exit", "--failed", "--env", "PATH", "--fields", exec_keys}, command_.pid()),
      opens_("opensnoop", {"--fields", open_keys}, command_.pid())
{
    command_.expect_ready();
    execs_.wait_until_ready();
    opens_.wait_until_ready();
}

void TracedRun::go()
{
    stop::begin_tracing();
    try {
        command_.go();
        command_.wait();
    } catch (const Error &) {
        exec_error_ = std::current_exception();
    }
    execs_.stop();
    opens_.stop();
}

RowsRead TracedRun::read_into(Forest &forest, const std::function<void(std::string_view)> &say) const
{
    RowsRead read = execs_.read_into(forest, say);

    read += opens_.read_into(forest, say);
    forest.complete();
    return read;
}

} // namespace snoop::snoop_why
