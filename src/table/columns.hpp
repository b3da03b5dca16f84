// SPDX-License-Identifier: BSD-2-Clause
// A column is declared once: title, width, alignment, JSON key, and how to get its
// value from a row. Header, text rows and JSON objects all come from that list.
//     const Columns<Row> columns{{
//         {"PID", 7, Align::left, "pid", [](const Row &r) { return r.pid; }},
//         json_only<Row>("tid", [](const Row &r) { return r.tid; })}};
#pragma once

#include "base/escape.hpp"
#include "base/json.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace snoop {

enum class Align { left, right };

// How a value shows in text: put_text(); in JSON: put_json(). A tool that returns a
// type of its own from a column declares both beside that type.
template <std::integral T> void put_text(Buffer &out, T number, Spaces)
{
    const fmt::format_int digits{number};
    append(out, {digits.data(), digits.size()});
}
inline void put_text(Buffer &out, bool b, Spaces) { append(out, b ? "yes" : "no"); }
inline void put_text(Buffer &out, std::string_view bytes, Spaces spaces) { append_escaped(out, bytes, spaces); }
inline void put_text(Buffer &out, const char *text, Spaces spaces) { put_text(out, std::string_view{text}, spaces); }
template <class T> void put_text(Buffer &out, const std::optional<T> &value, Spaces spaces)
{
    if (value)
        put_text(out, *value, spaces);
    else
        out.push_back('-');
}

template <class T>
    requires requires(JsonWriter &json, const T &v) { json.value(v); }
void put_json(JsonWriter &json, const T &v) { json.value(v); }
template <class T>
    requires(!requires(JsonWriter & json, const T &v) { json.value(v); })
void put_json(JsonWriter &json, const std::optional<T> &v)
{
    if (v)
        put_json(json, *v);
    else
        json.value(nullptr);
}

// Pads what out holds from byte `from` to `width` columns.
void align(Buffer &out, std::size_t from, std::size_t width, Align how);

template <class Row> class Column {
public:
    using Text = void (*)(Buffer &, const Row &, Spaces);
    using Json = void (*)(JsonWriter &, const Row &);

    // In text and in JSON. `get` is a lambda without captures: all that a column shows
    // is in the row.
    template <class Get>
    Column(std::string_view title, std::size_t width, Align how, std::string_view key, Get)
        : Column(title, width, how, key, text_by<Get>, json_by<Get>)
    {}
    Column(std::string_view title, std::size_t width, Align how, std::string_view key, Text text, Json json)
        : title_(title), key_(key), width_(width), align_(how), text_(text), json_(json)
    {}

    template <class Get> static void text_by(Buffer &out, const Row &row, Spaces spaces)
    {
        put_text(out, Get{}(row), spaces);
    }
    template <class Get> static void json_by(JsonWriter &json, const Row &row) { put_json(json, Get{}(row)); }

    [[nodiscard]] bool in_text() const { return text_ != nullptr; }
    [[nodiscard]] bool in_json() const { return json_ != nullptr; }

    void put_title(Buffer &out, bool last) const
    {
        const std::size_t from = out.size();
        append(out, title_);
        finish(out, from, last);
    }
    void put_cell(Buffer &out, const Row &row, bool last) const
    {
        const std::size_t from = out.size();
        text_(out, row, last ? Spaces::keep : Spaces::escape);
        finish(out, from, last);
    }
    [[nodiscard]] std::string_view key() const { return key_; }
    void put_value(Buffer &out, const Row &row) const
    {
        JsonWriter json{out};
        json_(json, row);
    }

private:
    void finish(Buffer &out, std::size_t from, bool last) const
    {
        if (last && align_ == Align::left) {
            out.push_back('\n');
            return;
        }
        align(out, from, width_, align_);
        out.push_back(last ? '\n' : ' ');
    }

    std::string_view title_, key_;
    std::size_t width_;
    Align align_;
    Text text_;
    Json json_;
};

template <class Row, class Get> Column<Row> json_only(std::string_view key, Get)
{
    return {"", 0, Align::left, key, nullptr, Column<Row>::template json_by<Get>};
}
template <class Row, class Get> Column<Row> text_only(std::string_view title, std::size_t width, Align how, Get)
{
    return {title, width, how, "", Column<Row>::template text_by<Get>, nullptr};
}

template <class Row> class Columns {
public:
    explicit Columns(std::vector<Column<Row>> columns) : columns_(std::move(columns))
    {
        std::size_t i = 0;
        for (const auto &column : columns_) {
            i++;
            if (column.in_text())
                last_ = i;
            if (column.in_json())
                members_.push_back({fmt::format("{}\"{}\":", members_.empty() ? '{' : ',', column.key()), i - 1});
        }
    }

    // A line of titles, or of cells, with its line feed. A blank inside any cell but
    // the last is escaped, so that awk's $2 is always the second column.
    void put_header(Buffer &out) const
    {
        for (std::size_t i = 0; i < last_; i++)
            if (columns_[i].in_text())
                columns_[i].put_title(out, i + 1 == last_);
    }
    void put_row(Buffer &out, const Row &row) const
    {
        for (std::size_t i = 0; i < last_; i++)
            if (columns_[i].in_text())
                columns_[i].put_cell(out, row, i + 1 == last_);
    }
    // One JSON object on a line of its own.
    void put_json_row(Buffer &out, const Row &row) const
    {
        for (const Member &member : members_) {
            append(out, member.before);
            columns_[member.column].put_value(out, row);
        }
        append(out, members_.empty() ? "{}\n" : "}\n");
    }

private:
    // What stands before a column's value in JSON: {"pid": or ,"comm":
    struct Member {
        std::string before;
        std::size_t column;
    };

    std::vector<Column<Row>> columns_;
    std::vector<Member> members_;
    std::size_t last_ = 0; // one behind the last column of the text
};

} // namespace snoop
