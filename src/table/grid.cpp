// SPDX-License-Identifier: BSD-2-Clause
#include "table/grid.hpp"
#include "base/utf8.hpp"

#include <algorithm>

namespace snoop {
namespace {

std::size_t columns_of(std::string_view text)
{
    Buffer out;
    append(out, text);
    return width_from(out, 0);
}

} // namespace

void Grid::add_column(std::string_view title, Align how, std::size_t min_width)
{
    titles_.emplace_back(title);
    columns_.push_back({how, std::max(min_width, title.size())});
}

void Grid::add_row(std::vector<std::string> cells)
{
    for (std::size_t i = 0; i < columns_.size(); i++)
        columns_[i].width = std::max(columns_[i].width, columns_of(cells[i]));
    rows_.push_back(std::move(cells));
}

void Grid::shorten(std::size_t column, std::size_t width)
{
    constexpr std::string_view mark = "...";

    columns_[column].width = titles_[column].size();
    for (auto &row : rows_) {
        std::string &cell = row[column];
        if (columns_of(cell) > width) {
            while (columns_of(cell) > width - mark.size())
                cell.erase(0, utf8_step(cell).size);
            cell.insert(0, mark);
        }
        columns_[column].width = std::max(columns_[column].width, columns_of(cell));
    }
}

std::size_t Grid::width() const
{
    std::size_t all = 0;

    for (const GridColumn &column : columns_)
        all += column.is_hidden ? 0 : column.width + 1;
    return all;
}

void Grid::put(Buffer &out, const std::vector<std::string> &cells) const
{
    for (std::size_t i = 0; i < columns_.size(); i++) {
        if (columns_[i].is_hidden)
            continue;
        const std::size_t from = out.size();
        append(out, cells[i]);
        align(out, from, columns_[i].width, columns_[i].how);
        out.push_back(' ');
    }
}

} // namespace snoop
