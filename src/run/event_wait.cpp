// SPDX-License-Identifier: BSD-2-Clause
#include "run/event_wait.hpp"

#include <algorithm>

namespace snoop {

// Like a network driver: the first event of a burst wakes the consumer, which then polls until it finds
// nothing, announces that it will sleep, looks once more, and blocks.
void EventWait::after_drain(bool found, std::optional<std::chrono::milliseconds> limit)
{
    if (found) {
        looks_ = 0;
        source_.announce(SNOOP_CONSUMER_NAPS);
        loop_.wait(std::min(nap_, limit.value_or(nap_)));
        source_.announce(SNOOP_CONSUMER_WORKS);
        nap_ = std::min(nap_ * 2, longest_nap);
        return;
    }
    nap_ = shortest_nap;
    if (looks_ < source_.looks()) {
        source_.announce(SNOOP_CONSUMER_SLEEPS);
        if (looks_++ > 0)
            loop_.wait(nap_);
        return;
    }
    looks_ = 0;
    // A program that woke the consumer meanwhile may have lost its event: there is nothing to find,
    // and no other program will wake it.
    if (!source_.is_announced(SNOOP_CONSUMER_SLEEPS))
        return;
    loop_.wait(limit);
    source_.announce(SNOOP_CONSUMER_WORKS);
}

} // namespace snoop
