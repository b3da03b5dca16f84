// SPDX-License-Identifier: BSD-2-Clause
// The counters of funclat that are kept in hashes: those by caller (--by), and the slots where there is
// no array of them. Each read() gives what an interval added.
//     KeyCounts counts{key_stats, sparse_slots, CounterMap::Reads::automatic};
//     for (const KeyCounts::Calls &calls : counts.read(epoch)) …
#pragma once

#include "count/counter_map.hpp"
#include "funclat/slot_counts.hpp"
#include <snoop/funclat.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

struct bpf_map;

namespace snoop::funclat {

class KeyCounts {
public:
    // The calls of one function with one key.
    struct Calls {
        funclat_key key{};
        funclat_bank counts{};
        std::string comm; // of the process or thread
        SlotCounts slots;
    };

    // Without --by, `stats` is null, and each function has one key. Where calls are not timed, `slots` is null.
    KeyCounts(const bpf_map *stats, const bpf_map *slots, CounterMap::Reads reads);

    // The calls that the interval added, if no program counts in it any more. Throws Error (exit 1) if the
    // kernel refuses.
    std::vector<Calls> read(std::uint64_t epoch);

private:
    // The words of a funclat_key, of which the upper half of the last is the slot.
    using Key = std::array<std::uint64_t, 3>;

    void read_stats(std::uint64_t epoch, std::map<Key, Calls> &calls);
    void read_slots(std::uint64_t epoch, std::map<Key, Calls> &calls);

    std::optional<CounterMap> stats_;
    std::optional<CounterMap> slots_;
    std::map<Key, std::array<funclat_bank, 2>> stats_before_; // by bank
    std::map<Key, std::array<std::uint64_t, 2>> slots_before_;
};

} // namespace snoop::funclat
