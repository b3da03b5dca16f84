// SPDX-License-Identifier: BSD-2-Clause
// What a per-CPU hash of counters holds, summed over the processors: read while programs
// go on counting, nothing deleted, so that no count is missed or taken twice.
//     CounterMap view{map, CounterMap::Reads::automatic};
//     view.read([&](std::span<const std::byte> key, std::span<const std::uint64_t> sums) { … });
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

struct bpf_map;

namespace snoop {

class Cli;

class CounterMap {
public:
    enum class Reads { automatic, batch, single };
    using Each = std::function<void(std::span<const std::byte> key, std::span<const std::uint64_t> sums)>;

    // A map of type BPF_MAP_TYPE_PERCPU_HASH whose value is one u64, or several. With
    // `automatic`, entries are read many at a time where the kernel can (5.6), else one by
    // one. Throws Error (exit 3) for `batch` where it cannot.
    CounterMap(const bpf_map *map, Reads reads);

    // How many counters a key has.
    [[nodiscard]] std::size_t measures() const noexcept { return measures_; }

    // Each key that is in the map throughout comes at least once; one that a program adds
    // meanwhile may come or not. A key that comes twice does so with its sum at that time:
    // take the larger. Throws Error (exit 1) if the kernel does not let it read.
    void read(const Each &each);

    [[nodiscard]] bool is_batched() const noexcept { return batched_; }

private:
    void read_batches(const Each &each);
    void read_singly(const Each &each);
    std::span<const std::uint64_t> sums_of(std::size_t entry);

    int fd_;
    std::size_t key_bytes_, measures_, cpus_;
    std::uint32_t max_entries_;
    bool batched_;
    std::vector<std::byte> keys_;
    std::vector<std::uint64_t> values_; // for each entry measures_ of each processor
    std::vector<std::uint64_t> sums_;
};

// --max-keys and --reads: how large such a map is, and how it is read.
struct MapOptions {
    CounterMap::Reads reads = CounterMap::Reads::automatic;
    std::uint32_t max_keys = 10240;

    void add_to(Cli &cli);
};

} // namespace snoop
