// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/chain.hpp"
#include "base/error.hpp"
#include "snoop-why/case.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <string>
#include <string_view>

namespace snoop::snoop_why {
namespace {

constexpr std::uint64_t signal_base = 128; // a shell's exit status for a command that a signal killed

std::size_t last_of_process(const Forest &forest, std::size_t program)
{
    while (const auto next = forest.programs()[program].next)
        program = *next;
    return program;
}

std::uint64_t signal_number(std::string_view name)
{
    for (int signal = 1; signal < NSIG; signal++)
        if (signal_name(signal) == name)
            return static_cast<std::uint64_t>(signal);
    return 0;
}

// Whether the exit status of a program is the one of its child.
bool passes_on(const Program &program, const Program &child)
{
    if (!program.signal.empty())
        return program.signal == child.signal;
    if (!child.signal.empty())
        return program.exit_code == signal_base + signal_number(child.signal);
    return program.exit_code == child.exit_code;
}

// A command that a shell looked for in vain after this child had ended; then that is what ended it.
bool has_failed_exec_since(const Forest &forest, std::size_t program, std::uint64_t since_ns)
{
    const auto &execs = forest.failed_execs();

    return std::any_of(execs.begin(), execs.end(), [&](const FailedExec &each) {
        return each.program == program && each.ts_ns > since_ns && !each.is_found_later;
    });
}

// The child whose failure made the program fail, if one did.
std::optional<std::size_t> failed_child(const Forest &forest, std::size_t program)
{
    const Program &parent = forest.programs()[program];
    std::optional<std::size_t> same, killed, failed, last;
    const auto take = [&](std::optional<std::size_t> &to, std::size_t child) {
        if (!to || forest.programs()[*to].end_ns() <= forest.programs()[child].end_ns())
            to = child;
    };

    for (std::size_t i = program + 1; i < forest.programs().size(); i++) {
        if (forest.programs()[i].parent != program || forest.programs()[i].pid == parent.pid)
            continue;
        const std::size_t child = last_of_process(forest, i);
        const Program &its = forest.programs()[child];
        take(last, child);
        if (!its.has_failed())
            continue;
        take(failed, child);
        if (passes_on(parent, its))
            take(same, child);
        if (!its.signal.empty() && its.signal != "SIGPIPE")
            take(killed, child);
    }
    if (!parent.signal.empty()) // no status of a child's
        return same;
    // A shell goes on after a command that fails, unless that is its last one; other programs seldom do.
    std::optional<std::size_t> found = killed && killed == failed ? killed : same;
    if (!found && failed && (!is_shell(parent) || failed == last))
        found = failed;
    if (found && has_failed_exec_since(forest, program, forest.programs()[*found].end_ns()))
        return std::nullopt;
    return found;
}

} // namespace

bool is_shell(const Program &program)
{
    constexpr std::array<std::string_view, 7> shells{"sh", "bash", "dash", "zsh", "ksh", "busybox", "ash"};

    return std::any_of(shells.begin(), shells.end(), [&](std::string_view each) {
        return base_name(program.file) == each || base_name(program.interp) == each ||
               (!program.args.empty() && base_name(program.args.front()) == each);
    });
}

std::optional<std::size_t> find_root(const Forest &forest, std::uint32_t pid)
{
    const auto &programs = forest.programs();
    std::optional<std::size_t> found;

    for (std::size_t i = 0; i < programs.size(); i++) {
        const Program &program = programs[i];
        if (!program.is_seen || (pid != 0 && program.pid != pid))
            continue;
        if (pid != 0)
            return i;
        if (program.parent && programs[*program.parent].is_seen)
            continue;
        const Program &end = programs[last_of_process(forest, i)];
        if (!end.has_failed())
            continue;
        if (!found || programs[last_of_process(forest, *found)].end_ns() <= end.end_ns())
            found = i;
    }
    return found;
}

std::vector<std::size_t> chain_from(const Forest &forest, std::size_t root)
{
    std::vector<std::size_t> chain{last_of_process(forest, root)};

    while (const auto child = failed_child(forest, chain.back()))
        chain.push_back(*child);
    return chain;
}

} // namespace snoop::snoop_why
