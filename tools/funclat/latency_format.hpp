// SPDX-License-Identifier: BSD-2-Clause
// Shared by the text of LatencyView's blocks and of its table.
//     escaped(name), per(sums.calls, seconds);
#pragma once

#include "base/escape.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace snoop::funclat {

constexpr std::array percents{50U, 90U, 99U};

inline double per(std::uint64_t sum, double count) { return count > 0 ? static_cast<double>(sum) / count : 0; }

// Text without spaces and control characters, for a cell of a table.
inline std::string escaped(std::string_view text)
{
    Buffer out;
    append_escaped(out, text, Spaces::escape);
    return fmt::to_string(out);
}

} // namespace snoop::funclat
