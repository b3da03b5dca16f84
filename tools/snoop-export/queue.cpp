// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/queue.hpp"

#include <algorithm>
#include <utility>

namespace snoop::snoop_export {

bool Queue::push(std::string record, Clock::time_point now)
{
    if (bytes_ + size_of(record) > most_bytes_)
        return false;
    push_anyway(std::move(record), now);
    return true;
}

void Queue::push_anyway(std::string record, Clock::time_point now)
{
    bytes_ += size_of(record);
    records_.push_back({std::move(record), now});
}

std::optional<Clock::time_point> Queue::ready_at() const
{
    if (records_.empty())
        return std::nullopt;
    // At least so many bytes make a whole batch, whichever records they are in.
    if (records_.size() >= limits_.records || bytes_ >= limits_.bytes || is_half_full())
        return records_.front().since;
    return records_.front().since + limits_.age;
}

std::size_t Queue::batch_size() const
{
    std::size_t count = 0, bytes = 0;

    for (const Record &record : records_) {
        bytes += record.text.size();
        if (count == limits_.records || (count > 0 && bytes > limits_.bytes))
            break;
        count++;
    }
    return count;
}

void Queue::pop(std::size_t records)
{
    for (std::size_t i = 0; i < records; i++) {
        bytes_ -= size_of(records_.front().text);
        records_.pop_front();
    }
}

} // namespace snoop::snoop_export
