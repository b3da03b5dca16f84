// SPDX-License-Identifier: BSD-2-Clause
// The buffer that rows and messages are built in: no allocation up to 512 bytes.
//     Buffer out;
//     append(out, "pid ");
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace snoop {

using Buffer = fmt::basic_memory_buffer<char, 512>;

// Inline because it dominates the cost of a row; fmt's own append() is a call.
inline void append(Buffer &out, std::string_view text)
{
    const std::size_t end = out.size();

    out.resize(end + text.size());
    if (!text.empty())
        std::memcpy(out.data() + end, text.data(), text.size());
}

// The terminal columns taken by the text from byte `from` on, one for each character.
inline std::size_t width_from(const Buffer &out, std::size_t from) noexcept
{
    return static_cast<std::size_t>(
        std::count_if(out.data() + from, out.data() + out.size(), [](char c) { return (c & 0xc0) != 0x80; }));
}

} // namespace snoop
