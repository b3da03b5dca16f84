// SPDX-License-Identifier: BSD-2-Clause
// Counts by key as they grow: totals, what an interval added, rate and share, sorted.
//     CountTable table;
//     table.set(key, sum); …                   // a snapshot of the counters
//     table.end_interval(seconds);
//     for (const Count &count : table.sorted(Order::count)) …
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

enum class Order { count, rate, key };

struct Count {
    std::string_view key;
    std::uint64_t count; // since the start, or since clear()
    std::uint64_t delta; // in the last interval
    double rate;         // delta a second
    double share;        // of all counts, 0 to 1
};

class CountTable {
public:
    // A key's counter has come to `sum`. One that went down, or came again with less,
    // changes nothing: counters only grow.
    void set(std::string_view key, std::uint64_t sum);

    // The interval is over, after so many seconds.
    void end_interval(double seconds);

    // From here on counts start at 0 again.
    void clear();

    // The largest first; keys in their order. Without keys that have nothing to show.
    [[nodiscard]] std::vector<Count> sorted(Order order) const;
    // All of them together; its key is empty.
    [[nodiscard]] Count total() const;
    // Of all counters, whatever was cleared.
    [[nodiscard]] std::uint64_t sum() const;

private:
    struct Counter {
        std::uint64_t sum = 0, before = 0, cleared = 0, delta = 0;
    };

    std::map<std::string, Counter, std::less<>> counters_;
    double seconds_ = 0;
};

} // namespace snoop
