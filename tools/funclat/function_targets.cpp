// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/function_targets.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

namespace snoop::funclat {
namespace {

using AttachPoint = FunctionTarget::AttachPoint;

bool has_kernel_function(const FunctionTarget &target, const KernelFunction &function)
{
    return std::ranges::any_of(target.kernel, [&](const KernelFunction &one) {
        return one.name == function.name && one.addresses == function.addresses;
    });
}

bool has_point(const FunctionTarget &target, const AttachPoint &point)
{
    return std::ranges::any_of(target.points, [&](const AttachPoint &one) {
        return one.file == point.file && one.pid == point.pid && one.offset == point.offset;
    });
}

// The paths of files that are in `all` already, by the path that `more` has for them. Adds the other files.
std::map<std::string, std::string> add_files(FunctionTarget &all, const FunctionTarget &more)
{
    std::map<std::string, std::string> known;

    for (const FileHandle &file : more.files) {
        const auto same = std::ranges::find(all.files, file.id(), &FileHandle::id);
        if (same != all.files.end())
            known.emplace(file.path(), same->path());
        else
            all.files.push_back(file);
    }
    return known;
}

// Adds a function's name and the like, and returns its number.
std::uint32_t add_name(FunctionTargets &all, const FunctionTarget &from, std::size_t number)
{
    all.target.names.push_back(from.names[number]);
    all.target.aliases.push_back(number < from.aliases.size() ? from.aliases[number] : std::vector<std::string>{});
    all.target.inlined.push_back(number < from.inlined.size() ? from.inlined[number] : std::nullopt);
    all.binaries.push_back(from.binary);
    return static_cast<std::uint32_t>(all.target.names.size() - 1);
}

} // namespace

void add_functions(FunctionTargets &all, const FunctionTarget &more)
{
    std::map<std::uint32_t, std::uint32_t> numbers; // in all, by the number in more
    const auto known_files = add_files(all.target, more);

    all.target.text += (all.target.text.empty() ? "" : " ") + more.text;
    all.target.binary = more.binary;
    all.target.is_pattern |= more.is_pattern;
    std::ranges::copy(more.notices, std::back_inserter(all.target.notices));
    std::ranges::copy(more.details, std::back_inserter(all.target.details));
    for (std::size_t i = 0; i < more.kernel.size(); i++)
        if (!has_kernel_function(all.target, more.kernel[i])) {
            add_name(all, more, i);
            all.target.kernel.push_back(more.kernel[i]);
        }
    std::vector<AttachPoint> added;
    for (AttachPoint point : more.points) {
        if (const auto known = known_files.find(point.file); known != known_files.end()) {
            point.file = known->second;
            if (has_point(all.target, point))
                continue;
        }
        const auto [at, is_new] = numbers.try_emplace(point.function);
        if (is_new)
            at->second = add_name(all, more, point.function);
        point.function = at->second;
        added.push_back(point);
    }
    std::ranges::copy(added, std::back_inserter(all.target.points));
}

FunctionTargets find_all_functions(const std::vector<std::string> &texts, const std::vector<std::uint32_t> &pids)
{
    FunctionTargets all;

    for (const bool of_programs : {false, true})
        for (const std::string &text : texts)
            if (is_user_function(text) == of_programs)
                add_functions(all, find_functions(text, pids));
    return all;
}

} // namespace snoop::funclat
