// SPDX-License-Identifier: BSD-2-Clause
// Prints a table, row by row as they are found.
//     Report report{Format::text};
//     report.begin(check_columns());
//     report.put(check_columns(), check);
#pragma once

#include "base/terminal.hpp"
#include "cli/options.hpp"
#include "run/row_style.hpp"
#include "table/columns.hpp"
#include "table/output.hpp"

#include <cstddef>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace snoop {

class Report {
public:
    explicit Report(Format format) : json_(format == Format::json) {}

    // Prints the header.
    template <class Row> void begin(const Columns<Row> &columns)
    {
        if (json_)
            return;
        const std::size_t from = out_.buffer().size();
        columns.put_header(out_.buffer());
        const std::string_view header{out_.buffer().data() + from, out_.buffer().size() - from};
        last_column_ = header.rfind(' ') + 1;
    }

    template <class Row> void put(const Columns<Row> &columns, const Row &row)
    {
        if (json_)
            columns.put_json_row(out_.buffer(), row);
        else
            put_text_row(columns, row);
        out_.flush();
    }

    template <class Row> void put_table(const Columns<Row> &columns, const std::vector<Row> &rows)
    {
        begin(columns);
        for (const Row &row : rows)
            put(columns, row);
        out_.flush();
    }

private:
    // On a terminal, what does not fit goes on below the last column.
    template <class Row> void put_text_row(const Columns<Row> &columns, const Row &row)
    {
        const std::size_t from = out_.buffer().size();

        columns.put_row(out_.buffer(), row);
        if (const auto width = terminal_columns(out_.fd()))
            wrap_row(out_.buffer(), from, *width, last_column_);
    }

    Output out_{STDOUT_FILENO};
    bool json_;
    std::size_t last_column_ = 0; // how many columns of the terminal are before it
};

} // namespace snoop
