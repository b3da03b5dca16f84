// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/story.hpp"
#include "base/utf8_cut.hpp"
#include "forest/launchers.hpp"
#include "snoop-why/case.hpp"
#include "snoop-why/chain.hpp"
#include "snoop-why/reasons.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

namespace snoop::snoop_why {
namespace {

constexpr std::size_t longest_command = 50; // characters of a command line in the list of processes
constexpr std::size_t most_processes = 4;   // in that list
constexpr std::size_t most_examined = 64;   // from the deepest one up

using Chain = std::vector<std::size_t>;

struct Finding {
    std::size_t depth = 0; // in the chain
    Reasons reasons;
};

// Whether the programs down to one of the chain pass on its failure. One that has another status may have failed by
// itself, after it could do without the child.
bool is_passed_on(const Forest &forest, const Chain &chain, std::size_t depth)
{
    for (std::size_t i = 0; i < depth; i++)
        if (!passes_on(forest.programs()[chain[i]], forest.programs()[chain[i + 1]]))
            return false;
    return true;
}

// The deepest program whose failure explains, for certain if there is one. What a program above did before the child
// failed did not matter.
Finding find_reasons(const Forest &forest, const Chain &chain, bool is_live)
{
    std::uint64_t since_ns = 0;
    Finding second_best;
    const std::size_t end = chain.size() > most_examined ? chain.size() - most_examined : 0;

    for (std::size_t depth = chain.size(); depth-- > end;) {
        Reasons reasons = reasons_of(case_of(forest, chain[depth], is_live, since_ns));
        since_ns = forest.programs()[chain[depth]].end_ns();
        if (!is_passed_on(forest, chain, depth)) {
            std::move(reasons.possible.begin(), reasons.possible.end(), std::back_inserter(reasons.found));
            reasons.possible = std::exchange(reasons.found, {});
        }
        if (!reasons.found.empty())
            return {depth, std::move(reasons)};
        if (depth + 1 == chain.size() || (second_best.reasons.possible.empty() && !reasons.possible.empty()))
            second_best = {depth, std::move(reasons)};
    }
    return second_best;
}

// Leaves out what only started the command that was recorded.
void drop_launchers(const Forest &forest, Chain &chain)
{
    const std::vector<bool> is_launcher = launchers_of(forest);
    const auto command = std::find_if(chain.begin(), chain.end(), [&](std::size_t i) { return !is_launcher[i]; });

    if (command != chain.end())
        chain.erase(chain.begin(), command);
}

std::string state_of(const Program &program)
{
    if (!program.signal.empty())
        return fmt::format("killed by {}", program.signal);
    if (program.exit_code)
        return fmt::format("exited with {}", *program.exit_code);
    return "its end was not seen";
}

std::string command_of(const Program &program)
{
    if (program.args.empty())
        return std::string{program.comm};
    std::string words = fmt::format("{}", fmt::join(program.args, " "));
    std::replace(words.begin(), words.end(), '\n', ' ');
    if (words.size() > longest_command)
        words = std::string{utf8_prefix(words, longest_command)} + "...";
    return words;
}

std::string process_line(const Program &program)
{
    return fmt::format("  {:<10} {}: {}", fmt::format("pid {}", program.pid), command_of(program), state_of(program));
}

// From the command down to the one that failed first; of many, those in the middle are only counted.
std::vector<std::string> process_lines(const Forest &forest, const Chain &chain, std::size_t most)
{
    std::vector<std::string> lines;
    const std::size_t left_out = chain.size() > most ? chain.size() - most + 1 : 0;
    const std::size_t above = left_out > 0 ? 1 : chain.size();

    for (std::size_t i = 0; i < chain.size(); i++) {
        if (left_out > 0 && i == above) {
            lines.push_back(fmt::format("  ... {} between", left_out));
            i += left_out;
        }
        if (i < chain.size())
            lines.push_back(process_line(forest.programs()[chain[i]]));
    }
    return lines;
}

void add_reason(std::vector<std::string> &lines, const Reason &reason, std::string_view prefix = "")
{
    lines.push_back(fmt::format("  {}{}", prefix, reason.text));
    for (const std::string &more : reason.more)
        lines.push_back("    " + more);
}

// One line each, while there is room.
void add_others(std::vector<std::string> &lines, const std::vector<Reason> &reasons, std::size_t first,
                std::string_view prefix, std::size_t most)
{
    for (std::size_t i = first; i < reasons.size() && lines.size() < most; i++)
        lines.push_back(fmt::format("  {}{}", prefix, reasons[i].text));
}

void add_evidence(std::vector<std::string> &lines, const Reason &reason)
{
    lines.push_back(reason.text);
    for (const FailedExec *exec : reason.execs)
        lines.push_back(fmt::format("  {} exec {} {} [{}]: {}", exec->ts_ns, name_of(*exec), exec->file,
                                    fmt::join(exec->args, " "), exec->error));
    for (const Open *open : reason.opens)
        lines.push_back(
            fmt::format("  {} {} {} {}: {}", open->ts_ns, open->via, name_of(*open), open->path, open->error));
    for (const std::string &more : reason.more)
        lines.push_back("  now: " + more);
}

void add_all_evidence(std::vector<std::string> &lines, const Reasons &reasons)
{
    lines.emplace_back("evidence (time in ns, row):");
    for (const Reason &reason : reasons.found)
        add_evidence(lines, reason);
    if (!reasons.possible.empty())
        lines.emplace_back("may be the reason:");
    for (const Reason &reason : reasons.possible)
        add_evidence(lines, reason);
    if (!reasons.others.empty())
        lines.emplace_back("failed, and was not seen to matter:");
    for (const Reason &reason : reasons.others)
        add_evidence(lines, reason);
}

void add_reasons(std::vector<std::string> &lines, const Reasons &reasons, std::size_t room)
{
    if (reasons.found.empty() && !reasons.possible.empty()) {
        add_reason(lines, reasons.possible.front(), "may be the reason: ");
        return;
    }
    if (reasons.found.empty()) {
        lines.emplace_back("  no reason seen");
        add_others(lines, reasons.others, 0, "not seen to matter: ", std::min(room, lines.size() + 2));
        return;
    }
    add_reason(lines, reasons.found.front());
    add_others(lines, reasons.found, 1, "before that: ", std::min(room, lines.size() + 2));
}

} // namespace

std::vector<std::string> tell(const Forest &forest, std::size_t root, const StoryOptions &options)
{
    Chain chain = chain_from(forest, root);
    if (!options.is_live)
        drop_launchers(forest, chain);
    const Finding finding = find_reasons(forest, chain, options.is_live);
    const Program &command = forest.programs()[chain.front()];
    std::vector<std::string> lines{fmt::format(
        "{} {}", name_of(command), command.signal.empty() ? state_of(command) : "was " + state_of(command))};

    if (!finding.reasons.found.empty() || !finding.reasons.possible.empty())
        chain.resize(finding.depth + 1);
    const std::size_t processes = chain.size() > 1 ? std::min(chain.size(), most_processes) + 1 : 0;
    add_reasons(lines, finding.reasons, most_lines - processes);
    if (processes > 0) {
        lines.emplace_back("processes, the one that failed first last:");
        for (std::string &line : process_lines(forest, chain, options.all ? chain.size() : most_processes))
            lines.push_back(std::move(line));
    }
    if (options.all)
        add_all_evidence(lines, finding.reasons);
    else if (lines.size() > most_lines)
        lines.resize(most_lines);
    return lines;
}

std::vector<std::string> tell_not_executed(const Forest &forest, std::uint32_t pid, const StoryOptions &options)
{
    std::vector<std::string> lines;
    Reasons reasons;
    Case failed{&forest, 0, options.is_live, 0, {}, {}};

    for (const FailedExec &exec : forest.failed_execs())
        if (exec.pid == pid && exec.program) {
            failed.index = *exec.program;
            failed.execs.push_back(&exec);
        }
    reasons.found = execs_that_failed(failed);
    if (reasons.found.empty())
        return lines;
    add_reason(lines, reasons.found.back());
    if (options.all)
        add_all_evidence(lines, reasons);
    return lines;
}

std::vector<std::string> tell_what_failed(const Forest &forest)
{
    std::vector<std::string> lines;

    for (const FailedExec &exec : forest.failed_execs())
        lines.push_back(fmt::format("  {} exec {} {}: {}", exec.ts_ns, name_of(exec), exec.file, exec.error));
    for (const Open &open : forest.opens())
        if (!open.error.empty())
            lines.push_back(
                fmt::format("  {} {} {} {}: {}", open.ts_ns, open.via, name_of(open), open.path, open.error));
    return lines;
}

bool has_ends(const Forest &forest)
{
    return std::ranges::any_of(forest.programs(), [](const Program &each) { return each.duration_ns.has_value(); });
}

} // namespace snoop::snoop_why
