// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/accounting.hpp"
#include "base/json.hpp"
#include "base/write.hpp"
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

std::string name_of(const AccountingItem &item)
{
    std::string name{item.name.empty() ? item.key : item.name};

    std::ranges::replace(name, '_', ' ');
    return name;
}

void put(JsonWriter &json, const std::vector<AccountingItem> &items)
{
    for (const AccountingItem &item : items)
        json.key(item.key).value(item.count);
}

void add_keys(std::vector<JsonKey> &keys, const std::vector<AccountingItem> &items)
{
    for (const AccountingItem &item : items)
        keys.push_back({item.key, item.meaning, &json_type<decltype(item.count)>, std::string{item.only}});
}

} // namespace

AccountingItem descendants_lost(const EventCounters &counters)
{
    return {"descendants_lost", counters[SNOOP_DESCENDANTS_LOST], "Descendants of COMMAND that could not be followed.",
            AccountingItem::unless_zero};
}

AccountingItem lineages_lost(const EventCounters &counters)
{
    return {"lineages_lost", counters[SNOOP_LINEAGES_LOST],
            "Processes whose ancestors found no room in the map that keeps them.", AccountingItem::unless_zero};
}

Accounting &Accounting::add(const AccountingItem &summand)
{
    summands_.push_back(summand);
    return *this;
}

Accounting &Accounting::add_lost(std::vector<AccountingItem> causes)
{
    causes_ = std::move(causes);
    return add({words_.lost, lost(), words_.lost_meaning});
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
    std::string text = fmt::format("{} {}", words_.total, total_);
    std::string_view sign = " = ";

    for (const AccountingItem &summand : summands_)
        if (is_in_text(summand)) {
            text += fmt::format("{}{} {}", sign, name_of(summand), summand.count);
            sign = " + ";
        }
    for (const AccountingItem &cause : causes_)
        if (cause.count > 0)
            text += fmt::format("; {}, {}: {}", words_.lost, name_of(cause), cause.count);
    for (const AccountingItem &note : notes_)
        if (is_in_text(note))
            text += fmt::format("; {} {}", name_of(note), note.count);
    return text;
}

void Accounting::put_json(Buffer &out) const
{
    JsonWriter json{out};

    json.begin_object().key("event").value(words_.event).key("tool").value(tool_);
    json.key(words_.total).value(total_);
    put(json, summands_);
    json.key(words_.causes).begin_object();
    put(json, causes_);
    json.end_object();
    put(json, notes_);
    json.end_object();
    out.push_back('\n');
}

std::vector<JsonKey> Accounting::keys() const
{
    std::vector<JsonKey> keys{{"event", "Kind of the line.", &json_string},
                              {"tool", "Name of the tool.", &json_string},
                              {words_.total, words_.total_meaning, &json_integer}};
    std::vector<JsonKey> causes;

    add_keys(keys, summands_);
    add_keys(causes, causes_);
    keys.push_back({words_.causes, words_.causes_meaning, &json_object, {}, causes});
    add_keys(keys, notes_);
    return keys;
}

JsonRow Accounting::describe() const { return {words_.event, words_.meaning, keys()}; }

void Accounting::print(Format format) const
{
    if (format != Format::json) {
        print_line(tool_, as_text());
        return;
    }
    Buffer line;
    put_json(line);
    write_all(STDERR_FILENO, line.data(), line.size());
}

} // namespace snoop
