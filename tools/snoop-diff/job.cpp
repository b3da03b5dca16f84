// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-diff/job.hpp"
#include "forest/launchers.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace snoop::snoop_diff {
namespace {

// The finalizer of SplitMix64.
std::uint64_t mix(std::uint64_t x)
{
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

std::uint64_t chain(std::uint64_t hash, std::uint64_t next) { return mix(hash ^ mix(next)); }

// The system interrupted the call, or nothing was there yet: programs try again.
bool is_passing(std::string_view error)
{
    constexpr std::string_view passing[] = {"EINTR", "EAGAIN", "ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND"};

    return std::find(std::begin(passing), std::end(passing), error) != std::end(passing);
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

} // namespace

Job::Job(const Forest &forest, const Vocabulary &own, const Vocabulary &other, Numbers &numbers)
    : forest_(forest),
      own_(own),
      other_(other),
      numbers_(numbers),
      is_launcher_(launchers_of(forest)),
      lookups_(forest.programs().size()),
      failed_(forest.programs().size())
{
    join_processes();
    find_roots();
    take_opens();
    take_failed_execs();
    take_fingerprints();
}

std::uint32_t Job::number(std::string_view text)
{
    const auto [it, is_new] = known_.try_emplace(text.data(), 0);

    if (is_new)
        it->second = numbers_.of(normalized(text, own_, other_));
    return it->second;
}

std::uint32_t Job::name_number(std::size_t program)
{
    return numbers_.of(normalized(forest_.programs()[program].name(), own_, other_));
}

std::vector<std::uint32_t> Job::argument_numbers(const std::vector<std::string_view> &args)
{
    std::vector<std::uint32_t> all;

    for (std::size_t i = 1; i < args.size(); i++)
        all.push_back(number(args[i]));
    return all;
}

// A program that its process ran after another one is in the process of that.
void Job::join_processes()
{
    const std::vector<Program> &programs = forest_.programs();
    std::vector<std::optional<std::size_t>> before(programs.size());

    process_of_.resize(programs.size());
    for (std::size_t i = 0; i < programs.size(); i++)
        if (programs[i].next)
            before[*programs[i].next] = i;
    for (std::size_t i = 0; i < programs.size(); i++) {
        if (before[i]) {
            process_of_[i] = process_of_[*before[i]];
            processes_[process_of_[i]].programs.push_back(i);
            continue;
        }
        process_of_[i] = processes_.size();
        processes_.emplace_back().programs.push_back(i);
        if (!programs[i].parent)
            continue;
        processes_.back().has_parent = true;
        processes_[process_of_[*programs[i].parent]].children.push_back(process_of_[i]);
    }
}

void Job::find_roots()
{
    std::vector<std::size_t> all;

    for (std::size_t i = 0; i < processes_.size(); i++)
        if (!processes_[i].has_parent)
            all.push_back(i);
    for (std::size_t i = 0; i < all.size(); i++) { // which grows
        const Process &process = processes_[all[i]];
        if (is_launcher(process.programs.back()))
            std::copy(process.children.begin(), process.children.end(), std::back_inserter(all));
        else
            roots_.push_back(all[i]);
    }
    std::sort(roots_.begin(), roots_.end());
}

void Job::take_opens()
{
    for (std::size_t i = 0; i < forest_.opens().size(); i++) {
        const Open &open = forest_.opens()[i];
        // An exec opens its program, as its own row tells.
        if (!open.program || is_passing(open.error) ||
            (open.via == "exec" && forest_.programs()[*open.program].is_seen))
            continue;
        lookups_[*open.program].push_back({number(open.path), number(open.resolved), number(open.error), i});
    }
    for (std::vector<Lookup> &all : lookups_) {
        std::stable_sort(all.begin(), all.end(), [](const Lookup &a, const Lookup &b) {
            return std::pair{a.path, a.error != 0} < std::pair{b.path, b.error != 0};
        });
        const auto same = [](const Lookup &a, const Lookup &b) { return a.path == b.path; };
        all.erase(std::unique(all.begin(), all.end(), same), all.end());
    }
}

// A shell tries a command in several places. Like the shell, this takes an error that is not ENOENT for the reason.
void Job::take_failed_execs()
{
    std::unordered_map<std::uint64_t, std::size_t> known; // program and command: index into failed_ of the program

    for (std::size_t i = 0; i < forest_.failed_execs().size(); i++) {
        const FailedExec &exec = forest_.failed_execs()[i];
        if (!exec.program || exec.is_found_later)
            continue;
        const std::uint64_t command = command_of(exec.file, exec.args);
        std::vector<FailedCommand> &all = failed_[*exec.program];
        const auto [it, is_new] = known.try_emplace(chain(command, *exec.program), all.size());
        if (is_new)
            all.push_back({command, number(exec.error), i, 0});
        FailedCommand &failed = all[it->second];
        failed.tries++;
        if (exec.error != "ENOENT")
            failed = {command, number(exec.error), i, failed.tries};
    }
}

std::uint64_t Job::command_of(std::string_view file, const std::vector<std::string_view> &args)
{
    std::uint64_t hash = numbers_.of(normalized(last_part(file), own_, other_));

    for (const std::uint32_t argument : argument_numbers(args))
        hash = chain(hash, argument);
    return hash;
}

std::uint64_t Job::command(std::size_t i)
{
    const Program &program = forest_.programs()[i];

    return program.args.empty() ? name_number(i) : command_of(program.file, program.args);
}

std::uint64_t Job::fingerprint_of(std::size_t i)
{
    const Program &program = forest_.programs()[i];
    std::uint64_t hash = command(i);

    for (const std::string_view text : {program.file, program.resolved, program.interp, program.signal})
        hash = chain(hash, number(text));
    hash = chain(hash, program.exit_code.value_or(-1));
    for (const Lookup &lookup : lookups_[i])
        hash = chain(chain(chain(hash, lookup.path), lookup.error), lookup.resolved);
    for (const FailedCommand &failed : failed_[i])
        hash = chain(chain(hash, failed.command), failed.error);
    return hash;
}

// Children come after their parents, and are added in any order.
void Job::take_fingerprints()
{
    for (std::size_t i = processes_.size(); i-- > 0;) {
        Process &process = processes_[i];
        process.command = command(process.programs.front());
        for (const std::size_t program : process.programs)
            process.fingerprint = chain(process.fingerprint, fingerprint_of(program));
        std::uint64_t below = 0;
        for (const std::size_t child : process.children) {
            below += mix(processes_[child].fingerprint);
            process.size += processes_[child].size;
        }
        process.fingerprint = chain(process.fingerprint, below);
    }
}

} // namespace snoop::snoop_diff
