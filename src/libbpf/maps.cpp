// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/maps.hpp"
#include "base/error.hpp"
#include "kernel/features.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

namespace snoop {
namespace {

// A preallocated set of tasks takes no more memory than this; a hash that counts takes what the
// user asked for.
constexpr std::uint64_t preallocated_bytes = 4u << 20;

void preallocate(bpf_map *map)
{
    constexpr std::uint64_t entry_overhead = 64; // about (kernel/bpf/hashtab.c, struct htab_elem)
    const std::uint64_t bytes = entry_overhead + bpf_map__key_size(map) + bpf_map__value_size(map);

    bpf_map__set_map_flags(map, bpf_map__map_flags(map) & ~BPF_F_NO_PREALLOC);
    if (bpf_map__type(map) == BPF_MAP_TYPE_HASH && std::string_view{bpf_map__name(map)} != "counts")
        bpf_map__set_max_entries(
            map, std::min(bpf_map__max_entries(map), static_cast<std::uint32_t>(preallocated_bytes / bytes)));
}

bool is_hash(const bpf_map *map)
{
    return bpf_map__type(map) == BPF_MAP_TYPE_HASH || bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_HASH;
}

// Programs and maps of bpf/lib/descendants.bpf.h and lineage_hooks.bpf.h.
bool follows_processes(std::string_view name) { return name.starts_with("descendants") || name.starts_with("lineage"); }

// The kernel's warning is about programs that may run anywhere, in an interrupt for one, and the maps that they use.
// LSM programs do not, and those that follow processes use no hashes but their own.
bool has_only_lsm_programs(bpf_object *object)
{
    const auto is_tracing = [](const bpf_program *program) {
        return bpf_program__type(program) != BPF_PROG_TYPE_LSM && !follows_processes(bpf_program__name(program));
    };
    bpf_program *program = nullptr;

    bpf_object__for_each_program(program,
                                 object) if (bpf_program__autoload(program) && is_tracing(program)) return false;
    return true;
}

} // namespace

void create_map(bpf_map *map, bool is_used)
{
    if (!map || is_used)
        return;
    if (kernel::has_ring_buffer()) // 5.8
        bpf_map__set_autocreate(map, false);
    else
        bpf_map__set_max_entries(map, 1);
}

void preallocate_hashes(bpf_object *object)
{
    const bool only_lsm = has_only_lsm_programs(object);
    const auto is_used_by_tracing = [&](const bpf_map *map) {
        return !only_lsm || follows_processes(bpf_map__name(map));
    };
    bpf_map *map = nullptr;

    if (kernel::allocates_for_programs())
        return;
    bpf_object__for_each_map(map, object) if (is_hash(map) && bpf_map__map_flags(map) & BPF_F_NO_PREALLOC &&
                                              is_used_by_tracing(map)) preallocate(map);
}

void put(const bpf_map *map, const void *key, const void *value)
{
    if (bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY) != 0)
        throw Error{exit_runtime, "cannot fill the map {}: {}", bpf_map__name(map), describe_errno(errno)};
}

void add_to_set(const bpf_map *set, const char *option, const void *key, std::uint8_t value)
{
    const std::vector<std::byte> values(bpf_map__value_size(set), std::byte{value});

    if (bpf_map_update_elem(bpf_map__fd(set), key, values.data(), BPF_ANY) == 0)
        return;
    // A full hash says E2BIG, a full trie ENOSPC.
    if (errno == E2BIG || errno == ENOSPC)
        throw Error{exit_usage, "{}: too many values: the map {} holds {}", option, bpf_map__name(set),
                    bpf_map__max_entries(set)};
    throw Error{exit_runtime, "{}: cannot fill the map {}: {}", option, bpf_map__name(set), describe_errno(errno)};
}

void add_to_trie(const bpf_map *trie, const char *option, const std::string &bytes, std::uint8_t value)
{
    std::vector<char> key(bpf_map__key_size(trie));
    const auto bits = static_cast<std::uint32_t>(bytes.size() * 8);

    if (bytes.size() > key.size() - sizeof(bits))
        throw Error{exit_usage,   "{}: '{}' has {} bytes; at most {} can be compared",
                    option,       bytes,
                    bytes.size(), key.size() - sizeof(bits)};
    std::memcpy(key.data(), &bits, sizeof(bits));
    std::memcpy(key.data() + sizeof(bits), bytes.data(), bytes.size());
    add_to_set(trie, option, key.data(), value);
}

std::uint64_t count_entries(const bpf_map *map)
{
    std::vector<std::byte> key(bpf_map__key_size(map));
    const void *previous = nullptr;
    std::uint64_t count = 0;

    for (; bpf_map_get_next_key(bpf_map__fd(map), previous, key.data()) == 0; count++)
        previous = key.data();
    return count;
}

} // namespace snoop
