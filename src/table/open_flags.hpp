// SPDX-License-Identifier: BSD-2-Clause
// Flags, mode and kind of an open, by name.
//     put_text(out, OpenFlags{O_WRONLY | O_CREAT}, Spaces::keep);   // "O_WRONLY|O_CREAT"
//     wanted.add("--flags", "O_CREAT,O_APPEND");
#pragma once

#include "table/columns.hpp"

#include <cstdint>
#include <string_view>

namespace snoop {

// As the kernel of this architecture numbers them; bits without a name show in hex.
// JSON: an array of strings.
struct OpenFlags {
    std::uint32_t bits;
};
void put_text(Buffer &out, OpenFlags flags, Spaces spaces);
void put_json(JsonWriter &json, OpenFlags flags);
constexpr JsonType json_type_of(std::type_identity<OpenFlags>) { return json_type<std::vector<std::string_view>>; }

// Permissions of a file that is made: "0644"; JSON has the same string.
struct OpenMode {
    std::uint32_t bits;
};
void put_text(Buffer &out, OpenMode mode, Spaces spaces);
void put_json(JsonWriter &json, OpenMode mode);
constexpr JsonType json_type_of(std::type_identity<OpenMode>) { return json_string; }

// Does an open make use of its mode (O_CREAT, O_TMPFILE)?
bool takes_mode(OpenFlags flags) noexcept;

// "openat", "io_uring", of enum open_via (snoop/open.h).
std::string_view open_via_name(unsigned via) noexcept;

// Any of several flags.
struct AnyOpenFlag {
    std::uint32_t any = 0;   // bits that no other flag has
    std::uint8_t access = 0; // 1 << O_RDONLY, 1 << O_WRONLY, 1 << O_RDWR

    // Adds those that a comma-separated list names. Throws Error (exit 2) that says
    // `option` and what is known.
    void add(std::string_view option, std::string_view list);

    [[nodiscard]] bool empty() const noexcept { return any == 0 && access == 0; }
    [[nodiscard]] bool matches(OpenFlags flags) const noexcept
    {
        return empty() || (flags.bits & any) != 0 || (access >> (flags.bits & 3) & 1) != 0;
    }
};

} // namespace snoop
