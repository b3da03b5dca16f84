// SPDX-License-Identifier: BSD-2-Clause
// Maps of a BPF object: which are created, what goes into them, how many entries they hold.
//     create_map(skel->maps.path_filter, !prefixes.empty());   // before the load
//     put(skel->maps.functions, &address, &number);            // after it
#pragma once

#include <cstdint>
#include <string>

struct bpf_map;
struct bpf_object;

namespace snoop {

// Before the load: creates the map only if programs will use it, since a map takes time and memory.
// Code that uses a map that is not created must be behind a constant (rodata): the verifier removes
// it since 5.5; for older kernels the map is created with room for one entry. A null map is ignored.
void create_map(bpf_map *map, bool is_used);

// Before the load, on kernels before 6.1: these warn in the log when a tracing program makes a hash
// allocate memory, so all hashes are allocated when they are created. If all programs are LSM programs, save those
// that follow descendants and lineages, only the hashes of the latter are.
void preallocate_hashes(bpf_object *object);

// Puts an entry into a map. Throws Error (exit 1) if the kernel refuses it.
void put(const bpf_map *map, const void *key, const void *value);

// Puts a key into a set, each byte of whose value is `value`, on behalf of an option that the user
// gave. Throws Error (exit 2) that names the option if the map is full.
void add_to_set(const bpf_map *set, const char *option, const void *key, std::uint8_t value = 1);

// Puts a string into a trie of prefixes (BPF_MAP_TYPE_LPM_TRIE, whose key is a length in bits and the
// bytes), as above. Throws Error (exit 2) also for a string longer than the trie's keys.
void add_to_trie(const bpf_map *trie, const char *option, const std::string &bytes, std::uint8_t value = 1);

// Counts the entries of a hash, which programs may change meanwhile.
std::uint64_t count_entries(const bpf_map *map);

} // namespace snoop
