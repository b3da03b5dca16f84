// SPDX-License-Identifier: BSD-2-Clause
// Counts by key as they grow: totals, what an interval added, rate and share, sorted. Of
// each key several things may be counted: packets, and bytes beside them.
//     CountTable table{2};
//     table.set(key, {{packets, bytes}}); …    // a snapshot of the counters
//     table.end_interval(seconds);
//     for (const CountRow &count : table.sorted(SortOrder::count)) …
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

// By the counts of one measure, by what the last interval added to it, or by key.
struct SortOrder {
    enum By { count, rate, key };

    constexpr SortOrder(By by_what, std::size_t of = 0) : by(by_what), measure(of) {}
    bool operator==(const SortOrder &) const = default;

    By by;
    std::size_t measure;
};

// What one measure has come to.
struct MeasureValues {
    std::uint64_t count; // since the start, or since clear()
    std::uint64_t delta; // in the last interval
    double rate;         // delta a second
};

// A key's, with those of the first measure at hand.
struct CountRow : MeasureValues {
    std::string_view key;
    double share; // of all counts of the measure that it is sorted by, 0 to 1
    std::vector<MeasureValues> more;

    [[nodiscard]] const MeasureValues &of(std::size_t measure) const { return measure ? more[measure - 1] : *this; }
};

class CountTable {
public:
    explicit CountTable(std::size_t measures = 1) : measures_(measures) {}

    // A key's counters have come to `sums`, one for each measure. One that went down, or
    // came again with less, changes nothing: counters only grow.
    void set(std::string_view key, std::span<const std::uint64_t> sums);
    void set(std::string_view key, std::uint64_t sum) { set(key, std::span{&sum, 1}); }

    // The interval is over, after so many seconds.
    void end_interval(double seconds);

    // From here on counts start at 0 again.
    void clear();

    // The largest first; keys in their order. Without keys that have nothing to show.
    [[nodiscard]] std::vector<CountRow> sorted(SortOrder order) const;
    // All of them together; its key is empty.
    [[nodiscard]] CountRow total() const;
    // Of all counters, whatever was cleared.
    [[nodiscard]] std::uint64_t sum(std::size_t measure = 0) const;

private:
    struct Counter {
        std::uint64_t sum = 0, before = 0, cleared = 0, delta = 0;
    };

    [[nodiscard]] MeasureValues figures(const Counter &counter) const;

    std::size_t measures_;
    std::map<std::string, std::vector<Counter>, std::less<>> counters_;
    double seconds_ = 0;
};

} // namespace snoop
