// SPDX-License-Identifier: BSD-2-Clause
#include "tool_run.hpp"
#include "row_schema.hpp"

#include "load.hpp"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {
namespace {

// The state of the process for a failure message: name, system call and kernel stack.
std::string doing(pid_t pid)
{
    std::string text;

    for (const char *name : {"comm", "syscall", "stack"}) {
        std::ifstream file{fmt::format("/proc/{}/{}", pid, name)};
        text.append(std::istreambuf_iterator<char>{file}, {});
    }
    return text;
}

constexpr int ready_fd = 3; // in the tool

// The options of a tool, from --help.
const std::string &help_of(const std::string &name)
{
    static std::map<std::string, std::string> known;
    const auto [at, is_new] = known.try_emplace(name);

    if (is_new)
        at->second = run_tool(name, {"--help"}).out;
    return at->second;
}

// True with this option, or one that makes it pointless.
bool says(const std::vector<std::string> &args, std::string_view wanted)
{
    for (const auto &arg : args) {
        if (arg == "--")
            break;
        for (const std::string_view option :
             {wanted, std::string_view{"--replay"}, std::string_view{"--help"}, std::string_view{"--version"},
              std::string_view{"-h"}, std::string_view{"-V"}})
            if (arg.starts_with(option))
                return true;
    }
    return false;
}

// The test's environment without variables that affect a tool, then `env`.
std::vector<std::string> environment(const std::map<std::string, std::string> &more)
{
    std::vector<std::string> all;

    for (char **one = environ; *one; one++) {
        const std::string_view text{*one};
        const std::string name{text.substr(0, text.find('='))};
        if (!name.starts_with("SUDO_") && !name.starts_with("SNOOP_") && !more.contains(name))
            all.emplace_back(text);
    }
    for (const auto &[name, value] : more)
        all.push_back(name + "=" + value);
    return all;
}

std::vector<std::string> more_args; // of WithArgs

// The descriptors that the tool inherits: the three streams and the ready pipe.
void arrange_fds(int in, int out, int err, int ready)
{
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    dup2(ready, ready_fd);
    fcntl(ready_fd, F_SETFD, 0); // dup2 did nothing if it was that number already
    syscall(SYS_close_range, ready_fd + 1, ~0u, 0u);
}

} // namespace

std::string tool_path(const std::string &name)
{
    if (const char *dir = std::getenv("SNOOP_BIN_DIR"))
        return std::string{dir} + "/" + name;
    const std::string self = Load::self();
    return self.substr(0, self.rfind('/') + 1) + name;
}

std::string ring_size(std::size_t bytes)
{
    const char *transport = std::getenv("SNOOP_TRANSPORT");
    const bool perf = transport && std::string_view{transport} == "perf";
    const int cpus = libbpf_num_possible_cpus();

    return std::to_string(perf && cpus > 0 ? std::bit_ceil(bytes * static_cast<std::size_t>(cpus)) : bytes);
}

WithProbe::WithProbe(const std::string &hooks)
{
    if (!hooks.empty())
        setenv("SNOOP_PROBE", hooks.c_str(), 1);
}

WithProbe::~WithProbe() { unsetenv("SNOOP_PROBE"); }

WithArgs::WithArgs(std::vector<std::string> args) { more_args = std::move(args); }

WithArgs::~WithArgs() { more_args.clear(); }

