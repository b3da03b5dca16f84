// SPDX-License-Identifier: BSD-2-Clause
// The user side of bpf/lib/filter.bpf.h: which filters are in use, and what is in
// their maps.
//     enable_filters(options, object, skel->rodata->config);   // before the load
//     fill_filters(options, object);                           // after it
#pragma once

#include "cli/options.hpp"
#include <snoop/record.h>

#include <cstdint>
#include <string>

struct bpf_map;
struct bpf_object;

namespace snoop {

// The map of a filter that is not in use is not created.
void enable_filters(const CommonOptions &options, bpf_object *object, snoop_config &config);

// Throws Error (exit 2) for a cgroup path that is none or for too many values.
void fill_filters(const CommonOptions &options, bpf_object *object);

// Puts a key into a map of filters that an option fills. Throws Error (exit 2), naming the
// option, if there is no room for more.
void add_to_filter(const bpf_map *map, const char *option, const void *key);

// Puts a number into one of the programs' sets.
void add_to_set(bpf_object *object, const char *map, std::uint32_t key);

// Puts bytes into a trie of prefixes (BPF_MAP_TYPE_LPM_TRIE, its key a length in bits and
// bytes). Throws Error (exit 2), naming the option, if there is no room for more.
void add_to_trie(const bpf_map *trie, const char *option, const std::string &bytes);

// The same decision on this side, for a replay; --cgroup is refused there.
bool matches(const CommonOptions &options, const snoop_task &task);

} // namespace snoop
