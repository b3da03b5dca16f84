// SPDX-License-Identifier: BSD-2-Clause
// The Sink of a tool that sends one record for each event and prints one row for each record.
//     class MySink : public RowSink<my_event, Row> { … make_row() … };
//     MySink sink{session, MY_EVENT, make_columns(session.options())};
#pragma once

#include "run/redacted_names.hpp"
#include "run/row_printer.hpp"
#include "run/session.hpp"
#include "table/columns.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
        const std::string_view data = text_of(whole.subspan(sizeof(event)));
        const Row row = make_row(event, data);
        const bool passes = rows_.passes(event.task, result_of(event)) && passes_options(row);

        if (passes)
            note(event);
        if (session_.redactor())
            print_redacted(*session_.redactor(), event, data, passes);
        else if (passes)
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
    static std::string_view text_of(std::span<const std::byte> bytes)
    {
        return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
    }

    void print_redacted(const Redactor &redactor, Event event, std::string_view data, bool passes)
    {
        std::string redacted{data};

        redact(redactor, event.task);
        redact_event(redactor, event, redacted);
        event.rec.size = static_cast<std::uint32_t>(sizeof(event) + redacted.size());
        std::vector<std::byte> whole(event.rec.size);
        std::memcpy(whole.data(), &event, sizeof(event));
        std::ranges::copy(std::as_bytes(std::span{redacted}), whole.begin() + sizeof(event));
        session_.record(whole);
        if (passes)
            rows_.print(make_row(*reinterpret_cast<const Event *>(whole.data()), redacted));
        else
            rows_.skip();
    }

    // Redacts the event, but for its task, and the bytes behind it.
    virtual void redact_event(const Redactor &redactor, Event &event, std::string &data) const = 0;
    // `data`: the bytes of the record behind the event.
    [[nodiscard]] virtual Row make_row(const Event &event, std::string_view data) const = 0;
    // An event whose row is printed.
    virtual void note(const Event &) {}
    // Whether the row passes the tool's own filters.
    [[nodiscard]] virtual bool passes_options(const Row &) const { return true; }

    Session &session_;
    std::uint16_t kind_;
    RowPrinter<Row> rows_;
};

} // namespace snoop
