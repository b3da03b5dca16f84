// SPDX-License-Identifier: BSD-2-Clause
// Joins the records of events that are longer than one record (SNOOP_FLAG_MORE).
//     Assembler assembler{[&](const Assembled &event) { … }};
//     assembler.first(rec, whole);  assembler.next(rec, bytes_behind_its_header);
#pragma once

#include <snoop/execsnoop.h>

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::execsnoop {

// A complete event; valid only during the call.
struct Assembled {
    std::span<const std::byte> head; // the first record
    std::string_view tail;           // the data of the records after it
    std::uint16_t flags = 0;         // the flags of all records
    std::string_view env{};          // the environment, from records of its own
    // That of the process before the exec; nothing if it is not known.
    std::optional<std::string_view> env_before{};
};

// A copy that outlives the call.
class StoredEvent {
public:
    StoredEvent() = default;
    explicit StoredEvent(const Assembled &event)
        : flags(event.flags),
          head_(event.head.begin(), event.head.end()),
          tail_(event.tail),
          env_(event.env),
          env_before_(event.env_before)
    {}

    [[nodiscard]] Assembled event() const { return {head_, tail_, flags, env_, env_before_}; }
    // Adds the data of a further record: environment if it is of kind EXEC_ENV.
    void append(std::uint16_t kind, std::span<const std::byte> bytes)
    {
        (kind == EXEC_ENV ? env_ : tail_).append(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    }

    std::uint16_t flags = 0;

private:
    std::vector<std::byte> head_;
    std::string tail_, env_;
    std::optional<std::string> env_before_;
};

// An event whose remaining records were lost is completed as truncated: when its thread has sent a later
// event, after a while, or when more events are unfinished than programs can be sending.
class Assembler {
public:
    using Complete = std::function<void(const Assembled &)>;

    // A program sends all records of an event before its next one: one event for each CPU can be
    // unfinished, and those of programs that were preempted.
    static std::size_t most_unfinished();

    explicit Assembler(Complete complete, std::size_t most = most_unfinished())
        : complete_(std::move(complete)), most_(most)
    {}

    // Copies the event only if more records follow.
    void first(const snoop_record &rec, std::span<const std::byte> whole);
    // Ignored if the first record was lost, which has been counted already.
    void next(const snoop_record &rec, std::span<const std::byte> bytes);

    // Completes earlier events of this thread, because it has sent a later one.
    void give_up_before(std::uint64_t ts_ns, std::uint32_t tid);
    // Completes events whose next record is overdue. Returns true while others wait.
    bool expire();
    // Completes all: no record will come any more.
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
        Clock::time_point last; // when its latest record came
    };

    void give_up(StoredEvent &event);

    Complete complete_;
    std::size_t most_;
    std::map<Key, Partial> partial_; // oldest first
};

} // namespace snoop::execsnoop
