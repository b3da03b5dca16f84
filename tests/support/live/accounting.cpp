// SPDX-License-Identifier: BSD-2-Clause
#include "accounting.hpp"

#include "reading.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace snoop::test {

std::map<std::string, std::uint64_t> accounting_of(const std::string &err)
{
    constexpr const char *number =
        R"((descendants lost|lineages lost|seen|printed|counted|filtered|other|lost|unwritten|unrecorded|after stop|in flight|truncated|faulted) (\d+)|lost, ([a-z ]+): (\d+))";
    std::map<std::string, std::uint64_t> accounting;
    const auto lines = split_lines(err);
    const std::string last = lines.empty() ? "" : lines.back();

    if (last.starts_with('{')) {
        const Json all = parse_json(last);
        for (const auto &[key, value] : all.items())
            if (value.is_number())
                accounting[key] = value;
        for (const auto &[key, value] : all["lost_by"].items())
            accounting[key] = value;
    } else {
        for (const Groups &said : all_groups_in(last, number)) {
            const bool is_cause = !said[3].empty();
            std::string key = said[is_cause ? 3 : 1];
            std::ranges::replace(key, ' ', '_');
            accounting[key] = std::stoull(said[is_cause ? 4 : 2]);
        }
    }
    if (!accounting.contains("seen"))
        throw std::runtime_error("no accounting at the end of stderr:\n" + err);
    return accounting;
}

std::map<std::string, std::uint64_t> expect_balance(const std::string &err)
{
    auto accounting = accounting_of(err);

    EXPECT_EQ(accounting["seen"], accounting["printed"] + accounting["counted"] + accounting["filtered"] +
                                      accounting["other"] + accounting["lost"] + accounting["kept"] +
                                      accounting["unwritten"] + accounting["after_stop"] + accounting["in_flight"])
        << err;
    return accounting;
}

} // namespace snoop::test
