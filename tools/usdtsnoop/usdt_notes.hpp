// SPDX-License-Identifier: BSD-2-Clause
// The static probes (USDT) that an ELF file carries: the notes that <sys/sdt.h> leaves in
// it, https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation.
//     for (const UsdtProbe &probe : read_usdt_probes("/usr/bin/python3"))
//         fmt::print("{}:{}\n", probe.provider, probe.name);
#pragma once

#include <snoop/usdtsnoop.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::usdtsnoop {

// One place of a probe; a probe whose code was inlined has several.
struct UsdtProbe {
    std::string provider, name;
    std::string arguments;              // as the note has them: "-4@%eax 8@-16(%rbp)"
    std::vector<usdt_arg_spec> args;    // the same, understood; at most USDT_ARGS
    std::uint64_t location = 0;         // address, as readelf shows it
    std::uint64_t offset = 0;           // of that in the file
    std::uint64_t semaphore_offset = 0; // of its semaphore in the file; 0: it has none
    bool is_32bit = false;
};

// In the order of their names and places. Throws Error (exit 2) if there is no such file,
// if it is not an ELF executable or library, for another architecture, or damaged.
std::vector<UsdtProbe> read_usdt_probes(const std::string &path);

enum class Machine { x86, arm64 };

// Everything that may be needed to find an argument.
struct UsdtArgContext {
    Machine machine;
    std::uint64_t location;                                                  // of the probe
    std::function<std::optional<std::uint64_t>(const std::string &)> symbol; // its address
};

// One argument of a note, "-4@%eax". Of one in a place that no program can read ("8f@%xmm0"),
// or in none that is known here, USDT_NOWHERE.
usdt_arg_spec parse_usdt_argument(std::string_view text, const UsdtArgContext &place);

// Of USDT_TYPE_*: "s32", "u64", "f64", "str"; "?" without a size.
std::string_view usdt_type_name(std::uint16_t type);

} // namespace snoop::usdtsnoop
