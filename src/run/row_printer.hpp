// SPDX-License-Identifier: BSD-2-Clause
// Prints the rows of an event tool as the options say, under one header.
//     RowPrinter<Row> rows{session, columns};
//     rows.passes(event.task) ? rows.print(row) : rows.skip();
#pragma once

#include "libbpf/task_filters.hpp"
#include "run/row_output.hpp"
#include "run/session.hpp"
#include "table/columns.hpp"

#include <utility>

namespace snoop {

template <class Row> class RowPrinter {
public:
    RowPrinter(Session &session, Columns<Row> columns)
        : options_(session.options()), output_(session.rows()), columns_(std::move(columns))
    {
        if (options_.format == Format::text)
            columns_.put_header(output_.buffer());
    }

    // Whether a task passes the filters. The programs have checked that already; a replay does it here.
    [[nodiscard]] bool passes(const snoop_task &task) const
    {
        return options_.replay.empty() || matches(options_, task);
    }

    // Prints the row of an event, unless -c is reached or stdout is closed.
    void print(const Row &row)
    {
        if (!output_.take())
            return;
        if (options_.format == Format::json)
            columns_.put_json_row(output_.buffer(), row);
        else
            columns_.put_row(output_.buffer(), row);
        output_.flush_if_large();
    }

    // Counts an event that was filtered here.
    void skip() { output_.skip(); }

private:
    const CommonOptions &options_;
    RowOutput &output_;
    Columns<Row> columns_;
};

} // namespace snoop
