// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop's filters and their negations, by replays.
#include "unit/partition.hpp"
#include "unit/replay.hpp"

#include <snoop/usdtsnoop.h>

namespace {

class UsdtsnoopFilters : public Replay {
protected:
    UsdtsnoopFilters() : Replay("usdtsnoop", USDT_FORMAT, USDT_EVENT) {}
};

TEST_F(UsdtsnoopFilters, NegationsShowTheRest)
{
    std::vector<Record> records;
    const std::string names = with_nuls({"/usr/bin/app", "app", "start"});
    const ReplayWith with = [&](const std::vector<std::string> &options) { return replay(records, options); };

    for (unsigned i = 0; i < 12; i++) {
        auto e = new_event<usdt_event>(USDT_EVENT, 0, "a-name");
        make_different(e, i);
        e.names_len = static_cast<std::uint16_t>(names.size());
        e.rec.size = static_cast<std::uint32_t>(sizeof(e) + names.size());
        records.push_back(record_of(e, names));
    }
    expect_partitions_by_task(with);
    expect_partition(with, "--comm", "b-name");
    EXPECT_EQ(replay(records, {"--errno", "ENOENT"}).exit, 2); // a hit has no result
}

} // namespace
