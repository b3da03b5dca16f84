// SPDX-License-Identifier: BSD-2-Clause
// openguard's filters and their negations, by replays.
#include "unit/partition.hpp"
#include "unit/replay.hpp"

#include <snoop/openguard.h>

namespace {

class OpenguardFilters : public Replay {
protected:
    OpenguardFilters() : Replay("openguard", GUARD_FORMAT, GUARD_EVENT) {}
};

TEST_F(OpenguardFilters, NegationsShowTheRest)
{
    std::vector<Record> records;
    const std::string path = with_nuls({"shadow", "etc"});
    const ReplayWith with = [&](const std::vector<std::string> &options) { return replay(records, options); };

    for (unsigned i = 0; i < 12; i++) {
        auto e = new_event<guard_event>(GUARD_EVENT, 0, "a-name");
        make_different(e, i);
        e.path_len = static_cast<std::uint16_t>(path.size());
        e.rec.size = static_cast<std::uint32_t>(sizeof(e) + path.size());
        records.push_back(record_of(e, path));
    }
    expect_partitions_by_task(with);
    expect_partition(with, "--comm", "b-name");
}

} // namespace
