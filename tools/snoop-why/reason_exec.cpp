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

// Says why the kernel answers ENOENT although the file is there. Returns false if it is not.
bool lacks_interpreter(const FailedExec &exec, Reason &reason)
{
    const std::string path = full_path(exec);
    const auto missing = exists(path) ? missing_interpreter(path) : std::nullopt;

    if (!missing)
        return false;
    reason.is_certain = true;
    reason.text = fmt::format("{} could not execute {}: its {} {} does not exist", name_of(exec), exec.file,
                              missing->is_loader ? "loader" : "interpreter", missing->path);
    if (missing->path.ends_with('\r'))
        reason.more.emplace_back("a carriage return is a part of that name: the lines of the script end in CR LF");
    return true;
}

void not_found(const Case &failed, const Group &group, Reason &reason)
{
    Search search;

    for (const FailedExec *each : group) {
        search.add(each->file);
        if (failed.is_live && lacks_interpreter(*each, reason))
            return;
    }
    reason.text = fmt::format("{} found no program {}", name_of(*group.back()), search.phrase(true));
    if (!failed.is_live)
        return;
    if (group.size() == 1)
        if (std::string hint = why_missing(full_path(*group.back())); !hint.empty()) {
            reason.more.push_back(std::move(hint));
            return;
        }
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
        const std::string interpreter = interpreter_of(path);
        if (const auto denies = who_denies(interpreter, failed.program().user, 1); denies && !interpreter.empty())
            return fmt::format(": for its interpreter {}, {} denies {}", interpreter, *denies, failed.program().user);
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
    else if (exec.error == "EINTR") // only a signal that kills interrupts an exec
        reason.text = fmt::format("{} was killed before it executed {}", name_of(exec), exec.file);
    else {
        // A program is there. In a search, a directory may deny.
        reason.is_certain = group.size() == 1 && exec.error != "ENOTDIR";
        reason.text = fmt::format("{} could not execute {}: {}{}", name_of(exec), exec.file, error_text(exec.error),
                                  detail_of(failed, exec));
    }
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
