// SPDX-License-Identifier: BSD-2-Clause
// The records that wait to be sent, oldest first. A batch is ready if it is large or old enough; its records stay in
// the queue until pop().
//     if (!queue.push(std::move(record), now)) accounting.queue_full++;
//     if (queue.is_ready(now)) send(queue, queue.batch_size()); … queue.pop(sent);
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace snoop::snoop_export {

using Clock = std::chrono::steady_clock;

struct BatchLimits {
    std::size_t records = 4096;
    std::size_t bytes = std::size_t{4} << 20;
    std::chrono::milliseconds age{1000};
};

class Queue {
public:
    explicit Queue(std::size_t most_bytes, BatchLimits limits = {}) : most_bytes_(most_bytes), limits_(limits) {}

    // False if there is no room for it.
    [[nodiscard]] bool push(std::string record, Clock::time_point now);
    // Even if there is no room.
    void push_anyway(std::string record, Clock::time_point now);

    [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }
    [[nodiscard]] const std::string &operator[](std::size_t i) const { return records_[i].text; }
    // Whether more than half of the room is taken: a batch is ready, and a file is not read on.
    [[nodiscard]] bool is_half_full() const noexcept { return bytes_ > most_bytes_ / 2; }

    // When the next batch is ready; nothing if the queue is empty.
    [[nodiscard]] std::optional<Clock::time_point> ready_at() const;
    [[nodiscard]] bool is_ready(Clock::time_point now) const { return ready_at() && *ready_at() <= now; }
    // The records of the next batch: at least one if there is any.
    [[nodiscard]] std::size_t batch_size() const;
    void pop(std::size_t records);

private:
    struct Record {
        std::string text;
        Clock::time_point since;
    };
    static std::size_t size_of(const std::string &text) { return text.size() + sizeof(Record); }

    std::size_t most_bytes_, bytes_ = 0;
    BatchLimits limits_;
    std::deque<Record> records_;
};

} // namespace snoop::snoop_export
