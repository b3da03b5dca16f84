// SPDX-License-Identifier: BSD-2-Clause
// All that waits to be sent: requests on disk, with --otlp-spool, and records in memory, which are newer.
//     if (!backlog.push(std::move(record), now)) counts.queue_full++;
//     backlog.store(now);
//     if (backlog.is_ready(now)) send(backlog.next()); … backlog.pop();
#pragma once

#include "snoop-export/queue.hpp"
#include "snoop-export/request.hpp"
#include "snoop-export/spool.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace snoop::snoop_export {

class Backlog {
public:
    // `spool`: may be null. `most_bytes`: of records in memory.
    Backlog(std::size_t most_bytes, RequestFormat format, Spool *spool);

    // As those of Queue.
    [[nodiscard]] bool push(std::string record, Clock::time_point now) { return queue_.push(std::move(record), now); }
    void push_anyway(std::string record, Clock::time_point now) { queue_.push_anyway(std::move(record), now); }

    // Moves batches that are ready to the disk.
    void store(Clock::time_point now);
    // No record will follow: those that are left are ready, too.
    void finish() noexcept { is_finished_ = true; }
    // Moves all to the disk that is not being sent.
    void store_all();

    // Records, those of former runs included.
    [[nodiscard]] std::size_t size() const noexcept;
    // Those of this run.
    [[nodiscard]] std::size_t own_size() const noexcept;
    // Whether a file is not read on: much is in memory, which the disk has no room for.
    [[nodiscard]] bool is_half_full() const noexcept { return queue_.is_half_full(); }

    // Whether there is a request to send.
    [[nodiscard]] bool is_ready(Clock::time_point now) const { return ready_at() && *ready_at() <= now; }
    // When there is; nothing if all is sent.
    [[nodiscard]] std::optional<Clock::time_point> ready_at() const;
    // When store() has something to do.
    [[nodiscard]] std::optional<Clock::time_point> store_at() const;
    // The oldest one, again until pop(). Without any that is ready, one with the records that are there. Nothing if
    // there are none.
    std::optional<Request> next();
    void pop();
    // next() will be sent again, and is not being sent now.
    void retry_later() noexcept { is_sending_ = false; }

private:
    [[nodiscard]] bool can_store() const noexcept { return spool_ && !(is_sending_ && !is_from_spool_); }
    [[nodiscard]] std::optional<Clock::time_point> queue_ready_at() const;
    bool store_one();

    Queue queue_;
    RequestFormat format_;
    Spool *spool_;
    std::size_t batch_ = 0; // records in memory of the request that next() returned
    bool is_sending_ = false, is_from_spool_ = false, is_finished_ = false;
    Clock::time_point store_again_at_{};
};

} // namespace snoop::snoop_export
