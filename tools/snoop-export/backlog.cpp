// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/backlog.hpp"

#include <algorithm>
#include <utility>

namespace snoop::snoop_export {
namespace {

// After the disk had no room.
constexpr std::chrono::seconds store_interval{1};

} // namespace

Backlog::Backlog(std::size_t most_bytes, RequestFormat format, Spool *spool)
    : queue_(most_bytes), format_(std::move(format)), spool_(spool)
{}

void Backlog::store(Clock::time_point now)
{
    while (store_at() && *store_at() <= now)
        if (!store_one())
            store_again_at_ = now + store_interval;
}

void Backlog::store_all()
{
    while (can_store() && queue_.size() > 0 && store_one()) {}
}

bool Backlog::store_one()
{
    const std::size_t count = batch_ > 0 ? batch_ : queue_.batch_size();

    if (!spool_->add({format_.body(queue_, count), count}))
        return false;
    queue_.pop(count);
    batch_ = 0;
    return true;
}

std::size_t Backlog::size() const noexcept { return queue_.size() + (spool_ ? spool_->records().total() : 0); }

std::size_t Backlog::own_size() const noexcept { return queue_.size() + (spool_ ? spool_->records().own : 0); }

std::optional<Clock::time_point> Backlog::queue_ready_at() const
{
    return is_finished_ && queue_.size() > 0 ? std::optional{Clock::time_point{}} : queue_.ready_at();
}

std::optional<Clock::time_point> Backlog::ready_at() const
{
    return spool_ && spool_->records().total() > 0 ? std::optional{Clock::time_point{}} : queue_ready_at();
}

std::optional<Clock::time_point> Backlog::store_at() const
{
    const auto ready = can_store() ? queue_ready_at() : std::nullopt;

    return ready ? std::optional{std::max(*ready, store_again_at_)} : ready;
}

std::optional<Request> Backlog::next()
{
    std::optional<Request> request;

    if (spool_)
        request = spool_->front();
    is_from_spool_ = request.has_value();
    if (!request && queue_.size() > 0) {
        if (batch_ == 0)
            batch_ = queue_.batch_size();
        request = Request{format_.body(queue_, batch_), batch_};
    }
    is_sending_ = request.has_value();
    return request;
}

void Backlog::pop()
{
    is_sending_ = false;
    if (is_from_spool_)
        spool_->pop();
    else
        queue_.pop(std::exchange(batch_, 0));
}

} // namespace snoop::snoop_export
