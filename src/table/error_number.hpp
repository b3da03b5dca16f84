// SPDX-License-Identifier: BSD-2-Clause
// An error number in a column of text.
//     put_text(out, ErrorNumber{2}, Spaces::escape);      // "2"
//     put_text(out, ErrorNumber{-512}, Spaces::escape);   // "-ERESTARTSYS"
#pragma once

#include "base/error.hpp"
#include "table/columns.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace snoop {

// Positive as in errno, negative as calls return it, 0 without an error. Those that errno(3) does not list, and that
// only the kernel and its tracers see, are shown by name.
struct ErrorNumber {
    std::int64_t number;
};

inline void put_text(Buffer &out, ErrorNumber error, Spaces spaces)
{
    constexpr std::int64_t last_listed = 133, last = 4095; // EHWPOISON; include/linux/err.h
    const std::int64_t number = std::abs(error.number);

    if (number <= last_listed || number > last)
        return snoop::put_text(out, error.number, spaces);
    snoop::put_text(out, (error.number < 0 ? "-" : "") + errno_name(static_cast<int>(number)), spaces);
}

} // namespace snoop
