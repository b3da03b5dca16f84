// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/accounting.hpp"
#include "base/json.hpp"
#include "libbpf/log.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace snoop {
namespace {

bool is_in_text(const AccountingItem &item)
{
    return item.in_text == AccountingItem::always || (item.in_text == AccountingItem::unless_zero && item.count > 0);
}

void put(JsonWriter &json, const AccountingItem &item)
{
    std::string key{item.key.empty() ? item.name : item.key};

    std::ranges::replace(key, ' ', '_');
    json.key(key).value(item.count);
}

} // namespace

Accounting &Accounting::add(const AccountingItem &summand)
{
    summands_.push_back(summand);
    return *this;
}

Accounting &Accounting::add_lost(std::vector<AccountingItem> causes)
{
    causes_ = std::move(causes);
    return add({"lost", lost()});
}

Accounting &Accounting::add_note(const AccountingItem &note)
{
    notes_.push_back(note);
    return *this;
}

std::uint64_t Accounting::lost() const
{
    std::uint64_t sum = 0;

    for (const AccountingItem &cause : causes_)
        sum += cause.count;
    return sum;
}

std::string Accounting::as_text() const
{
    std::string text = fmt::format("seen {}", seen_);
    std::string_view sign = " = ";

    for (const AccountingItem &summand : summands_)
        if (is_in_text(summand)) {
            text += fmt::format("{}{} {}", sign, summand.name, summand.count);
            sign = " + ";
        }
    for (const AccountingItem &cause : causes_)
        if (cause.count > 0)
            text += fmt::format("; lost, {}: {}", cause.name, cause.count);
    for (const AccountingItem &note : notes_)
        if (is_in_text(note))
            text += fmt::format("; {} {}", note.name, note.count);
    return text;
}

void Accounting::put_json(Buffer &out) const
{
    JsonWriter json{out};

    json.begin_object().key("event").value("accounting").key("tool").value(tool_).key("seen").value(seen_);
    for (const AccountingItem &summand : summands_)
        put(json, summand);
    json.key("lost_by").begin_object();
    for (const AccountingItem &cause : causes_)
        put(json, cause);
    json.end_object();
    for (const AccountingItem &note : notes_)
        put(json, note);
    json.end_object();
    out.push_back('\n');
}

void Accounting::print(Format format) const
{
    if (format == Format::text) {
        print_line(tool_, as_text());
        return;
    }
    Buffer line;
    put_json(line);
    [[maybe_unused]] const ssize_t n = write(STDERR_FILENO, line.data(), line.size());
}

} // namespace snoop
