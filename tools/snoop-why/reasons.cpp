// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/reasons.hpp"
#include "snoop-why/benign.hpp"
#include "snoop-why/chain.hpp"

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

    for (const Open &each : failed.forest->opens()) { // by time
        if (each.program != failed.index || !each.error.empty() || each.via == "exec")
            continue;
        const auto [it, is_new] = first_ns.try_emplace(each.path, each.ts_ns);
        if (!is_of_an_end(each))
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

// Whether an argument names a file: "x.conf", "--file=x.conf", "-lfoo", "foo >= 2" of pkg-config.
bool does_name(std::string_view arg, std::string_view path)
{
    const std::string_view name = searched_name(path);

    if (arg.starts_with("-l") && name.starts_with("lib") && arg.substr(2) == name.substr(3))
        return true;
    if (name.ends_with(".pc") && arg.substr(0, arg.find(' ')) == name.substr(0, name.rfind('.')))
        return true;
    return arg.ends_with(path) && (arg.size() == path.size() || arg[arg.size() - path.size() - 1] == '=');
}

// Whether the command line names one of the files.
bool is_asked_for(const Case &failed, const Reason &reason)
{
    const auto &args = failed.program().args;

    return std::any_of(reason.opens.begin(), reason.opens.end(), [&](const Open *open) {
        return std::any_of(args.begin(), args.end(), [&](std::string_view arg) { return does_name(arg, open->path); });
    });
}

template <class Is> bool is_any(const Reason &reason, Is is)
{
    return std::any_of(reason.opens.begin(), reason.opens.end(), [&](const Open *each) { return is(*each); });
}

// Whether the program seems to have done without it: the files are optional, or it did other work after this.
bool did_without(const Case &failed, const Reason &reason, std::uint64_t worked_ns)
{
    if (is_asked_for(failed, reason) || is_any(reason, is_fatal))
        return false;
    return is_any(reason, is_optional) || worked_ns > reason.ts_ns;
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
    for (Reason &reason : candidates)
        (did_without(failed, reason, worked_ns) ? all.others : all.found).push_back(std::move(reason));
    if (!all.found.empty())
        return all;
    if (auto reason = module_not_found(failed))
        all.found.push_back(std::move(*reason));
    else if (auto command = command_not_found(failed))
        all.found.push_back(std::move(*command));
    return all;
}

} // namespace snoop::snoop_why