ToolRun::ToolRun(const std::string &name, std::vector<std::string> args, const Start &start)
{
    for (const auto &[variable, option] : {std::pair{"SNOOP_TRANSPORT", "--transport"},
                                           std::pair{"SNOOP_PROBE", "--probe"}, std::pair{"SNOOP_BTF", "--btf"}}) {
        const char *value = std::getenv(variable);
        if (!value || (start.kernels_btf && option == std::string_view{"--btf"}) || says(args, option))
            continue;
        if (help_of(name).find(option) != std::string::npos)
            args.insert(args.begin(), {option, value});
    }
    if (!says(args, "--replay"))
        args.insert(args.begin(), more_args.begin(), more_args.end());
    args_ = args;
    args.insert(args.begin(), name);
    call_ = fmt::format("{}", fmt::join(args, " "));

    auto variables = start.env;
    variables.try_emplace("SNOOP_READY_FD", std::to_string(ready_fd));
    const auto env = environment(variables);
    program_ = start.program.empty() ? tool_path(name) : start.program;
    load_row_schema(program_, args_);
    auto [out, out_in] = make_pipe();
    auto [err, err_in] = make_pipe();
    auto [ready, ready_in] = make_pipe();
    const Fd null{open("/dev/null", O_RDWR | O_CLOEXEC)};

    process_.emplace([&, &out_in = out_in, &err_in = err_in, &ready_in = ready_in] {
        arrange_fds(null.get(), start.out_fd >= 0 ? start.out_fd : out_in.get(), err_in.get(), ready_in.get());
        if (start.in_child)
            start.in_child();
        execve(program_.c_str(), pointers(args).data(), pointers(env).data());
        throw std::runtime_error(fmt::format("cannot execute {}: {}", program_, strerror(errno)));
    });
    out_in.reset();
    err_in.reset();
    ready_in.reset();
    reader_.emplace(std::move(out), std::move(err), process_->pidfd());
    ready_ = std::move(ready);
    if (start.wait)
        wait_ready();
}

void ToolRun::wait_ready()
{
    char byte = 0;

    if (!wait_readable(ready_.get(), limit()))
        give_up("is not ready");
    if (read(ready_.get(), &byte, 1) != 1 || byte != '\n') {
        const int code = wait();
        give_up(fmt::format("ended with {} before it traced", code));
    }
}

void ToolRun::give_up(std::string_view what)
{
    const std::string now = code_ ? "" : "-- it is in:\n" + doing(pid());
    std::string text = out();

    if (text.size() > 4000)
        text.replace(2000, text.size() - 4000, "\n…\n");
    throw std::runtime_error(fmt::format("`{}` {}\n{}-- stderr:\n{}-- stdout:\n{}", call_, what, now, err(), text));
}

int ToolRun::wait()
{
    if (code_)
        return *code_;
    Ended ended{};
    try {
        ended = process_->wait();
    } catch (const std::runtime_error &) {
        give_up("does not end");
    }
    reader_->wait_end();
    code_ = WIFSIGNALED(ended.status) ? 128 + WTERMSIG(ended.status) : WEXITSTATUS(ended.status);
    expect_valid_rows({program_, args_, out(), err()});
    return *code_;
}

int ToolRun::stop(int signal)
{
    send(signal);
    return wait();
}

std::string ToolRun::line_where(const std::function<bool(const std::string &)> &is_it)
{
    if (auto line = reader_->line_where(is_it))
        return *line;
    give_up("did not print the line that the test waits for");
}

std::string ToolRun::line_with(std::string_view text)
{
    if (auto line = reader_->line_where([&](const std::string &l) { return l.find(text) != std::string::npos; }))
        return *line;
    give_up(fmt::format("did not print a line with '{}'", text));
}

Json ToolRun::row_with(std::string_view text) { return parse_json(line_with(text)); }

Json ToolRun::row_where(const std::function<bool(const Json &)> &is_it)
{
    return parse_json(line_where([&](const std::string &line) { return is_it(parse_json(line)); }));
}

void ToolRun::wait_err(std::string_view text)
{
    if (!reader_->wait_err(text))
        give_up(fmt::format("did not say '{}'", text));
}

std::vector<std::string> ToolRun::lines() { return split_lines(out()); }
std::vector<std::string> ToolRun::err_lines() { return split_lines(err()); }

std::vector<Json> ToolRun::rows()
{
    std::vector<Json> all;

    for (const auto &line : lines())
        all.push_back(parse_json(line));
    return all;
}

std::size_t ToolRun::count_with(std::string_view text)
{
    std::size_t count = 0;

    for (const auto &line : lines())
        count += line.find(text) != std::string::npos;
    return count;
}

std::vector<std::string> Outcome::lines() const { return split_lines(out); }
std::vector<std::string> Outcome::err_lines() const { return split_lines(err); }

Outcome run_tool(const std::string &name, const std::vector<std::string> &args, Start start)
{
    start.wait = false;
    ToolRun tool{name, args, start};
    const int code = tool.wait();

    return {code, tool.out(), tool.err()};
}

} // namespace snoop::test
