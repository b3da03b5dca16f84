// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/chain.hpp"
#include "snoop-why/reasons.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

namespace snoop::snoop_why {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> meanings{{
    {"SIGSEGV", "it used memory that it does not have"},
    {"SIGBUS", "it used a part of a mapped file that is not there, or unaligned memory"},
    {"SIGFPE", "it divided by zero, or made another arithmetic error"},
    {"SIGILL", "it executed an instruction that this CPU does not have"},
    {"SIGABRT", "it ended itself, as by a failed assertion"},
    {"SIGSYS", "a seccomp filter forbids a system call that it made"},
    {"SIGPIPE", "nobody read what it wrote"},
    {"SIGXCPU", "it used more CPU time than the limit (ulimit -t)"},
    {"SIGXFSZ", "a file became larger than the limit (ulimit -f)"},
}};

std::string meaning_of(std::string_view signal)
{
    for (const auto &[name, meaning] : meanings)
        if (name == signal)
            return fmt::format(": {}", meaning);
    return {};
}

// The kernel sends a signal for what a program does, in the name of that program.
bool is_by_itself(const Program &program) { return program.killed_by_pid == program.pid || program.killed_by_pid == 0; }

} // namespace

std::optional<Reason> killed(const Case &failed)
{
    const Program &program = failed.program();

    if (program.signal.empty())
        return std::nullopt;
    Reason reason{program.end_ns(), {}};
    const std::string name = name_of(program);
    if (program.is_oom) {
        reason.text = fmt::format("{} was killed by the kernel, because memory ran out", name);
        if (program.maxrss_kb)
            reason.more.push_back(fmt::format("it had {} MiB of memory at most", *program.maxrss_kb / 1024));
    } else if (is_by_itself(program))
        reason.text = fmt::format("{} was killed by {}{}", name, program.signal, meaning_of(program.signal));
    else
        reason.text = fmt::format("{} was killed by {}, which {} (pid {}) sent", name, program.signal,
                                  program.killed_by, program.killed_by_pid);
    return reason;
}

} // namespace snoop::snoop_why
