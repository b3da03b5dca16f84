// SPDX-License-Identifier: BSD-2-Clause
#include "count/counter_map.hpp"
#include "base/error.hpp"
#include "cli/cli.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>

namespace snoop {
namespace {

// Entries in one read; doubled if a bucket of the hash has more.
constexpr std::uint32_t batch_entries = 256;

constexpr std::uint32_t most_keys = 1u << 20;

bool can_batch(int fd, std::size_t key_bytes, std::size_t counters)
{
    std::vector<std::byte> keys(key_bytes), next(std::max<std::size_t>(key_bytes, sizeof(std::uint32_t)));
    std::vector<std::uint64_t> values(counters);
    std::uint32_t count = 1;

    // ENOENT: the map is empty. ENOSPC: a bucket has more than one entry.
    return bpf_map_lookup_batch(fd, nullptr, next.data(), keys.data(), values.data(), &count, nullptr) == 0 ||
           errno == ENOENT || errno == ENOSPC;
}

[[noreturn]] void throw_unreadable()
{
    throw Error{exit_runtime, "cannot read the counters: {}", describe_errno(errno)};
}

} // namespace

CounterMap::CounterMap(const bpf_map *map, Reads reads)
    : fd_(bpf_map__fd(map)),
      key_bytes_(bpf_map__key_size(map)),
      measures_(bpf_map__value_size(map) / sizeof(std::uint64_t)),
      cpus_(bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_HASH
                ? static_cast<std::size_t>(std::max(1, libbpf_num_possible_cpus()))
                : 1),
      max_entries_(bpf_map__max_entries(map)),
      batched_(reads != Reads::single && can_batch(fd_, key_bytes_, measures_ * cpus_)),
      sums_(measures_)
{
    if (reads == Reads::batch && !batched_)
        throw Error{exit_lacks, "this kernel cannot read maps in batches (requires Linux 5.6): omit --reads"};
}

std::span<const std::uint64_t> CounterMap::values_of(std::size_t entry) const
{
    const std::size_t all = measures_ * cpus_;

    return std::span{values_}.subspan(entry * all, all);
}

std::span<const std::uint64_t> CounterMap::sums_of(std::span<const std::uint64_t> values)
{
    std::ranges::fill(sums_, 0);
    for (std::size_t i = 0; i < values.size(); i++)
        sums_[i % measures_] += values[i];
    return sums_;
}

void CounterMap::read(const Each &each)
{
    read_cpus(
        [&](std::span<const std::byte> key, std::span<const std::uint64_t> values) { each(key, sums_of(values)); });
}

void CounterMap::read_cpus(const Each &each)
{
    if (batched_)
        read_batches(each);
    else
        read_singly(each);
}

void CounterMap::read_batches(const Each &each)
{
    // The kernel's position in the map: the number of a bucket.
    std::uint32_t position = 0, next = 0, room = batch_entries;
    bool first = true;

    for (;;) {
        keys_.resize(room * key_bytes_);
        values_.resize(room * measures_ * cpus_);
        std::uint32_t count = room;
        const int err = bpf_map_lookup_batch(fd_, first ? nullptr : &position, &next, keys_.data(), values_.data(),
                                             &count, nullptr) == 0
                            ? 0
                            : errno;
        if (err == ENOSPC && room <= max_entries_) {
            room *= 2; // nothing was read
            continue;
        }
        if (err != 0 && err != ENOENT)
            throw_unreadable();
        for (std::size_t i = 0; i < count; i++)
            each(std::span{keys_}.subspan(i * key_bytes_, key_bytes_), values_of(i));
        if (err == ENOENT)
            return;
        position = next;
        first = false;
    }
}

// Reads all keys first: since nothing is deleted, each of them stays.
void CounterMap::read_singly(const Each &each)
{
    std::vector<std::byte> keys;
    const void *previous = nullptr;
    std::vector<std::byte> key(key_bytes_);

    while (bpf_map_get_next_key(fd_, previous, key.data()) == 0) {
        keys.insert(keys.end(), key.begin(), key.end());
        previous = key.data();
    }
    if (errno != ENOENT)
        throw_unreadable();
    values_.resize(measures_ * cpus_);
    for (std::size_t at = 0; at < keys.size(); at += key_bytes_) {
        if (bpf_map_lookup_elem(fd_, keys.data() + at, values_.data()) != 0)
            throw_unreadable();
        each(std::span{keys}.subspan(at, key_bytes_), values_of(0));
    }
}

void MapOptions::add_to(Cli &cli)
{
    cli.count("--max-keys", max_keys, "Number of keys to track; the rest counts as other", most_keys)
        .manual("Keep up to N keys. What finds no room is counted as other. The memory is allocated at the start.");
    cli.choice<CounterMap::Reads>("--reads", "HOW", reads,
                                  {{"auto", CounterMap::Reads::automatic, "in batches where the kernel can"},
                                   {"batch", CounterMap::Reads::batch, "many at a time (Linux 5.6)"},
                                   {"single", CounterMap::Reads::single, "one by one"}},
                                  "How to read the counters")
        .manual("How to read the counters from the kernel.");
}

} // namespace snoop
