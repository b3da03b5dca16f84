// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/reasons.hpp"
#include "snoop-why/benign.hpp"
#include "snoop-why/chain.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace snoop::snoop_why {
namespace {

// Whether the program opened other files for its work after this. One that it had read before is read again to show the
// line that is wrong.
bool opened_more(const Case &failed, std::uint64_t since_ns)
{
    std::unordered_set<std::string_view> known;

    for (const Open &each : failed.forest->opens()) {
        if (each.program != failed.index || !each.error.empty() || each.via == "exec")
            continue;
        if (each.ts_ns <= since_ns)
            known.insert(each.path);
        else if (!is_of_an_end(each) && !known.contains(each.path))
            return true;
    }
    return false;
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
bool did_without(const Case &failed, const Reason &reason)
{
    const auto &programs = failed.forest->programs();

    if (is_asked_for(failed, reason) || is_any(reason, is_fatal))
        return false;
    return is_any(reason, is_optional) || opened_more(failed, reason.ts_ns) ||
           std::any_of(programs.begin(), programs.end(), [&](const Program &each) {
               return each.parent == failed.index && each.is_seen && each.start_ns > reason.ts_ns;
           });
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
    for (Reason &reason : candidates)
        (did_without(failed, reason) ? all.others : all.found).push_back(std::move(reason));
    if (!all.found.empty())
        return all;
    if (auto reason = module_not_found(failed))
        all.found.push_back(std::move(*reason));
    else if (auto command = command_not_found(failed))
        all.found.push_back(std::move(*command));
    return all;
}

} // namespace snoop::snoop_why
