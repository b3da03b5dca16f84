// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-diff/program_differences.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

namespace snoop::snoop_diff {
namespace {

std::string status_of(const Program &program)
{
    if (program.signal.empty())
        return "exit " + std::to_string(*program.exit_code);
    std::string text{program.signal};
    if (program.is_oom)
        text += ", out of memory";
    else if (!program.killed_by.empty())
        text += ", sent by " + std::string{program.killed_by};
    return text;
}

bool has_ended(const Program &program) { return program.exit_code || !program.signal.empty(); }

std::string file_of(const Program &program)
{
    std::string text{program.file.empty() ? program.comm : program.file};

    if (!program.resolved.empty() && program.resolved != program.file)
        text += " -> " + std::string{program.resolved};
    if (!program.interp.empty())
        text += " by " + std::string{program.interp};
    return text;
}

// The arguments that `others` does not have.
std::string only_in(const std::vector<std::string_view> &args, const std::vector<std::uint32_t> &numbers,
                    const std::vector<std::uint32_t> &others)
{
    std::unordered_map<std::uint32_t, std::size_t> left;
    std::string text;

    for (const std::uint32_t other : others)
        left[other]++;
    for (std::size_t i = 0; i < numbers.size(); i++) {
        if (std::size_t &n = left[numbers[i]]; n > 0) {
            n--;
            continue;
        }
        text += (text.empty() ? "" : " ") + std::string{args[i + 1]};
    }
    return text;
}

std::string outcome_of(const Open &open) { return open.error.empty() ? "opened" : std::string{open.error}; }

bool is_not_found(const Open &open) { return open.error == "ENOENT" || open.error == "ENOTDIR"; }

} // namespace

// A row without a time counts as the first.
std::uint64_t ProgramComparison::since_first(std::uint64_t ts_ns) const
{
    return ts_ns - std::min(ts_ns, b_.forest().first_ns());
}

std::uint64_t ProgramComparison::start() const { return since_first(b_.program(in_b_).start_ns); }

std::uint64_t ProgramComparison::end() const { return start() + b_.program(in_b_).duration_ns.value_or(0); }

std::uint64_t ProgramComparison::at(const Event &in_b) const { return since_first(in_b.ts_ns); }

// After what A opened before it.
std::uint64_t ProgramComparison::at_in_a(std::size_t open) const
{
    std::uint64_t latest = start();

    for (const auto &[in_a, in_b] : opens_)
        if (in_a < open)
            latest = std::max(latest, at(b_.forest().opens()[in_b]));
    return latest;
}

Difference &ProgramComparison::add(Kind kind, std::string of_a, std::string of_b, std::uint64_t at_ns)
{
    Difference &difference =
        differences_.emplace_back(Difference{kind, {in_a_, std::move(of_a)}, {in_b_, std::move(of_b)}});

    difference.at_ns = at_ns;
    return difference;
}

void ProgramComparison::compare(std::size_t a, std::size_t b)
{
    in_a_ = a;
    in_b_ = b;
    if (a_.program(a).is_seen && b_.program(b).is_seen) {
        compare_program();
        compare_arguments();
        compare_status();
    }
    compare_lookups();
    compare_failed_execs();
}

void ProgramComparison::compare_program()
{
    const Program &a = a_.program(in_a_), &b = b_.program(in_b_);

    if (a_.number(a.file) != b_.number(b.file) || a_.number(a.resolved) != b_.number(b.resolved) ||
        a_.number(a.interp) != b_.number(b.interp))
        add(Kind::program, file_of(a), file_of(b), start());
}

void ProgramComparison::compare_arguments()
{
    const Program &a = a_.program(in_a_), &b = b_.program(in_b_);
    const auto of_a = a_.argument_numbers(a.args), of_b = b_.argument_numbers(b.args);

    if (of_a == of_b)
        return;
    std::string only_a = only_in(a.args, of_a, of_b), only_b = only_in(b.args, of_b, of_a);
    if (only_a.empty() && only_b.empty())
        only_a = only_b = "in another order";
    add(Kind::arguments, std::move(only_a), std::move(only_b), start());
}

void ProgramComparison::compare_status()
{
    const Program &a = a_.program(in_a_), &b = b_.program(in_b_);

    if (has_ended(a) && has_ended(b) && (a.exit_code != b.exit_code || a.signal != b.signal))
        add(Kind::status, status_of(a), status_of(b), end());
}

void ProgramComparison::compare_lookup(const Lookup &a, const Lookup &b)
{
    const Open &in_a = a_.forest().opens()[a.open], &in_b = b_.forest().opens()[b.open];

    if (a.error != b.error) {
        const bool is_file = (a.error == 0 && is_not_found(in_b)) || (b.error == 0 && is_not_found(in_a));
        add(is_file ? Kind::file : Kind::error, outcome_of(in_a), outcome_of(in_b), at(in_b)).paths = {in_b.path};
    } else if (a.resolved != b.resolved && a.resolved != 0 && b.resolved != 0) {
        add(Kind::resolved, std::string{in_a.resolved}, std::string{in_b.resolved}, at(in_b)).paths = {in_b.path};
    }
}

void ProgramComparison::compare_lookups()
{
    const auto &of_a = a_.lookups(in_a_), &of_b = b_.lookups(in_b_);
    std::vector<std::size_t> opened_in_a, opened_in_b, looked_for_in_a, looked_for_in_b;
    opens_.clear();
    const auto is_ignored = [&](const Job &job, const Lookup &lookup) {
        return options_.ignores && options_.ignores(job.forest().opens()[lookup.open].path);
    };

    for (auto a = of_a.begin(), b = of_b.begin(); a != of_a.end() || b != of_b.end();) {
        if (b == of_b.end() || (a != of_a.end() && a->path < b->path)) {
            if (!is_ignored(a_, *a))
                (a->error == 0 ? opened_in_a : looked_for_in_a).push_back(a->open);
            a++;
        } else if (a == of_a.end() || b->path < a->path) {
            if (!is_ignored(b_, *b))
                (b->error == 0 ? opened_in_b : looked_for_in_b).push_back(b->open);
            b++;
        } else {
            if ((a->error != b->error || a->resolved != b->resolved) && !is_ignored(b_, *b))
                compare_lookup(*a, *b);
            opens_.emplace_back(a->open, b->open);
            a++;
            b++;
        }
    }
    add_paths(Kind::opened, true, std::move(opened_in_a));
    add_paths(Kind::opened, false, std::move(opened_in_b));
    add_paths(Kind::looked_for, true, std::move(looked_for_in_a));
    add_paths(Kind::looked_for, false, std::move(looked_for_in_b));
    mark_consequences();
}

// A program that failed on one side, after a file that differs: what it opened on the other side alone from then on.
void ProgramComparison::mark_consequences()
{
    const auto failed = [](const Program &program) {
        return !program.signal.empty() || program.exit_code.value_or(0) != 0;
    };
    const bool a_failed = failed(a_.program(in_a_)), b_failed = failed(b_.program(in_b_));
    if (a_failed == b_failed)
        return;
    std::optional<std::uint64_t> cause;

    for (const Difference &each : differences_)
        if (each.a.program == in_a_ && (each.kind == Kind::file || each.kind == Kind::error))
            cause = std::min(each.at_ns, cause.value_or(each.at_ns));
    for (Difference &each : differences_)
        if (cause && each.a.program == in_a_ && each.kind == Kind::opened && each.at_ns >= *cause)
            each.is_consequence = (each.a.value == "opened") == b_failed;
}

void ProgramComparison::add_paths(Kind kind, bool is_in_a, std::vector<std::size_t> opens)
{
    if (opens.empty())
        return;
    const Forest &forest = (is_in_a ? a_ : b_).forest();
    std::sort(opens.begin(), opens.end());
    const Open &first = forest.opens()[opens.front()];
    const std::string here = kind == Kind::opened ? "opened" : std::string{first.error}, there = "not tried";
    Difference &difference =
        add(kind, is_in_a ? here : there, is_in_a ? there : here, is_in_a ? at_in_a(opens.front()) : at(first));
    for (const std::size_t i : opens)
        difference.paths.push_back(forest.opens()[i].path);
    if (is_in_a)
        difference.in_a_ns = first.ts_ns;
}

void ProgramComparison::compare_failed_execs()
{
    const auto &of_a = a_.failed(in_a_), &of_b = b_.failed(in_b_);
    std::unordered_map<std::uint64_t, const FailedCommand *> by_command;

    for (const FailedCommand &failed : of_b)
        by_command.emplace(failed.command, &failed);
    for (const FailedCommand &failed : of_a) {
        const auto other = by_command.find(failed.command);
        if (other == by_command.end()) {
            missed_.in_a.push_back({failed.command, failed.exec, in_a_, in_b_});
            continue;
        }
        if (failed.error != other->second->error) {
            const FailedExec &in_a = a_.forest().failed_execs()[failed.exec],
                             &in_b = b_.forest().failed_execs()[other->second->exec];
            add(Kind::exec, std::string{in_a.error}, std::string{in_b.error}, at(in_b)).paths = {
                in_b.args.empty() ? in_b.file : in_b.args.front()};
        }
        by_command.erase(other);
    }
    for (const FailedCommand &failed : of_b)
        if (by_command.contains(failed.command))
            missed_.in_b.push_back({failed.command, failed.exec, in_a_, in_b_});
}

} // namespace snoop::snoop_diff
