// SPDX-License-Identifier: BSD-2-Clause
// Reads a hash of counters and, if it is one per CPU, sums them over the CPUs. Programs keep
// counting meanwhile and nothing is deleted, so no count is lost or taken twice.
//     CounterMap counts{map, CounterMap::Reads::automatic};
//     counts.read([&](std::span<const std::byte> key, std::span<const std::uint64_t> sums) { … });
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

    // A map of type BPF_MAP_TYPE_PERCPU_HASH or BPF_MAP_TYPE_HASH whose values are one or more u64. `automatic`
    // reads entries in batches if the kernel supports it (5.6), else one by one. Throws Error
    // (exit 3) for `batch` if it does not.
    CounterMap(const bpf_map *map, Reads reads);

    // The number of counters that a key has.
    [[nodiscard]] std::size_t measures() const noexcept { return measures_; }

    // Calls each at least once for every key; a key that a program adds meanwhile may be
    // missing. A key can come twice, with two sums: take the larger one. Throws Error (exit 1)
    // if the kernel refuses.
    void read(const Each &each);

    // As above, but gives the counters of each CPU, one CPU after the other, in place of the sums.
    void read_cpus(const Each &each);

    [[nodiscard]] bool is_batched() const noexcept { return batched_; }

private:
    void read_batches(const Each &each);
    void read_singly(const Each &each);
    std::span<const std::uint64_t> values_of(std::size_t entry) const;
    std::span<const std::uint64_t> sums_of(std::span<const std::uint64_t> values);

    int fd_;
    std::size_t key_bytes_, measures_, cpus_;
    std::uint32_t max_entries_;
    bool batched_;
    std::vector<std::byte> keys_;
    std::vector<std::uint64_t> values_; // for each entry, measures_ values for each CPU
    std::vector<std::uint64_t> sums_;
};

// --max-keys and --reads: the size of such a map, and how it is read.
struct MapOptions {
    CounterMap::Reads reads = CounterMap::Reads::automatic;
    std::uint32_t max_keys = 10240;

    void add_to(Cli &cli);
};

} // namespace snoop
