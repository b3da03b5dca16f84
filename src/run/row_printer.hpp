// SPDX-License-Identifier: BSD-2-Clause
// Prints the rows of an event tool as the options say, under one header.
//     RowPrinter<Row> rows{session, columns};
//     rows.passes(event.task) ? rows.print(row) : rows.skip();
#pragma once

#include "libbpf/task_filters.hpp"
#include "run/row_output.hpp"
#include "run/row_style.hpp"
#include "run/row_trigger.hpp"
#include "run/session.hpp"
#include "table/columns.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace snoop {

template <class Row> class RowPrinter {
public:
    RowPrinter(Session &session, Columns<Row> columns)
        : session_(session),
          options_(session.options()),
          output_(session.rows()),
          sent_(options_.otlp.url.empty() ? Columns<Row>{{}} : columns),
          trigger_(options_.keep.when, columns),
          columns_(options_.fields.empty() ? std::move(columns)
                                           : columns.select(options_.fields, options_.format == Format::text)),
          style_(output_.fd(), options_.color, options_.fit)
    {
        if (options_.format == Format::csv)
            columns_.put_csv_header(output_.buffer());
        if (options_.format != Format::text)
            return;
        const std::size_t from = output_.buffer().size();
        columns_.put_header(output_.buffer());
        style_.apply(output_.buffer(), from, Tone::plain);
    }

    // Whether an event passes the filters. The programs have checked those of tasks already; a replay does it here.
    // ret: what the call returned, a negative number if it failed.
    [[nodiscard]] bool passes(const snoop_task &task, std::int32_t ret = 0) const
    {
        if (!session_.admits_place(task))
            return false;
        return options_.replay.empty() || matches(options_, {task, ret < 0 ? 0 - static_cast<std::uint32_t>(ret) : 0});
    }

    // Prints the row of an event, unless -c is reached or stdout is closed.
    void print(const Row &row)
    {
        if (!output_.take())
            return;
        if (Buffer *to = output_.staged())
            sent_.put_json_row(*to, row);
        if (options_.format == Format::json || is_by_helper(options_.format)) {
            columns_.put_json_row(output_.buffer(), row);
        } else if (options_.format == Format::csv) {
            columns_.put_csv_row(output_.buffer(), row);
        } else {
            const std::size_t from = output_.buffer().size();
            columns_.put_row(output_.buffer(), row);
            if (style_.changes_rows())
                style_.apply(output_.buffer(), from, row.tone());
        }
        if (trigger_.fires(row))
            session_.write_kept(); // now: the rows of a flood would soon push this one out
        output_.flush_if_large();
    }

    // Counts an event that was filtered here.
    void skip() { output_.skip(); }

private:
    Session &session_;
    const CommonOptions &options_;
    RowOutput &output_;
    Columns<Row> sent_; // those of --otlp: all
    RowTrigger<Row> trigger_;
    Columns<Row> columns_;
    RowStyle style_;
};

} // namespace snoop
