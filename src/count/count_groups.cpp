// SPDX-License-Identifier: BSD-2-Clause
#include "count/count_groups.hpp"

namespace snoop {

void CountGroups::set(std::string_view key, std::uint64_t sum)
{
    Counter &counter = counters_[std::string{key}];
    std::uint64_t more = sum > counter.sum ? sum - counter.sum : 0;

    counter.sum += more;
    if (!counter.group) {
        auto group = keys_.group(key);
        if (!group)
            return;
        counter.group = &*groups_.try_emplace(*std::move(group)).first;
        more = counter.sum;
    }
    Group &group = counter.group->second;
    group.sum += more;
    if (more > 0 && !group.has_grown) {
        group.has_grown = true;
        grown_.push_back(counter.group);
    }
}

void CountGroups::write_to(CountTable &table)
{
    for (Groups::value_type *group : grown_) {
        table.set(group->first, group->second.sum);
        group->second.has_grown = false;
    }
    grown_.clear();
}

std::uint64_t CountGroups::unnamed() const
{
    std::uint64_t sum = 0;

    for (const auto &[key, counter] : counters_)
        if (!counter.group)
            sum += counter.sum;
    return sum;
}

} // namespace snoop
