// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/chain.hpp"
#include "base/error.hpp"
#include "snoop-why/case.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <string>
#include <string_view>
#include <utility>

namespace snoop::snoop_why {
namespace {

constexpr std::uint64_t signal_base = 128; // a shell's exit status for a command that a signal killed

// For each program the last one that its process ran.
std::vector<std::size_t> last_of_processes(const Forest &forest)
{
    const auto &programs = forest.programs();
    std::vector<std::size_t> last(programs.size());

    for (std::size_t i = programs.size(); i-- > 0;) // what a process runs next comes later
        last[i] = programs[i].next ? last[*programs[i].next] : i;
    return last;
}

std::uint64_t signal_number(std::string_view name)
{
    for (int signal = 1; signal < NSIG; signal++)
        if (signal_name(signal) == name)
            return static_cast<std::uint64_t>(signal);
    return 0;
}

// Whether the exit status of a program is the one of its child.
bool has_status_of(const Program &program, const Program &child)
{
    if (!program.signal.empty())
        return program.signal == child.signal;
    if (!child.signal.empty())
        return program.exit_code == signal_base + signal_number(child.signal);
    return program.exit_code == child.exit_code;
}

bool is_killed_by(const Program &child, const Program &program)
{
    return !child.signal.empty() && child.killed_by_pid == program.pid;
}

// Whether the exit status is the one that a program has if a child fails.
bool has_status_for_children(const Program &program)
{
    constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> statuses{
        {{"make", 2}, {"gmake", 2}, {"timeout", 124}, {"xargs", 123}, {"xargs", 124}}};

    return std::any_of(statuses.begin(), statuses.end(), [&](const auto &each) {
        return program.exit_code == each.second &&
               (program.name() == each.first ||
                (!program.args.empty() && base_name(program.args.front()) == each.first));
    });
}

class Descent {
public:
    explicit Descent(const Forest &forest)
        : programs_(forest.programs()),
          last_(last_of_processes(forest)),
          children_(programs_.size()),
          failed_exec_ns_(programs_.size())
    {
        for (std::size_t i = 0; i < programs_.size(); i++)
            if (const auto parent = programs_[i].parent; parent && programs_[*parent].pid != programs_[i].pid)
                children_[*parent].push_back(i);
        for (const FailedExec &each : forest.failed_execs())
            if (each.program && !each.is_found_later)
                failed_exec_ns_[*each.program] = std::max(failed_exec_ns_[*each.program], each.ts_ns);
    }

    [[nodiscard]] std::vector<std::size_t> from(std::size_t root) const
    {
        std::vector<std::size_t> chain{last_[root]};

        while (const auto child = failed_child(chain.back()))
            chain.push_back(*child);
        return chain;
    }

private:
    // The child whose failure made the program fail, if one did.
    [[nodiscard]] std::optional<std::size_t> failed_child(std::size_t program) const
    {
        const Program &parent = programs_[program];
        std::optional<std::size_t> same, killed, failed, last;
        const auto take = [&](std::optional<std::size_t> &to, std::size_t child) {
            if (!to || programs_[*to].end_ns() <= programs_[child].end_ns())
                to = child;
        };

        for (const std::size_t first : children_[program]) {
            const std::size_t child = last_[first];
            const Program &its = programs_[child];
            take(last, child);
            // A shell ends what it started in the background.
            if (!its.has_failed() || (is_killed_by(its, parent) && is_shell(parent) && !has_status_of(parent, its)))
                continue;
            take(failed, child);
            if (has_status_of(parent, its))
                take(same, child);
            if (!its.signal.empty() && its.signal != "SIGPIPE")
                take(killed, child);
        }
        // These are not statuses of children: a signal, and what a shell has that could not execute a command.
        if (!parent.signal.empty() || (is_shell(parent) && has_status_of_exec(parent)))
            return same && failed_exec_ns_[program] <= programs_[*same].end_ns() ? same : std::nullopt;
        // A shell goes on after a command that fails, unless that is its last one; other programs seldom do.
        std::optional<std::size_t> found = killed && killed == failed ? killed : same;
        if (!found && failed && (!is_shell(parent) || failed == last))
            found = failed;
        // A command that a shell looked for in vain after this child had ended is what ended it.
        if (found && failed_exec_ns_[program] > programs_[*found].end_ns())
            return std::nullopt;
        return found;
    }

    const std::vector<Program> &programs_;
    std::vector<std::size_t> last_; // what the process of each program ran last
    std::vector<std::vector<std::size_t>> children_;
    std::vector<std::uint64_t> failed_exec_ns_; // of the last one of each program
};

} // namespace

bool passes_on(const Program &program, const Program &child)
{
    constexpr std::array<std::string_view, 8> faults{"SIGSEGV", "SIGBUS", "SIGFPE",  "SIGILL",
                                                     "SIGABRT", "SIGSYS", "SIGXFSZ", "SIGXCPU"};
    const bool is_by_another =
        child.killed_by_pid != 0 && child.killed_by_pid != child.pid && child.killed_by_pid != program.pid;
    const bool is_fault = std::find(faults.begin(), faults.end(), child.signal) != faults.end();

    return has_status_of(program, child) || has_status_for_children(program) || child.is_oom || is_fault ||
           (!child.signal.empty() && is_by_another);
}

bool is_shell(const Program &program)
{
    constexpr std::array<std::string_view, 7> shells{"sh", "bash", "dash", "zsh", "ksh", "busybox", "ash"};

    return std::any_of(shells.begin(), shells.end(), [&](std::string_view each) {
        return base_name(program.file) == each || base_name(program.interp) == each ||
               (!program.args.empty() && base_name(program.args.front()) == each);
    });
}

bool has_status_of_exec(const Program &program)
{
    constexpr std::uint64_t not_executed = 126, not_found = 127;
    const std::uint64_t status = program.exit_code.value_or(0);
    return status == not_executed || status == not_found;
}

std::optional<std::size_t> find_root(const Forest &forest, std::uint32_t pid)
{
    const auto &programs = forest.programs();
    const auto last = last_of_processes(forest);
    std::optional<std::size_t> found;

    for (std::size_t i = 0; i < programs.size(); i++) {
        const Program &program = programs[i];
        if (!program.is_seen || (pid != 0 && program.pid != pid))
            continue;
        if (pid != 0)
            return i;
        if (program.parent && programs[*program.parent].is_seen)
            continue;
        const Program &end = programs[last[i]];
        if (!end.has_failed())
            continue;
        if (!found || programs[last[*found]].end_ns() <= end.end_ns())
            found = i;
    }
    return found;
}

std::vector<std::size_t> chain_from(const Forest &forest, std::size_t root) { return Descent{forest}.from(root); }

} // namespace snoop::snoop_why
