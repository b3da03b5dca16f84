// SPDX-License-Identifier: BSD-2-Clause
// Tables whose columns are as wide as their widest cell.
#include "table/grid.hpp"

#include <gtest/gtest.h>

namespace {

using namespace snoop;

std::string printed(const Grid &grid, std::size_t rows)
{
    Buffer out;

    grid.put_titles(out);
    for (std::size_t i = 0; i < rows; i++) {
        out.push_back('\n');
        grid.put_row(out, i);
    }
    return fmt::to_string(out);
}

TEST(Grid, ColumnsFitTheirWidestCell)
{
    Grid grid;
    grid.add_column("USER", Align::left);
    grid.add_column("COUNT", Align::right);
    grid.add_row({"\u00e4\u00f6\u20ac", "1234567"}); // three characters, not eight bytes
    grid.add_row({"nobody", "1"});

    EXPECT_EQ(printed(grid, 2), "USER     COUNT \n"
                                "\u00e4\u00f6\u20ac    1234567 \n"
                                "nobody       1 ");
    EXPECT_EQ(grid.width(), 15u);
}

TEST(Grid, MinimumWidth)
{
    Grid grid;
    grid.add_column("N", Align::right, 4);
    grid.add_row({"1"});

    EXPECT_EQ(printed(grid, 1), "   N \n   1 ");
    EXPECT_EQ(grid.width(), 5u);
}

TEST(Grid, NarrowerColumns)
{
    Grid grid;
    grid.add_column("NAME", Align::left);
    grid.add_column("RATE", Align::right);
    grid.add_column("N", Align::right);
    grid.add_row({"a_long_\u00e4\u00f6_name", "10.0", "1"});
    grid.add_row({"short", "2.0", "2"});
    grid.hide(1);
    grid.shorten(0, 10);

    EXPECT_EQ(printed(grid, 2), "NAME       N \n"
                                "...\u00e4\u00f6_name 1 \n"
                                "short      2 ");
    EXPECT_EQ(grid.width(), 13u);
    EXPECT_EQ(grid.width_of(0), 10u);
}

TEST(Grid, WithoutRows)
{
    Grid grid;
    grid.add_column("KEY", Align::left);

    EXPECT_EQ(printed(grid, 0), "KEY ");
}

} // namespace
