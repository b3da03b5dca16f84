// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/reasons.hpp"
#include "snoop-why/benign.hpp"
#include "snoop-why/chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace snoop::snoop_why {
namespace {

// The last time that the program opened a file for its work that it had not read before. One that it had is read again
// to show the line that is wrong.
std::uint64_t last_new_file_ns(const Case &failed)
{
    std::unordered_map<std::string_view, std::uint64_t> first_ns;
    std::uint64_t last_ns = 0;
    // A shell reads a file that it could not execute, to see whether it is a script.
    const auto is_of_an_exec = [&](const Open &open) {
        return std::any_of(failed.execs.begin(), failed.execs.end(), [&](const FailedExec *exec) {
            return exec->file == open.path || full_path(*exec) == full_path(open);
        });
    };

    for (const Open &each : failed.forest->opens()) { // by time
        if (each.program != failed.index || !each.error.empty() || each.via == "exec")
            continue;
        const auto [it, is_new] = first_ns.try_emplace(each.path, each.ts_ns);
        if (!is_of_an_end(each) && !is_of_an_exec(each))
            last_ns = std::max(last_ns, it->second);
    }
    return last_ns;
}

// The last time that the program did other work: opened a file for it, or started a program.
std::uint64_t last_work_ns(const Case &failed)
{
    std::uint64_t last_ns = last_new_file_ns(failed);

    for (const Program &each : failed.forest->programs())
        if (each.parent == failed.index && each.is_seen)
            last_ns = std::max(last_ns, each.start_ns);
    return last_ns;
}

// Whether an argument names a file: "x.conf", "--file=x.conf", "-fx.conf", "-lfoo", "foo >= 2" of pkg-config.
bool does_name(std::string_view arg, std::string_view path)
{
    constexpr std::size_t short_option = 2; // "-f"
    const std::string_view name = searched_name(path);

    if (arg.starts_with("-l") && name.starts_with("lib") && arg.substr(2) == name.substr(3))
        return true;
    if (name.ends_with(".pc") && arg.substr(0, arg.find(' ')) == name.substr(0, name.rfind('.')))
        return true;
    if (!arg.ends_with(path))
        return false;
    const std::string_view before = arg.substr(0, arg.size() - path.size());
    return before.empty() || before.ends_with('=') || before.ends_with('@') || before.ends_with("://") ||
           (before.size() == short_option && before.front() == '-');
}

// Whether the command line names one of the files, or the program that could not be executed.
bool is_asked_for(const Case &failed, const Reason &reason)
{
    const Program &program = failed.program();
    const auto any_arg = [&](auto is) { return std::any_of(program.args.begin(), program.args.end(), is); };
    const auto is_open = [&](const Open *open) {
        const std::string full = full_path(*open);
        return any_arg([&](std::string_view arg) {
            return does_name(arg, open->path) ||
                   (!program.cwd.empty() && fmt::format("{}/{}", program.cwd, arg) == full);
        });
    };
    const auto is_exec = [&](const FailedExec *exec) {
        return any_arg([&](std::string_view arg) { return arg == exec->file || arg == base_name(exec->file); });
    };

    return std::any_of(reason.opens.begin(), reason.opens.end(), is_open) ||
           std::any_of(reason.execs.begin(), reason.execs.end(), is_exec);
}

template <class Is> bool is_any(const Reason &reason, Is is)
{
    return std::any_of(reason.opens.begin(), reason.opens.end(), [&](const Open *each) { return is(*each); });
}

// Whether the program seems to have done without it: the files are optional, it did other work after this, or it only
// looked whether they are there, as cp does with its last argument.
bool did_without(const Case &failed, const Reason &reason, std::uint64_t worked_ns)
{
    if (!reason.opens.empty() && std::all_of(reason.opens.begin(), reason.opens.end(), [](const Open *each) {
            return each->path_only && each->error == "ENOENT";
        }))
        return true;
    if (is_asked_for(failed, reason) || is_any(reason, is_fatal))
        return false;
    return is_any(reason, is_optional) || worked_ns > reason.ts_ns;
}

// Whether the exit status says that a program could not be executed, or not without a library that it needs.
bool does_status_say(const Case &failed, const Reason &reason)
{
    constexpr std::uint64_t not_found = 127;

    if (!reason.execs.empty())
        return has_status_of_exec(failed.program());
    return failed.program().exit_code == not_found &&
           is_any(reason, [](const Open &each) { return is_library(each.path); });
}

// Whether this is the reason for certain. One that the program alone knows of may be optional.
bool is_certain(const Case &failed, const Reason &reason)
{
    return reason.is_certain || is_asked_for(failed, reason) || is_any(reason, is_fatal) ||
           does_status_say(failed, reason);
}

void add_includer(const Case &failed, Reason &reason)
{
    if (const auto includer = includer_of(failed, reason)) {
        reason.is_certain = true;
        reason.more.insert(reason.more.begin(), fmt::format("{} includes it", *includer));
    }
}

} // namespace

Reasons reasons_of(const Case &failed)
{
    Reasons all;
    std::vector<Reason> candidates;
    const auto add = [&](std::vector<Reason> more) {
        std::move(more.begin(), more.end(), std::back_inserter(candidates));
    };

    if (auto reason = killed(failed)) {
        all.found.push_back(std::move(*reason));
        return all;
    }
    add(execs_that_failed(failed));
    add(files_not_found(failed));
    add(files_refused(failed));
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Reason &a, const Reason &b) { return a.ts_ns > b.ts_ns; });
    std::stable_partition(candidates.begin(), candidates.end(),
                          [&](const Reason &each) { return is_asked_for(failed, each); });
    const std::uint64_t worked_ns = last_work_ns(failed);
    for (Reason &reason : candidates) {
        if (did_without(failed, reason, worked_ns)) {
            all.others.push_back(std::move(reason));
            continue;
        }
        if (all.found.empty() && all.possible.empty() && !is_certain(failed, reason))
            add_includer(failed, reason);
        (is_certain(failed, reason) ? all.found : all.possible).push_back(std::move(reason));
    }
    if (!all.found.empty())
        return all;
    auto reason = module_not_found(failed);
    if (!reason)
        reason = command_not_found(failed);
    if (reason && reason->is_certain)
        all.found.push_back(std::move(*reason));
    else if (reason)
        all.possible.insert(all.possible.begin(), std::move(*reason));
    return all;
}

} // namespace snoop::snoop_why
