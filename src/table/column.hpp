// SPDX-License-Identifier: BSD-2-Clause
// One column of a table (table/columns.hpp): title, width, alignment, JSON key, meaning, and how to get its value from
// a row.
//     {"PID", 7, Align::left, "pid", "Process id.", [](const Row &r) { return r.pid; }}
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

// Turns the JSON value that out holds from byte `from` on into a cell of text: a string without its quotes, null
// as -, everything else as it is.
void json_to_cell(Buffer &out, std::size_t from);
// Turns each space from byte `from` on into \x20.
void escape_spaces(Buffer &out, std::size_t from);
// Turns it into a field of CSV (RFC 4180): null is empty, and a string keeps the escapes of JSON, so that a row
// stays one line.
void json_to_csv(Buffer &out, std::size_t from);

// A title as a name of a field: in lower case.
std::string field_name(std::string_view title);

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
        return {"", json_only_width, Align::left, json_key<Get>(key, meaning), nullptr, json_by<Get>};
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

    // Whether a name means this column: its JSON key, or its title in lower case.
    [[nodiscard]] bool is_called(std::string_view name) const
    {
        return !name.empty() && (key_.name == name || (in_text() && field_name(title_) == name));
    }
    // The name that messages use: its JSON key if it has one.
    [[nodiscard]] std::string name() const { return in_json() ? std::string{key_.name} : field_name(title_); }

    void put_title(Buffer &out, bool last) const
    {
        const std::size_t from = out.size();
        append(out, in_text() ? title_ : key_.name);
        if (!in_text())
            std::for_each(out.begin() + static_cast<std::ptrdiff_t>(from), out.end(),
                          [](char &c) { c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
        finish(out, from, last);
    }
    // A column that is in JSON alone shows its value as JSON has it.
    void put_cell(Buffer &out, const Row &row, bool last) const
    {
        const std::size_t from = out.size();
        if (in_text()) {
            text_(out, row, last ? Spaces::keep : Spaces::escape);
        } else {
            put_value(out, row);
            json_to_cell(out, from);
        }
        // A column without a width is made to be the last one, and may be a list of words.
        if (!last && (width_ == 0 || !in_text()))
            escape_spaces(out, from);
        finish(out, from, last);
    }
    void put_csv(Buffer &out, const Row &row) const
    {
        const std::size_t from = out.size();
        put_value(out, row);
        json_to_csv(out, from);
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
    static constexpr std::size_t json_only_width = 10; // with --fields

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

} // namespace snoop
