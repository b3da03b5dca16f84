// SPDX-License-Identifier: BSD-2-Clause
// A forest of a few rows, given as JSON.
//     const Forest forest = forest_of({R"({"event":"exec",…})"});
#pragma once

#include "forest/forest.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

namespace snoop {

inline Forest forest_of(std::initializer_list<std::string_view> lines)
{
    Forest forest;
    RowParser parser;

    for (const std::string_view line : lines)
        EXPECT_TRUE(forest.add(parser.parse(line))) << line;
    forest.complete();
    return forest;
}

} // namespace snoop
