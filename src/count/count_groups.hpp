// SPDX-License-Identifier: BSD-2-Clause
// Counters whose keys in the map are not those in the table: KeyFormatter::group() names them.
//     CountGroups groups{keys};
//     groups.set(key, sum); …      // a snapshot of the counters
//     groups.write_to(table);
#pragma once

#include "count/count_table.hpp"
#include "count/key_formatter.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace snoop {

class CountGroups {
public:
    explicit CountGroups(KeyFormatter &keys) : keys_(keys) {}

    // Sets the counter of a key of the map, which only grows.
    void set(std::string_view key, std::uint64_t sum);

    // Writes the sums of the groups that have grown since the last time.
    void write_to(CountTable &table);

    // The sum of all keys whose group is not known.
    [[nodiscard]] std::uint64_t unnamed() const;

private:
    struct Group {
        std::uint64_t sum = 0;
        bool has_grown = false;
    };
    using Groups = std::unordered_map<std::string, Group>;
    struct Counter {
        std::uint64_t sum = 0;
        Groups::value_type *group = nullptr; // null: not known
    };

    KeyFormatter &keys_;
    Groups groups_;
    std::unordered_map<std::string, Counter> counters_;
    std::vector<Groups::value_type *> grown_;
};

} // namespace snoop
