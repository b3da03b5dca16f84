// SPDX-License-Identifier: BSD-2-Clause
#include "base/suggest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace snoop {
namespace {

constexpr std::size_t most_names = 3;

// The number of letters to insert, delete, replace or swap with the next one (optimal string
// alignment), at most `most` + 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most)
{
    if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > most)
        return most + 1;
    std::vector<std::size_t> above2(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); i++) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); j++) {
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], above2[j - 2] + 1);
        }
        if (*std::ranges::min_element(row) > most)
            return most + 1;
        std::swap(above2, above);
        std::swap(above, row);
    }
    return std::min(above[b.size()], most + 1);
}

// A name that the compiler ("read.isra.0") or the kernel ("__x64_sys_read") made of `name` is
// similar to it, however long it is.
std::size_t distance(std::string_view name, std::string_view candidate, std::size_t most)
{
    if (name.size() >= 4 && candidate.find(name) != candidate.npos)
        return candidate.starts_with(name) && candidate.substr(name.size()).starts_with('.')
                   ? 1
                   : std::min<std::size_t>(most, 2);
    return edit_distance(name, candidate, most);
}

} // namespace

void Suggestions::consider(std::string_view candidate)
{
    const std::size_t most = name_.size() < 4 ? 1 : name_.size() < 8 ? 2 : 3;
    const std::size_t far = distance(name_, candidate, most);
    const auto entry = std::pair{far, std::string{candidate}};

    if (far > most || std::ranges::find(best_, entry) != best_.end())
        return;
    // Equally similar names by length: a short one adds the least to the name.
    const auto nearer = [](const auto &a, const auto &b) {
        return std::tuple{a.first, a.second.size(), std::string_view{a.second}} <
               std::tuple{b.first, b.second.size(), std::string_view{b.second}};
    };
    best_.insert(std::ranges::upper_bound(best_, entry, nearer), entry);
    if (best_.size() > most_names)
        best_.pop_back();
}

std::vector<std::string> Suggestions::names() const
{
    std::vector<std::string> all;

    // If one name differs by a letter, names that differ by three were hardly meant.
    for (const auto &[far, name] : best_)
        if (far <= 2 * best_.front().first)
            all.push_back(name);
    return all;
}

std::string Suggestions::hint() const
{
    const auto all = names();

    return all.empty() ? "" : fmt::format("; did you mean {}?", fmt::join(all, " or "));
}

} // namespace snoop
