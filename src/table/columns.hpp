// SPDX-License-Identifier: BSD-2-Clause
// A column is declared once: title, width, alignment, JSON key, meaning, and how to get its
// value from a row. Header, text rows, JSON objects and their schema all come from that list.
//     const Columns<Row> columns{{
//         {"PID", 7, Align::left, "pid", "Process id.", [](const Row &r) { return r.pid; }},
//         json_only<Row>("tid", "Thread id.", [](const Row &r) { return r.tid; })}};
#pragma once

#include "table/column.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snoop {

// The errors of a name that no column has, where `known` lists the names that there are, and of one that is given
// twice. Both throw Error (exit 2).
[[noreturn]] void throw_unknown_field(std::string_view name, std::string_view known);
[[noreturn]] void throw_repeated_field(std::string_view name);

template <class Row> class Columns {
public:
    explicit Columns(std::vector<Column<Row>> columns) : columns_(std::move(columns)) { index(); }

    // The columns of these names, in their order, for text or for JSON and CSV. In text a name means a column of
    // text before a key of JSON. Throws Error (exit 2) for a name that no column has, or that is given twice.
    [[nodiscard]] Columns select(const std::vector<std::string> &names, bool in_text) const
    {
        Columns chosen{{}};

        for (const std::string &name : names) {
            if (std::ranges::count(names, name) > 1)
                throw_repeated_field(name);
            const auto named = [&](bool text) {
                return std::ranges::find_if(columns_, [&](const Column<Row> &column) {
                    return (text ? column.in_text() : column.in_json()) && column.is_called(name);
                });
            };
            auto found = named(in_text);
            if (found == columns_.end())
                found = named(false);
            if (found == columns_.end())
                throw_unknown_field(name, names_of_fields(in_text));
            chosen.columns_.push_back(*found);
        }
        chosen.is_selection_ = true;
        chosen.index();
        return chosen;
    }

    // A line of titles, or of cells, with its newline. A space inside any cell but the last
    // is escaped, so that awk's $2 is always the second column.
    void put_header(Buffer &out) const
    {
        for (std::size_t i = 0; i < last_; i++)
            if (is_selection_ || columns_[i].in_text())
                columns_[i].put_title(out, i + 1 == last_);
    }
    void put_row(Buffer &out, const Row &row) const
    {
        for (std::size_t i = 0; i < last_; i++)
            if (is_selection_ || columns_[i].in_text())
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
    // A line of JSON keys, or of values, separated by commas.
    void put_csv_header(Buffer &out) const
    {
        for (const Member &member : members_) {
            if (&member != &members_.front())
                out.push_back(',');
            append(out, columns_[member.column].key().name);
        }
        out.push_back('\n');
    }
    void put_csv_row(Buffer &out, const Row &row) const
    {
        for (const Member &member : members_) {
            if (&member != &members_.front())
                out.push_back(',');
            columns_[member.column].put_csv(out, row);
        }
        out.push_back('\n');
    }
    // These members, inside an object that has been begun.
    void put_members(JsonWriter &json, const Row &row) const
    {
        for (const Member &member : members_)
            columns_[member.column].put_member(json, row);
    }
    // The column of a JSON key; null if there is none.
    [[nodiscard]] const Column<Row> *find_key(std::string_view key) const
    {
        const auto found = std::ranges::find_if(
            members_, [&](const Member &member) { return columns_[member.column].key().name == key; });
        return found == members_.end() ? nullptr : &columns_[found->column];
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

    void index()
    {
        std::size_t i = 0;
        for (const auto &column : columns_) {
            i++;
            if (is_selection_ || column.in_text())
                last_ = i;
            if (column.in_json())
                members_.push_back({fmt::format("{}\"{}\":", members_.empty() ? '{' : ',', column.key().name), i - 1});
        }
    }
    [[nodiscard]] std::string names_of_fields(bool in_text) const
    {
        std::vector<std::string> names;
        std::string all;

        for (const Column<Row> &column : columns_) {
            std::string name = column.name();
            if ((!in_text && !column.in_json()) || std::ranges::find(names, name) != names.end())
                continue;
            all += (all.empty() ? "" : ", ") + name;
            names.push_back(std::move(name));
        }
        return all;
    }

    std::vector<Column<Row>> columns_;
    std::vector<Member> members_;
    std::size_t last_ = 0;      // one past the last column of the text
    bool is_selection_ = false; // text then has all columns
};

} // namespace snoop
