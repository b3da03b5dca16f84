// SPDX-License-Identifier: BSD-2-Clause
// The Sink of a tool that sends one record for each event and prints one row for each record.
//     class MySink : public RowSink<my_event, Row> { … make_row() … };
//     MySink sink{session, MY_EVENT, make_columns(session.options())};
#pragma once

#include "run/row_printer.hpp"
#include "run/session.hpp"
#include "table/columns.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace snoop {

// Event: a struct of the C border with `task`. `kind` is that of its records.
template <class Event, class Row> class RowSink : public Sink {
public:
    RowSink(Session &session, std::uint16_t kind, Columns<Row> columns)
        : session_(session), kind_(kind), rows_(session, std::move(columns))
    {}

    void record(const snoop_record &rec, std::span<const std::byte> whole) final
    {
        if (rec.kind != kind_ || whole.size() < sizeof(Event))
            return;
        const auto &event = *reinterpret_cast<const Event *>(whole.data());
        const auto data = whole.subspan(sizeof(event));
        const Row row = make_row(event, {reinterpret_cast<const char *>(data.data()), data.size()});

        if (rows_.passes(event.task, result_of(event)) && passes_options(row))
            rows_.print(row);
        else
            rows_.skip();
    }

protected:
    [[nodiscard]] Session &session() const noexcept { return session_; }

private:
    // The result of the call that was the event; 0 for events without one.
    static std::int32_t result_of(const Event &event)
    {
        if constexpr (requires { event.ret; })
            return event.ret;
        else
            return 0;
    }
    // `data`: the bytes of the record behind the event.
    [[nodiscard]] virtual Row make_row(const Event &event, std::string_view data) const = 0;
    // Whether the row passes the tool's own filters.
    [[nodiscard]] virtual bool passes_options(const Row &) const { return true; }

    Session &session_;
    std::uint16_t kind_;
    RowPrinter<Row> rows_;
};

} // namespace snoop
