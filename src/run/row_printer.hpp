// SPDX-License-Identifier: BSD-2-Clause
// Rows on their way out: counted, formatted as the options say, under one header.
//     RowPrinter<Row> rows{session, columns};
//     rows.print(row);
#pragma once

#include "run/session.hpp"
#include "table/columns.hpp"

#include <cstddef>
#include <utility>

namespace snoop {

template <class Row> class RowPrinter {
public:
    RowPrinter(Session &session, Columns<Row> columns)
        : session_(session), columns_(std::move(columns)), json_(session.options().format == Format::json)
    {
        if (!json_)
            columns_.put_header(session_.output().buffer());
    }

    // Shows the row, unless -c is reached or the pipe's reader has gone.
    void print(const Row &row)
    {
        if (!session_.take_row())
            return;
        Buffer &out = session_.output().buffer();
        if (json_)
            columns_.put_json_row(out, row);
        else
            columns_.put_row(out, row);
        if (out.size() > flush_above)
            session_.flush();
    }

private:
    // A flood's drain is not kept in memory whole: this is what a pipe takes at once.
    static constexpr std::size_t flush_above = 64 * 1024;

    Session &session_;
    Columns<Row> columns_;
    bool json_;
};

} // namespace snoop
