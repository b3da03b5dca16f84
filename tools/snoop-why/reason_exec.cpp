// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/files.hpp"
#include "snoop-why/reasons.hpp"
#include "snoop-why/search.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

namespace snoop::snoop_why {
namespace {

using Group = std::vector<const FailedExec *>;

// Returns the one of the tries for a command that says most: a file that is there beats those that are not.
const FailedExec &telling(const Group &group)
{
    const auto found = std::find_if(group.rbegin(), group.rend(), [](const auto *each) {
        return each->error != "ENOENT" && each->error != "ENOTDIR";
    });

    return found == group.rend() ? *group.back() : **found;
}

void say_near(const Group &group, Reason &reason)
{
    std::vector<std::string> directories;

    for (const FailedExec *each : group)
        directories.emplace_back(directory_of(full_path(*each)));
    if (std::string near = near_phrase(near_files(directories, base_name(group.back()->file))); !near.empty())
        reason.more.push_back(std::move(near));
}

// The reason that the kernel has for ENOENT if the file is there.
std::optional<std::string> lack_of_interpreter(const FailedExec &exec)
{
    const std::string path = full_path(exec);

    if (!exists(path))
        return std::nullopt;
    const auto missing = missing_interpreter(path);
    if (!missing)
        return std::nullopt;
    return missing->is_loader
               ? fmt::format("could not execute {}: its loader {} does not exist", exec.file, missing->path)
               : fmt::format("could not execute {}: its interpreter {} does not exist", exec.file, missing->path);
}

void not_found(const Case &failed, const Group &group, Reason &reason)
{
    Search search;
    const std::string name = name_of(*group.back());

    for (const FailedExec *each : group) {
        search.add(each->file);
        if (const auto lacks = failed.is_live ? lack_of_interpreter(*each) : std::nullopt) {
            reason.text = fmt::format("{} {}", name, *lacks);
            return;
        }
    }
    reason.text = fmt::format("{} found no program {}", name, search.phrase(true));
    if (!failed.is_live)
        return;
    if (const auto missing = missing_directory(full_path(*group.back())); missing && group.size() == 1)
        reason.more.push_back(fmt::format("the directory {} does not exist", *missing));
    say_near(group, reason);
}

std::string detail_of(const Case &failed, const FailedExec &exec)
{
    const std::string path = full_path(exec);

    if (exec.error == "E2BIG") {
        std::size_t bytes = 0;
        for (const std::string_view arg : exec.args)
            bytes += arg.size() + 1;
        return exec.args.empty()
                   ? std::string{}
                   : fmt::format(" ({} seen, {} bytes)", counted(exec.args.size(), "argument", "arguments"), bytes);
    }
    if (!failed.is_live)
        return {};
    if (exec.error == "EACCES") {
        if (is_noexec(path))
            return ": its file system is mounted noexec";
        if (const auto denies = who_denies(path, failed.program().user, 1))
            return fmt::format(": {} denies {}", *denies, failed.program().user);
    }
    if (exec.error == "ENOEXEC") {
        const std::string machine = foreign_machine(path);
        return machine.empty() ? ": it is neither a program nor a script with #!"
                               : fmt::format(": it is a program for {}", machine);
    }
    if (exec.error == "ENOTDIR")
        if (const auto file = file_on_the_way(path))
            return fmt::format(": {} is not a directory", *file);
    return {};
}

Reason reason_of(const Case &failed, const Group &group)
{
    const FailedExec &exec = telling(group);
    Reason reason{group.back()->ts_ns, {}};

    reason.execs = group;
    if (exec.error == "ENOENT")
        not_found(failed, group, reason);
    else
        reason.text = fmt::format("{} could not execute {}: {}{}", name_of(exec), exec.file, error_text(exec.error),
                                  detail_of(failed, exec));
    return reason;
}

} // namespace

std::vector<Reason> execs_that_failed(const Case &failed)
{
    std::vector<Group> groups;
    std::map<std::pair<std::uint32_t, std::string_view>, std::size_t> known; // thread and name: index into groups
    std::vector<Reason> reasons;

    for (const FailedExec *exec : failed.execs) {
        const auto [it, is_new] = known.try_emplace({exec->tid, base_name(exec->file)}, groups.size());
        if (is_new)
            groups.emplace_back();
        groups[it->second].push_back(exec);
    }
    const Case without_files = unseen(failed);
    for (std::size_t i = 0; i < groups.size(); i++)
        reasons.push_back(reason_of(i + most_looked_at < groups.size() ? without_files : failed, groups[i]));
    return reasons;
}

} // namespace snoop::snoop_why
