// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-diff/wrappers.hpp"

#include <algorithm>
#include <cstdint>

namespace snoop::snoop_diff {
namespace {

std::unordered_set<std::uint32_t> names_of(Job &job, std::size_t process)
{
    std::unordered_set<std::uint32_t> names;

    for (const std::size_t program : job.process(process).programs)
        names.insert(job.name_number(program));
    return names;
}

// The first process that runs a command of `root` of the other job; `from` if there is none. All of a job with one root
// come after it.
std::size_t find_root(Job &job, std::size_t from, Job &other, std::size_t root)
{
    std::unordered_set<std::uint64_t> commands;

    for (const std::size_t program : other.process(root).programs)
        commands.insert(other.command(program));
    for (std::size_t i = from + 1; i < job.processes(); i++)
        if (std::ranges::any_of(job.process(i).programs,
                                [&](std::size_t program) { return commands.contains(job.command(program)); }))
            return i;
    return from;
}

} // namespace

void skip_wrappers(Job &a, std::vector<std::size_t> &roots_a, Job &b, std::vector<std::size_t> &roots_b)
{
    if (roots_a.size() != 1 || roots_b.size() != 1)
        return;
    std::size_t &root_a = roots_a.front(), &root_b = roots_b.front();
    const auto of_a = names_of(a, root_a), of_b = names_of(b, root_b);

    if (std::ranges::any_of(of_a, [&](std::uint32_t name) { return of_b.contains(name); }))
        return;
    if (const std::size_t in_b = find_root(b, root_b, a, root_a); in_b != root_b)
        root_b = in_b;
    else
        root_a = find_root(a, root_a, b, root_b);
}

std::vector<std::size_t> children_of(const Job &job, std::size_t process,
                                     const std::unordered_set<std::size_t> &wrappers)
{
    std::vector<std::size_t> all = job.process(process).children;

    if (!wrappers.empty())
        std::erase_if(all, [&](std::size_t child) {
            const auto parent = job.program(job.process(child).programs.front()).parent;
            return parent && wrappers.contains(*parent);
        });
    return all;
}

} // namespace snoop::snoop_diff
