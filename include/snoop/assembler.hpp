// SPDX-License-Identifier: BSD-2-Clause
// Events that are longer than a record: their first record and those that go on with
// it (SNOOP_FLAG_MORE), joined. One whose rest got lost comes out as truncated.
//     Assembler assembler{[&](Assembled &&event) { … }};
//     assembler.first(rec, whole);
//     assembler.next(rec, bytes_behind_its_header);
#pragma once

#include <snoop/events/event.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace snoop {

struct Assembled {
    std::vector<std::byte> head; // the first record, whole
    std::string tail;            // what the further records brought
    std::uint16_t flags = 0;     // of all its records
};

class Assembler {
public:
    using Complete = std::function<void(Assembled &&)>;

    explicit Assembler(Complete complete) : complete_(std::move(complete)) {}

    void first(const snoop_record &rec, std::span<const std::byte> whole);
    // Dropped if its first record was lost: that one is in the books already.
    void next(const snoop_record &rec, std::span<const std::byte> bytes);

    // Gives up on events whose next record is overdue. Returns true while some wait.
    bool expire();
    // No record will come any more: gives up on all.
    void finish();

private:
    using Clock = std::chrono::steady_clock;
    struct Key {
        std::uint64_t ts_ns;
        std::uint32_t tid;
        bool operator==(const Key &) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key &k) const noexcept { return k.ts_ns * 31 + k.tid; }
    };
    struct Partial {
        Assembled event;
        Clock::time_point last; // when its last record came
    };

    void give_up(Assembled &&event);

    Complete complete_;
    std::unordered_map<Key, Partial, Hash> partial_;
};

} // namespace snoop
