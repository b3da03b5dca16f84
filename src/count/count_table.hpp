// SPDX-License-Identifier: BSD-2-Clause
// Growing counts by key: totals, the increase in the last interval, rate and share, sorted.
// A key can have several measures, such as packets and bytes.
//     CountTable table{2};
//     table.set(key, {{packets, bytes}}); …    // a snapshot of the counters
//     table.end_interval(seconds);
//     for (const CountRow &row : table.sorted(SortOrder::count)) …
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snoop {

// By the total of one measure, by its increase in the last interval, or by key.
struct SortOrder {
    enum By { count, rate, key };

    constexpr SortOrder(By by_what, std::size_t of = 0) : by(by_what), measure(of) {}
    bool operator==(const SortOrder &) const = default;

    By by;
    std::size_t measure;
};

// The values of one measure.
struct MeasureValues {
    std::uint64_t count; // since the start or the last clear()
    std::uint64_t delta; // in the last interval
    double rate;         // delta per second
};

// A key with its values; the row itself holds those of the first measure.
struct CountRow : MeasureValues {
    std::string_view key;
    double share; // of the total of the measure that rows are sorted by, 0 to 1
    std::vector<MeasureValues> more;

    [[nodiscard]] const MeasureValues &of(std::size_t measure) const { return measure ? more[measure - 1] : *this; }
};

class CountTable {
public:
    explicit CountTable(std::size_t measures = 1) : measures_(measures) {}

    // Sets the counters of a key, one for each measure. A lower value than before changes
    // nothing: counters only grow.
    void set(std::string_view key, std::span<const std::uint64_t> sums);
    void set(std::string_view key, std::uint64_t sum) { set(key, std::span{&sum, 1}); }

    // Ends an interval of this length.
    void end_interval(double seconds);

    // Restarts all counts at 0.
    void clear();

    // Largest values first, or keys in ascending order. Keys with a count of 0 are left out.
    [[nodiscard]] std::vector<CountRow> sorted(SortOrder order) const;
    // The sum over all keys, with an empty key.
    [[nodiscard]] CountRow total() const;
    // Calls each(key, sums) for each key, with its counters since the start, regardless of clear().
    template <class Each> void for_each(Each each) const
    {
        std::vector<std::uint64_t> sums(measures_);
        for (const auto &[key, counters] : counters_) {
            for (std::size_t i = 0; i < measures_; i++)
                sums[i] = counters[i].sum;
            each(std::string_view{key}, std::as_const(sums));
        }
    }
    // The sum of all counters since the start, regardless of clear().
    [[nodiscard]] std::uint64_t sum(std::size_t measure = 0) const;

private:
    struct Counter {
        std::uint64_t sum = 0, before = 0, cleared = 0, delta = 0;
    };

    [[nodiscard]] MeasureValues values_of(const Counter &counter) const;

    std::size_t measures_;
    std::map<std::string, std::vector<Counter>, std::less<>> counters_;
    double seconds_ = 0;
};

} // namespace snoop
