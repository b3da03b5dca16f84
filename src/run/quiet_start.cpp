// SPDX-License-Identifier: BSD-2-Clause
#include "run/quiet_start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>

namespace snoop {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds quiet_time{5};

} // namespace

QuietStart::QuietStart(int rows_fd)
{
    if (isatty(rows_fd) && isatty(STDERR_FILENO))
        end_ = Clock::now() + quiet_time;
}

bool QuietStart::is_over(std::uint64_t printed)
{
    if (printed > 0)
        end_.reset();
    if (!end_ || Clock::now() < *end_)
        return false;
    end_.reset();
    return true;
}

std::optional<milliseconds> QuietStart::at_most(std::optional<milliseconds> limit) const
{
    if (!end_)
        return limit;
    const auto left = std::max(std::chrono::ceil<milliseconds>(*end_ - Clock::now()), milliseconds{0});
    return std::min(limit.value_or(left), left);
}

std::string QuietStart::text(const CommonOptions &options, std::uint64_t filtered)
{
    std::string filters = options.given_filters;

    if (!options.command.empty())
        filters += fmt::format("{}only {} and its descendants", filters.empty() ? "" : ", ", options.command.front());
    if (filters.empty())
        return fmt::format("no event in {} s; no filter is set", quiet_time.count());
    return fmt::format("no event matched in {} s; filters: {}; events filtered out: {}", quiet_time.count(), filters,
                       filtered);
}

} // namespace snoop
