// SPDX-License-Identifier: BSD-2-Clause
// Reads the static probes (USDT) of an ELF file from the notes that <sys/sdt.h> writes, see
// https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation.
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

// One site of a probe. A probe has several sites if its code was inlined.
struct UsdtProbe {
    std::string provider, name;
    std::string arguments;              // as in the note: "-4@%eax 8@-16(%rbp)"
    std::vector<usdt_arg_spec> args;    // parsed; at most USDT_ARGS
    std::uint64_t location = 0;         // address, as shown by readelf
    std::uint64_t offset = 0;           // file offset of that address
    std::uint64_t semaphore_offset = 0; // file offset of the semaphore; 0 if there is none
    bool is_32bit = false;
};

// Sorted by name and location. Probes whose code the linker has removed are left out and added to `without_code`:
// their location is 0 or in no executable segment. Takes time linear in the size of the file, which messages call
// `shown`. Throws Error (exit 2) if it does not exist, is not an ELF executable or library, is for another
// architecture, or is damaged.
std::vector<UsdtProbe> read_usdt_probes(const std::string &path, std::vector<UsdtProbe> *without_code = nullptr,
                                        const std::string &shown = {});

// "app:one, app:two, app:three, ..."
std::string names_of(const std::vector<UsdtProbe> &probes);

// "'./app': skipped 2 probes without code, which the linker has removed: app:one, app:two"
std::string describe_without_code(const std::string &path, const std::vector<UsdtProbe> &probes);

enum class Machine { x86, arm64 };

// The context in which the arguments of a probe are parsed.
struct UsdtArgContext {
    Machine machine;
    std::uint64_t location;                                                  // of the probe
    std::function<std::optional<std::uint64_t>(const std::string &)> symbol; // its address
};

// Parses one argument of a note, such as "-4@%eax". Its location is USDT_NOWHERE if a program cannot
// read it ("8f@%xmm0") or the operand is unknown.
usdt_arg_spec parse_usdt_argument(std::string_view text, const UsdtArgContext &place);

// The name of a USDT_TYPE_*: "s32", "u64", "f64", "str"; "?" if it has no size.
std::string_view usdt_type_name(std::uint16_t type);

} // namespace snoop::usdtsnoop
