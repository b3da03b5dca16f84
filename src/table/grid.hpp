// SPDX-License-Identifier: BSD-2-Clause
// A table whose columns are as wide as their widest cell, so all rows must be known before the
// first is printed; columns.hpp prints rows one at a time.
//     Grid grid;
//     grid.add_column("UID", Align::right);
//     grid.add_row({"1000"});
//     grid.put_titles(out);
#pragma once

#include "table/columns.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

class Grid {
public:
    // A column at least as wide as its title and `min_width`.
    void add_column(std::string_view title, Align how, std::size_t min_width = 0);
    // A row with one cell for each column.
    void add_row(std::vector<std::string> cells);

    // Leaves a column out, from 0.
    void hide(std::size_t column) { columns_[column].is_hidden = true; }
    // Cuts the beginning of cells that are wider than `width`, which is at least 4: "...of_a_name".
    void shorten(std::size_t column, std::size_t width);

    // The width of a column, without the space.
    [[nodiscard]] std::size_t width_of(std::size_t column) const { return columns_[column].width; }
    // The width of a row, with the space after each cell.
    [[nodiscard]] std::size_t width() const;

    // Appends the titles, or row `row`, with a space after each cell and no newline.
    void put_titles(Buffer &out) const { put(out, titles_); }
    void put_row(Buffer &out, std::size_t row) const { put(out, rows_[row]); }

private:
    struct GridColumn {
        Align how;
        std::size_t width;
        bool is_hidden = false;
    };
    void put(Buffer &out, const std::vector<std::string> &cells) const;

    std::vector<std::string> titles_;
    std::vector<GridColumn> columns_;
    std::vector<std::vector<std::string>> rows_;
};

} // namespace snoop
