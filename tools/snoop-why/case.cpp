// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/case.hpp"
#include "base/error.hpp"
#include "snoop-why/benign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace snoop::snoop_why {
namespace {

// When each process of a program last opened a file of a name: a failure before that was a step of a search. A program
// may have forked.
std::map<std::pair<std::uint32_t, std::string_view>, std::uint64_t> found_names(const Forest &forest,
                                                                                std::size_t program)
{
    std::map<std::pair<std::uint32_t, std::string_view>, std::uint64_t> found;

    for (const Open &open : forest.opens())
        if (open.program == program && open.error.empty())
            found[{open.pid, searched_name(open.path)}] = open.ts_ns;
    return found;
}

// A file, and an error with it.
using Miss = std::pair<std::string_view, std::string_view>;

Miss miss_of(const Open &open) { return {open.resolved.empty() ? open.path : open.resolved, open.error}; }

// Programs missed these and succeeded. One that only looks whether a file is there does not need it.
std::set<Miss> missed_by_others(const Forest &forest)
{
    std::set<Miss> all;

    for (const Open &open : forest.opens())
        if (!open.error.empty() && open.program && !open.path_only)
            if (const Program &by = forest.programs()[*open.program]; by.exit_code == 0U)
                all.insert(miss_of(open));
    return all;
}

} // namespace

Case case_of(const Forest &forest, std::size_t program, bool is_live, std::uint64_t since_ns)
{
    Case found{&forest, program, is_live && forest.programs()[program].container.empty(), since_ns, {}, {}};
    const auto missed = missed_by_others(forest);
    const auto names = found_names(forest, program);
    const auto &args = forest.programs()[program].args;

    for (const FailedExec &exec : forest.failed_execs())
        if (exec.program == program && exec.ts_ns >= since_ns && !exec.is_found_later)
            found.execs.push_back(&exec);
    for (const Open &open : forest.opens()) {
        if (open.program != program || open.error.empty() || open.ts_ns < since_ns)
            continue;
        // Execs have rows of their own.
        if (open.via == "exec" && !forest.failed_execs().empty())
            continue;
        if ((is_benign(open) || missed.contains(miss_of(open))) &&
            std::find(args.begin(), args.end(), open.path) == args.end())
            continue;
        const auto later = names.find({open.pid, searched_name(open.path)});
        if (later == names.end() || later->second < open.ts_ns)
            found.opens.push_back(&open);
    }
    return found;
}

Case unseen(const Case &failed)
{
    return Case{failed.forest, failed.index, false, failed.since_ns, failed.execs, failed.opens};
}

std::string name_of(const Program &program)
{
    return fmt::format("{} (pid {})", program.comm.empty() ? "a program" : program.comm, program.pid);
}

std::string name_of(const Event &event) { return fmt::format("{} (pid {})", event.comm, event.pid); }

std::string full_path(const Open &open) { return std::string{open.resolved.empty() ? open.path : open.resolved}; }

std::string full_path(const FailedExec &exec)
{
    if (exec.file.starts_with('/') || exec.cwd.empty())
        return std::string{exec.file};
    return fmt::format("{}/{}", exec.cwd, exec.file.starts_with("./") ? exec.file.substr(2) : exec.file);
}

std::string_view base_name(std::string_view path)
{
    while (path.size() > 1 && path.ends_with('/'))
        path.remove_suffix(1);
    const auto slash = path.rfind('/');
    return slash == path.npos || path.size() == 1 ? path : path.substr(slash + 1);
}

std::string_view directory_of(std::string_view path)
{
    while (path.size() > 1 && path.ends_with('/'))
        path.remove_suffix(1);
    const auto slash = path.rfind('/');
    if (slash == path.npos)
        return ".";
    return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

std::string_view searched_name(std::string_view path)
{
    const std::string_view name = base_name(path);

    if (name.starts_with("lib") && (name.ends_with(".so") || name.ends_with(".a")))
        return name.substr(0, name.rfind('.'));
    return name;
}

bool is_library(std::string_view path)
{
    const std::string_view name = base_name(path);
    return name.ends_with(".so") || name.find(".so.") != name.npos;
}

std::string error_text(std::string_view name)
{
    constexpr int most_errno = 133;

    for (int err = 1; err <= most_errno; err++)
        if (errno_name(err) == name)
            return describe_errno(err);
    return std::string{name};
}

std::string counted(std::size_t number, std::string_view one, std::string_view many)
{
    return fmt::format("{} {}", number, number == 1 ? one : many);
}

} // namespace snoop::snoop_why
