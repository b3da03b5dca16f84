// SPDX-License-Identifier: BSD-2-Clause
#include "execsnoop/env_before.hpp"

namespace snoop::execsnoop {
namespace {

constexpr std::size_t most_bytes = 8 << 20; // four of the largest environments
constexpr std::size_t most_blocks = 4096;

} // namespace

void EnvBefore::add(const snoop_record &rec, std::span<const std::byte> bytes)
{
    Block &block = blocks_[{rec.ts_ns, rec.tid}];

    block.bytes.append(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    block.is_whole = (rec.flags & (SNOOP_FLAG_MORE | SNOOP_FLAG_FAULTED | SNOOP_FLAG_TRUNCATED)) == 0;
    size_ += bytes.size();
    while (size_ > most_bytes || blocks_.size() > most_blocks) {
        size_ -= blocks_.begin()->second.bytes.size();
        blocks_.erase(blocks_.begin());
    }
}

std::optional<std::string> EnvBefore::take(std::uint64_t ts_ns, std::uint32_t tid)
{
    auto node = blocks_.extract({ts_ns, tid});

    if (!node)
        return std::nullopt;
    size_ -= node.mapped().bytes.size();
    return node.mapped().is_whole ? std::optional{std::move(node.mapped().bytes)} : std::nullopt;
}

} // namespace snoop::execsnoop
