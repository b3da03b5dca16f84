// SPDX-License-Identifier: BSD-2-Clause
// Events that are longer than a record: their first record and those that go on with
// it (SNOOP_FLAG_MORE), joined. One whose rest got lost comes out as truncated: when its thread
// has a later one, after a while, or if more are unfinished than can be, so that a flood of them
// takes no memory.
//     Assembler assembler{[&](const Assembled &event) { … }};
//     assembler.first(rec, whole);
//     assembler.next(rec, bytes_behind_its_header);
#pragma once

#include <snoop/record.h>

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

// An event, whole; valid only during the call.
struct Assembled {
    std::span<const std::byte> head; // the first record
    std::string_view tail;           // what the further records brought
    std::uint16_t flags = 0;         // of all its records
};

// A copy, for whoever wants it longer.
class StoredEvent {
public:
    StoredEvent() = default;
    explicit StoredEvent(const Assembled &event)
        : flags(event.flags), head_(event.head.begin(), event.head.end()), tail_(event.tail)
    {}

    [[nodiscard]] Assembled event() const { return {head_, tail_, flags}; }
    void append(std::span<const std::byte> bytes)
    {
        tail_.append(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    }

    std::uint16_t flags = 0;

private:
    std::vector<std::byte> head_;
    std::string tail_;
};

class Assembler {
public:
    using Complete = std::function<void(const Assembled &)>;

    // A program sends the records of an event one after the other: unfinished are at most one on each processor,
    // and those of programs that were preempted.
    static std::size_t most_unfinished();

    explicit Assembler(Complete complete, std::size_t most = most_unfinished())
        : complete_(std::move(complete)), most_(most)
    {}

    // Copies nothing if no record is to follow.
    void first(const snoop_record &rec, std::span<const std::byte> whole);
    // Dropped if its first record was lost: that one is in the books already.
    void next(const snoop_record &rec, std::span<const std::byte> bytes);

    // A later event of the thread has come: gives up on those before.
    void give_up_before(std::uint64_t ts_ns, std::uint32_t tid);
    // Gives up on events whose next record is overdue. Returns true while some wait.
    bool expire();
    // No record will come any more: gives up on all.
    void finish();

private:
    using Clock = std::chrono::steady_clock;
    struct Key {
        std::uint64_t ts_ns;
        std::uint32_t tid;
        auto operator<=>(const Key &) const = default;
    };
    struct Partial {
        StoredEvent event;
        Clock::time_point last; // when its last record came
    };

    void give_up(StoredEvent &event);

    Complete complete_;
    std::size_t most_;
    std::map<Key, Partial> partial_; // the oldest first
};

} // namespace snoop
