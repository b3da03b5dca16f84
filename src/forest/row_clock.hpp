// SPDX-License-Identifier: BSD-2-Clause
// Puts the rows of several recordings on one clock. ts_ns counts from the boot of a machine: rows of another machine,
// or of another boot, are placed by their UTC time.
//     RowClock clock;
//     clock.ts_ns(row)
#pragma once

#include "forest/row.hpp"

#include <cstdint>
#include <optional>

namespace snoop {

class RowClock {
public:
    // The time of the row on the clock of the first one that has both times; 0 if it has no ts_ns.
    std::uint64_t ts_ns(const Row &row);

private:
    std::optional<std::int64_t> boot_ns_; // in UTC: of the first row
};

} // namespace snoop
