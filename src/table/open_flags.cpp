// SPDX-License-Identifier: BSD-2-Clause
#include "table/open_flags.hpp"
#include "base/error.hpp"
#include <snoop/open.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <iterator>

namespace snoop {
namespace {

struct Flag {
    std::string_view name;
    std::uint32_t bits; // all bits of the flag
    std::uint32_t own;  // the bits that no other flag has
};

// The kernel's O_LARGEFILE; glibc defines it as 0 for 64-bit programs.
#if defined(__x86_64__)
constexpr std::uint32_t large_file = 0100000;
#elif defined(__aarch64__)
constexpr std::uint32_t large_file = 0400000;
#endif

constexpr std::array<std::string_view, 4> access_modes{"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};

// In the order of open(2), except that a flag comes before the flags that it contains.
constexpr std::array<Flag, 17> flag_names{{{"O_CREAT", O_CREAT, O_CREAT},
                                           {"O_EXCL", O_EXCL, O_EXCL},
                                           {"O_NOCTTY", O_NOCTTY, O_NOCTTY},
                                           {"O_TRUNC", O_TRUNC, O_TRUNC},
                                           {"O_APPEND", O_APPEND, O_APPEND},
                                           {"O_NONBLOCK", O_NONBLOCK, O_NONBLOCK},
                                           {"O_SYNC", O_SYNC, O_SYNC & ~O_DSYNC},
                                           {"O_DSYNC", O_DSYNC, O_DSYNC},
                                           {"O_ASYNC", O_ASYNC, O_ASYNC},
                                           {"O_DIRECT", O_DIRECT, O_DIRECT},
                                           {"O_LARGEFILE", large_file, large_file},
                                           {"O_TMPFILE", O_TMPFILE, O_TMPFILE & ~O_DIRECTORY},
                                           {"O_DIRECTORY", O_DIRECTORY, O_DIRECTORY},
                                           {"O_NOFOLLOW", O_NOFOLLOW, O_NOFOLLOW},
                                           {"O_NOATIME", O_NOATIME, O_NOATIME},
                                           {"O_CLOEXEC", O_CLOEXEC, O_CLOEXEC},
                                           {"O_PATH", O_PATH, O_PATH}}};

// The kernel's names of the bits that O_SYNC has and O_DSYNC has not, and likewise O_TMPFILE and O_DIRECTORY.
constexpr std::array<Flag, 2> lone_bits{{{"__O_SYNC", O_SYNC & ~O_DSYNC, O_SYNC & ~O_DSYNC},
                                         {"__O_TMPFILE", O_TMPFILE & ~O_DIRECTORY, O_TMPFILE & ~O_DIRECTORY}}};

template <class Put> void for_each_name(OpenFlags flags, Put put)
{
    std::uint32_t left = flags.bits & ~static_cast<std::uint32_t>(O_ACCMODE);
    const auto take = [&](const Flag &flag) {
        if ((left & flag.bits) == flag.bits) {
            put(flag.name);
            left &= ~flag.bits;
        }
    };

    put(access_modes[flags.bits & O_ACCMODE]);
    std::for_each(flag_names.begin(), flag_names.end(), take);
    std::for_each(lone_bits.begin(), lone_bits.end(), take);
    if (left != 0)
        put(std::string_view{fmt::format("0x{:x}", left)});
}

constexpr std::array<std::string_view, OPEN_VIAS> via_names{
    "open", "openat", "openat2", "creat", "open_by_handle_at", "io_uring", "exec", "kernel"};

std::string known_names()
{
    std::string names;

    for (std::size_t i = 0; i < 3; i++)
        names += fmt::format("{}{}", i ? ", " : "", access_modes[i]);
    for (const Flag &flag : flag_names)
        names += fmt::format(", {}", flag.name);
    return names;
}

} // namespace

void put_text(Buffer &out, OpenFlags flags, Spaces)
{
    bool first = true;

    for_each_name(flags, [&](std::string_view name) {
        if (!first)
            out.push_back('|');
        first = false;
        append(out, name);
    });
}

void put_json(JsonWriter &json, OpenFlags flags)
{
    json.begin_array();
    for_each_name(flags, [&](std::string_view name) { json.value(name); });
    json.end_array();
}

void put_text(Buffer &out, OpenMode mode, Spaces) { fmt::format_to(std::back_inserter(out), "{:04o}", mode.bits); }

void put_json(JsonWriter &json, OpenMode mode)
{
    Buffer text;

    put_text(text, mode, Spaces::keep);
    json.value(std::string_view{text.data(), text.size()});
}

bool takes_mode(OpenFlags flags) noexcept
{
    return (flags.bits & O_CREAT) != 0 || (flags.bits & O_TMPFILE) == O_TMPFILE;
}

std::string_view open_via_name(unsigned via) noexcept
{
    return via_names[std::min<std::size_t>(via, via_names.size() - 1)];
}

void AnyOpenFlag::add(std::string_view option, std::string_view list)
{
    for (;;) {
        const std::size_t comma = std::min(list.find(','), list.size());
        const std::string_view name = list.substr(0, comma);
        const auto *mode = std::find(access_modes.begin(), access_modes.begin() + 3, name);
        const auto *flag =
            std::find_if(flag_names.begin(), flag_names.end(), [&](const Flag &known) { return known.name == name; });

        if (mode != access_modes.begin() + 3)
            access |= static_cast<std::uint8_t>(1u << (mode - access_modes.begin()));
        else if (flag != flag_names.end())
            any |= flag->own;
        else
            throw Error{exit_usage, "{}: invalid flag '{}': give flags of open(2): {}", option, name, known_names()};
        if (comma == list.size())
            return;
        list.remove_prefix(comma + 1);
    }
}

} // namespace snoop
