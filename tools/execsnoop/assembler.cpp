// SPDX-License-Identifier: BSD-2-Clause
#include "execsnoop/assembler.hpp"

#include <bpf/libbpf.h>

#include <algorithm>

namespace snoop::execsnoop {
namespace {

// Programs send the records of an event within microseconds, but a hypervisor may stop the CPU in between.
constexpr std::chrono::milliseconds patience{300};

} // namespace

std::size_t Assembler::most_unfinished()
{
    return std::max<std::size_t>(64, 2 * std::max(1, libbpf_num_possible_cpus()));
}

void Assembler::first(const snoop_record &rec, std::span<const std::byte> whole)
{
    const Assembled event{.head = whole, .tail = {}, .flags = rec.flags};

    give_up_before(rec.ts_ns, rec.tid);
    if (!(rec.flags & SNOOP_FLAG_MORE)) {
        complete_(event);
        return;
    }
    partial_.insert_or_assign(Key{rec.ts_ns, rec.tid}, Partial{StoredEvent{event}, Clock::now()});
    if (partial_.size() <= most_)
        return;
    const auto oldest = partial_.extract(partial_.begin());
    give_up(oldest.mapped().event);
}

void Assembler::next(const snoop_record &rec, std::span<const std::byte> bytes)
{
    const auto it = partial_.find(Key{rec.ts_ns, rec.tid});
    if (it == partial_.end())
        return;

    StoredEvent &event = it->second.event;
    event.append(rec.kind, bytes);
    event.flags = static_cast<std::uint16_t>((event.flags & ~SNOOP_FLAG_MORE) | rec.flags);
    it->second.last = Clock::now();
    if (rec.flags & SNOOP_FLAG_MORE)
        return;
    const StoredEvent done = std::move(event);
    partial_.erase(it);
    complete_(done.event());
}

void Assembler::give_up(StoredEvent &event)
{
    event.flags = static_cast<std::uint16_t>((event.flags & ~SNOOP_FLAG_MORE) | SNOOP_FLAG_TRUNCATED);
    complete_(event.event());
}

void Assembler::give_up_before(std::uint64_t ts_ns, std::uint32_t tid)
{
    for (auto it = partial_.begin(); it != partial_.end() && it->first.ts_ns < ts_ns;) {
        if (it->first.tid != tid) {
            ++it;
            continue;
        }
        StoredEvent event = std::move(it->second.event);
        it = partial_.erase(it);
        give_up(event);
    }
}

bool Assembler::expire()
{
    if (partial_.empty())
        return false;
    const auto now = Clock::now();

    for (auto it = partial_.begin(); it != partial_.end();) {
        if (now - it->second.last < patience) {
            ++it;
            continue;
        }
        StoredEvent event = std::move(it->second.event);
        it = partial_.erase(it);
        give_up(event);
    }
    return !partial_.empty();
}

void Assembler::finish()
{
    auto left = std::move(partial_);

    partial_.clear();
    for (auto &[key, partial] : left)
        give_up(partial.event);
}

} // namespace snoop::execsnoop
