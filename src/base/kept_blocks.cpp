// SPDX-License-Identifier: BSD-2-Clause
#include "base/kept_blocks.hpp"

#include <algorithm>
#include <utility>

namespace snoop {
namespace {

constexpr std::size_t parts = 64; // of the size and of the age, in which the oldest are forgotten
constexpr std::size_t largest_block = 256 * 1024;

} // namespace

KeptBlocks::KeptBlocks(const KeepLimits &limits)
    : limits_(limits), block_bytes_(std::min(limits.bytes / parts, largest_block))
{}

bool KeptBlocks::fits_into_last(std::size_t bytes, Time now) const
{
    return !blocks_.empty() && blocks_.back().bytes.size() + bytes <= block_bytes_ &&
           (!limits_.age || now - blocks_.back().first <= *limits_.age / parts);
}

void KeptBlocks::forget_old(Time now)
{
    const auto is_too_old = [&](const Block &block) { return limits_.age && now - block.last > *limits_.age; };

    while (!blocks_.empty() && ((bytes_ > limits_.bytes && blocks_.size() > 1) || is_too_old(blocks_.front()))) {
        bytes_ -= blocks_.front().bytes.size();
        blocks_.pop_front();
    }
}

void KeptBlocks::add(std::string_view bytes, std::uint64_t items, Time now)
{
    if (!fits_into_last(bytes.size(), now)) {
        blocks_.push_back({.first = now});
        blocks_.back().bytes.reserve(std::max(bytes.size(), block_bytes_));
    }
    Block &block = blocks_.back();
    block.bytes += bytes;
    block.items += items;
    block.last = now;
    bytes_ += bytes.size();
    forget_old(now);
}

void KeptBlocks::take(Time now, const std::function<void(std::string_view, std::uint64_t)> &to)
{
    forget_old(now);
    const std::deque<Block> taken = std::exchange(blocks_, {});
    bytes_ = 0;
    for (const Block &block : taken)
        to(block.bytes, block.items);
}

} // namespace snoop
