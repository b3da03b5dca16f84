// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/key_counts.hpp"
#include "table/values.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

namespace snoop::funclat {
namespace {

template <class To> To copy_of(std::span<const std::byte> bytes)
{
    To to{};
    std::memcpy(&to, bytes.data(), std::min(bytes.size(), sizeof(to)));
    return to;
}

} // namespace

KeyCounts::KeyCounts(const bpf_map *stats, const bpf_map *slots, CounterMap::Reads reads)
{
    if (slots)
        slots_.emplace(slots, reads);
    if (stats)
        stats_.emplace(stats, reads);
}

void KeyCounts::read_stats(std::uint64_t epoch, std::map<Key, Calls> &calls)
{
    constexpr std::size_t words = sizeof(funclat_key_stats) / sizeof(std::uint64_t);

    stats_->read_cpus([&](std::span<const std::byte> bytes, std::span<const std::uint64_t> values) {
        const Key key = copy_of<Key>(bytes);
        funclat_bank sums{};
        std::uint64_t named_ns = 0;
        std::string comm;
        for (std::size_t cpu = 0; cpu < values.size() / words; cpu++) {
            const auto of_cpu = copy_of<funclat_key_stats>(std::as_bytes(values.subspan(cpu * words, words)));
            const funclat_bank &bank = of_cpu.banks[epoch & 1];
            sums.calls += bank.calls;
            sums.returned += bank.returned;
            sums.sum_ns += bank.sum_ns;
            if (bank.epoch == epoch)
                sums.longest_ns = std::max<std::uint64_t>(sums.longest_ns, bank.longest_ns);
            if (of_cpu.named_ns > named_ns) {
                named_ns = of_cpu.named_ns;
                comm = text_of(of_cpu.comm);
            }
        }
        const funclat_bank before = std::exchange(stats_before_[key][epoch & 1], sums);
        // The kernel can give a key twice.
        if (sums.calls == before.calls && sums.returned == before.returned)
            return;
        sums.calls -= before.calls;
        sums.returned -= before.returned;
        sums.sum_ns -= before.sum_ns;
        Calls &added = calls[key];
        added.counts = sums;
        added.comm = comm;
    });
}

void KeyCounts::read_slots(std::uint64_t epoch, std::map<Key, Calls> &calls)
{
    slots_->read([&](std::span<const std::byte> bytes, std::span<const std::uint64_t> sums) {
        Key key = copy_of<Key>(bytes);
        const std::uint64_t sum = sums[epoch & 1];
        const std::uint64_t before = std::exchange(slots_before_[key][epoch & 1], sum);
        const std::uint32_t slot = copy_of<funclat_key>(bytes).slot;
        key[2] &= UINT32_MAX;
        if (sum != before)
            calls[key].slots.add(slot, sum - before);
    });
}

std::vector<KeyCounts::Calls> KeyCounts::read(std::uint64_t epoch)
{
    std::map<Key, Calls> calls;
    std::vector<Calls> all;

    if (stats_)
        read_stats(epoch, calls);
    if (slots_)
        read_slots(epoch, calls);
    for (auto &[key, one] : calls) {
        one.key = copy_of<funclat_key>(std::as_bytes(std::span{key}));
        all.push_back(std::move(one));
    }
    return all;
}

} // namespace snoop::funclat
