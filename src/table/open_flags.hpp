// SPDX-License-Identifier: BSD-2-Clause
// Names for the flags, the mode and the kind of an open.
//     put_text(out, OpenFlags{O_WRONLY | O_CREAT}, Spaces::keep);   // "O_WRONLY|O_CREAT"
//     wanted.add("--flags", "O_CREAT,O_APPEND");
#pragma once

#include "table/columns.hpp"

#include <cstdint>
#include <string_view>

namespace snoop {

// Flags of open(2), numbered as the kernel of this architecture does; bits without a name
// show in hex. JSON: an array of strings.
struct OpenFlags {
    std::uint32_t bits;
};
void put_text(Buffer &out, OpenFlags flags, Spaces spaces);
void put_json(JsonWriter &json, OpenFlags flags);
constexpr JsonType json_type_of(std::type_identity<OpenFlags>) { return json_type<std::vector<std::string_view>>; }

// The permissions of a new file: "0644", in JSON too.
struct OpenMode {
    std::uint32_t bits;
};
void put_text(Buffer &out, OpenMode mode, Spaces spaces);
void put_json(JsonWriter &json, OpenMode mode);
constexpr JsonType json_type_of(std::type_identity<OpenMode>) { return json_string; }

// True if an open with these flags uses its mode (O_CREAT, O_TMPFILE).
bool takes_mode(OpenFlags flags) noexcept;

// "openat", "io_uring", of enum open_via (snoop/open.h).
std::string_view open_via_name(unsigned via) noexcept;

// Matches opens with at least one of several flags.
struct AnyOpenFlag {
    std::uint32_t any = 0;   // bits that are in no other flag
    std::uint8_t access = 0; // 1 << O_RDONLY, 1 << O_WRONLY, 1 << O_RDWR

    // Adds the flags in a comma-separated list. Throws Error (exit 2) that names `option` and
    // lists all flags.
    void add(std::string_view option, std::string_view list);

    [[nodiscard]] bool empty() const noexcept { return any == 0 && access == 0; }
    [[nodiscard]] bool matches(OpenFlags flags) const noexcept
    {
        return empty() || (flags.bits & any) != 0 || (access >> (flags.bits & 3) & 1) != 0;
    }
};

} // namespace snoop
