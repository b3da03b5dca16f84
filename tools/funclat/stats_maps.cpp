// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/stats_maps.hpp"
#include "libbpf/maps.hpp"

#include <algorithm>
#include <cstdint>

namespace snoop::funclat {

void configure_stats(funclat_bpf &skel, std::size_t functions, const Options &options)
{
    const TimeUnit unit = options.unit();
    const bool is_sparse = options.by || functions > most_with_slot_arrays;
    // Every slot of every row, up to a limit that a few slots of each row always fit into.
    const std::uint64_t rows = options.by ? options.map.max_keys : functions;
    const std::uint64_t slots = std::min(rows * FUNCLAT_SLOTS, std::max<std::uint64_t>(FUNCLAT_SPARSE, rows * 8));

    skel.rodata->slower_ns = options.slower_ns.value_or(0);
    if (!options.slower_ns)
        for (bpf_map *map : {skel.maps.events, skel.maps.wakeups})
            create_map(map, false);
    skel.rodata->unit_ns = unit.ns;
    skel.rodata->unit_shift = static_cast<std::uint8_t>(unit.shift);
    skel.rodata->count_by = static_cast<std::uint8_t>(options.by);
    skel.rodata->has_sparse_slots = is_sparse;
    bpf_map__set_max_entries(skel.maps.stats, static_cast<std::uint32_t>(2 * functions));
    bpf_map__set_max_entries(skel.maps.slots, static_cast<std::uint32_t>(2 * functions));
    bpf_map__set_max_entries(skel.maps.sparse_slots, static_cast<std::uint32_t>(slots));
    bpf_map__set_max_entries(skel.maps.key_stats, options.map.max_keys);
    create_map(skel.maps.slots, !is_sparse && !options.count);
    create_map(skel.maps.sparse_slots, is_sparse && !options.count);
    create_map(skel.maps.key_stats, options.by != FUNCLAT_BY_FUNCTION);
}

} // namespace snoop::funclat
