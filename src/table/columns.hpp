// SPDX-License-Identifier: BSD-2-Clause
// A column is declared once: title, width, alignment, JSON key, meaning, and how to get its
// value from a row. Header, text rows, JSON objects and their schema all come from that list.
//     const Columns<Row> columns{{
//         {"PID", 7, Align::left, "pid", "Process id.", [](const Row &r) { return r.pid; }},
//         json_only<Row>("tid", "Thread id.", [](const Row &r) { return r.tid; })}};
#pragma once

#include "base/escape.hpp"
#include "base/json.hpp"
#include "table/json_type.hpp"

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

// put_text() writes a value in text, put_json() in JSON. A tool that returns a type of its own
// from a column declares both beside that type, and json_type_of() (table/json_type.hpp).
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
template <class T> void put_json(JsonWriter &json, const std::vector<T> &values)
{
    json.begin_array();
    for (const T &value : values)
        put_json(json, value);
    json.end_array();
}

template <HasColumns T> void put_json(JsonWriter &json, const T &object)
{
    json.begin_object();
    T::columns().put_members(json, object);
    json.end_object();
}

// Pads what out holds from byte `from` to `width` columns.
void align(Buffer &out, std::size_t from, std::size_t width, Align how);

template <class Row> class Column {
public:
    using Text = void (*)(Buffer &, const Row &, Spaces);
    using Json = void (*)(JsonWriter &, const Row &);

    // In text and in JSON. `Get` is a lambda without captures: a column shows only what is in the row.
    template <class Get>
    Column(std::string_view title, std::size_t width, Align how, std::string_view key, std::string_view meaning, Get)
        : Column(title, width, how, json_key<Get>(key, meaning), text_by<Get>, json_by<Get>)
    {}

    template <class Get> static Column json_only(std::string_view key, std::string_view meaning, Get)
    {
        return {"", 0, Align::left, json_key<Get>(key, meaning), nullptr, json_by<Get>};
    }
    template <class Get> static Column text_only(std::string_view title, std::size_t width, Align how, Get)
    {
        return {title, width, how, JsonKey{}, text_by<Get>, nullptr};
    }

    // Says that JSON has the column only with an option. Which columns there are, the tool decides.
    [[nodiscard]] Column only_with(std::string_view option) &&
    {
        key_.only = fmt::format("with {}", option);
        return *this;
    }

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
    [[nodiscard]] const JsonKey &key() const { return key_; }
    void put_value(Buffer &out, const Row &row) const
    {
        JsonWriter json{out};
        json_(json, row);
    }
    void put_member(JsonWriter &json, const Row &row) const
    {
        json.key(key_.name);
        json_(json, row);
    }

private:
    Column(std::string_view title, std::size_t width, Align how, const JsonKey &key, Text text, Json json)
        : title_(title), key_(key), width_(width), align_(how), text_(text), json_(json)
    {}

    template <class Get> static void text_by(Buffer &out, const Row &row, Spaces spaces)
    {
        put_text(out, Get{}(row), spaces);
    }
    template <class Get> static void json_by(JsonWriter &json, const Row &row) { put_json(json, Get{}(row)); }
    template <class Get> static JsonKey json_key(std::string_view key, std::string_view meaning)
    {
        return {key, meaning, &json_type<std::decay_t<std::invoke_result_t<Get, const Row &>>>};
    }

    void finish(Buffer &out, std::size_t from, bool last) const
    {
        if (last && align_ == Align::left) {
            out.push_back('\n');
            return;
        }
        align(out, from, width_, align_);
        out.push_back(last ? '\n' : ' ');
    }

    std::string_view title_;
    JsonKey key_;
    std::size_t width_;
    Align align_;
    Text text_;
    Json json_;
};

template <class Row, class Get> Column<Row> json_only(std::string_view key, std::string_view meaning, Get get)
{
    return Column<Row>::json_only(key, meaning, get);
}
template <class Row, class Get> Column<Row> text_only(std::string_view title, std::size_t width, Align how, Get get)
{
    return Column<Row>::text_only(title, width, how, get);
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
                members_.push_back({fmt::format("{}\"{}\":", members_.empty() ? '{' : ',', column.key().name), i - 1});
        }
    }

    // A line of titles, or of cells, with its newline. A space inside any cell but the last
    // is escaped, so that awk's $2 is always the second column.
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
    // These members, inside an object that has been begun.
    void put_members(JsonWriter &json, const Row &row) const
    {
        for (const Member &member : members_)
            columns_[member.column].put_member(json, row);
    }
    [[nodiscard]] std::vector<JsonKey> keys() const
    {
        std::vector<JsonKey> keys;
        for (const Member &member : members_)
            keys.push_back(columns_[member.column].key());
        return keys;
    }

private:
    // `before` stands before a column's value in JSON: {"pid": or ,"comm":
    struct Member {
        std::string before;
        std::size_t column;
    };

    std::vector<Column<Row>> columns_;
    std::vector<Member> members_;
    std::size_t last_ = 0; // one past the last column of the text
};

} // namespace snoop
