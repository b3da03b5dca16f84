// SPDX-License-Identifier: BSD-2-Clause
// The options of usdtsnoop, set by main.cpp and used by the hooks and rows.
//     Options options;
//     const UsdtTargets targets{options.patterns, common.numbers("--pid")};
#pragma once

#include "usdtsnoop/usdt_targets.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace snoop::usdtsnoop {

struct Options {
    std::vector<std::string> probes;
    std::string list;
    std::vector<UsdtPattern> patterns;
    std::vector<std::size_t> strings; // numbers of arguments, from 1
    std::uint32_t string_max = 256;
};

} // namespace snoop::usdtsnoop
