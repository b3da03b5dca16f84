// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/reasons.hpp"
#include "snoop-why/search.hpp"
#include "snoop-why/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <unordered_set>

namespace snoop::snoop_why {
namespace {

constexpr std::size_t most_files = 1024; // that are read, last one first

} // namespace

std::optional<std::string> includer_of(const Case &failed, const Reason &missing)
{
    if (!failed.is_live || missing.opens.empty() || missing.opens.front()->error != "ENOENT")
        return std::nullopt;
    Search search;
    for (const Open *open : missing.opens)
        search.add(open->path);
    const std::string common = search.common_end();
    std::unordered_set<std::string_view> read;
    const auto &opens = failed.forest->opens();

    for (auto it = opens.rbegin(); it != opens.rend() && read.size() < most_files; it++) {
        if (it->program != failed.index || !it->error.empty() || it->for_writing ||
            it->ts_ns > missing.opens.front()->ts_ns || !read.insert(it->path).second)
            continue;
        const auto text = read_script(full_path(*it));
        if (const auto line = text ? line_that_includes(*text, common) : std::nullopt)
            return fmt::format("{}:{}", it->path, *line);
    }
    return std::nullopt;
}

} // namespace snoop::snoop_why
