// SPDX-License-Identifier: BSD-2-Clause
#include "usdtsnoop/row.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

namespace snoop::usdtsnoop {
namespace {

// The value of one argument of a hit.
struct Argument {
    unsigned type;
    std::uint64_t raw;
    std::string_view string;

    [[nodiscard]] bool is(unsigned flag) const { return (type & flag) != 0; }
    [[nodiscard]] bool is_read() const { return !is(USDT_TYPE_LOST | USDT_TYPE_FAULT) && (type & USDT_TYPE_SIZE); }
    [[nodiscard]] unsigned unused_bits() const { return 64 - 8 * std::min(type & USDT_TYPE_SIZE, 8u); }
    [[nodiscard]] std::uint64_t as_unsigned() const { return raw << unused_bits() >> unused_bits(); }
    [[nodiscard]] std::int64_t as_signed() const
    {
        return static_cast<std::int64_t>(raw << unused_bits()) >> unused_bits();
    }
    [[nodiscard]] float as_float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(raw)); }
    [[nodiscard]] double as_double() const { return std::bit_cast<double>(raw); }
    [[nodiscard]] bool is_double() const { return (type & USDT_TYPE_SIZE) == sizeof(double); }
};

template <class Use> void for_each_argument(const Row &row, Use use)
{
    std::string_view strings = row.strings;

    for (std::size_t i = 0; i < std::min<std::size_t>(row.event->arg_count, USDT_ARGS); i++) {
        const std::string_view string = strings.substr(0, row.event->lens[i]);
        strings.remove_prefix(string.size());
        use(Argument{row.event->types[i], row.event->args[i], string});
    }
}

// Prints a quoted string. Escapes quotes in addition to what append_escaped() escapes.
void put_string(Buffer &out, std::string_view text)
{
    out.push_back('"');
    while (!text.empty()) {
        const std::size_t quote = std::min(text.find('"'), text.size());
        append_escaped(out, text.substr(0, quote));
        text.remove_prefix(quote);
        if (!text.empty()) {
            append(out, "\\\"");
            text.remove_prefix(1);
        }
    }
    out.push_back('"');
}

void put_argument(Buffer &out, const Argument &arg)
{
    const auto to = std::back_inserter(out);

    if (arg.is(USDT_TYPE_FAULT))
        append(out, "<fault>");
    else if (!arg.is_read())
        out.push_back('?');
    else if (arg.is(USDT_TYPE_STRING))
        put_string(out, arg.string);
    else if (arg.is(USDT_TYPE_FLOAT) && arg.is_double())
        fmt::format_to(to, "{}", arg.as_double());
    else if (arg.is(USDT_TYPE_FLOAT))
        fmt::format_to(to, "{}", arg.as_float());
    else if (arg.is(USDT_TYPE_SIGNED))
        fmt::format_to(to, "{}", arg.as_signed());
    else if (arg.as_unsigned() >> 32) // an address, most likely
        fmt::format_to(to, "{:#x}", arg.as_unsigned());
    else
        fmt::format_to(to, "{}", arg.as_unsigned());
    if (arg.is(USDT_TYPE_CUT))
        append(out, "...");
}

void put_argument(JsonWriter &json, const Argument &arg)
{
    if (!arg.is_read())
        json.value(nullptr);
    else if (arg.is(USDT_TYPE_STRING))
        json.value(arg.string);
    else if (arg.is(USDT_TYPE_FLOAT) && arg.is_double())
        json.exact(arg.as_double());
    else if (arg.is(USDT_TYPE_FLOAT))
        json.exact(arg.as_float());
    else if (arg.is(USDT_TYPE_SIGNED))
        json.value(arg.as_signed());
    else
        json.value(arg.as_unsigned());
}

struct Arguments {
    const Row &row;
};

void put_text(Buffer &out, Arguments arguments, Spaces)
{
    const char *between = "";
    for_each_argument(arguments.row, [&](const Argument &arg) {
        append(out, between);
        put_argument(out, arg);
        between = " ";
    });
}

void put_json(JsonWriter &json, Arguments arguments)
{
    json.begin_array();
    for_each_argument(arguments.row, [&](const Argument &arg) { put_argument(json, arg); });
    json.end_array();
}

constexpr JsonType json_argument{{"integer", "number", "string", "null"}};

constexpr JsonType json_type_of(std::type_identity<Arguments>) { return {.names = {"array"}, .items = &json_argument}; }

Types types_of(const Row &row)
{
    Types all;
    for_each_argument(row, [&](const Argument &arg) { all.types.push_back(arg.type); });
    return all;
}

Columns<Row> make_columns(const CommonOptions &common)
{
    std::vector<Column<Row>> columns{json_only<Row>("event", "Kind of the line.", [](const Row &) { return "usdt"; })};
    const auto add = [&](std::vector<Column<Row>> more) {
        std::move(more.begin(), more.end(), std::back_inserter(columns));
    };

    add_time_columns(columns, common);
    add_process_columns(columns, common);
    add_place_columns(columns, common);
    add({text_only<Row>("PROBE", 28, Align::left, [](const Row &r) { return r.provider + ":" + r.name; }),
         json_only<Row>("binary", "File that holds the probe.",
                        [](const Row &r) { return std::string_view{r.binary}; }),
         json_only<Row>("provider", "Provider of the probe.",
                        [](const Row &r) { return std::string_view{r.provider}; }),
         json_only<Row>("name", "Name of the probe.", [](const Row &r) { return std::string_view{r.name}; }),
         json_only<Row>("location", "Address of the probe in the file, in hexadecimal, as readelf prints it.",
                        [](const Row &r) { return hex(r.event->location); }),
         {"ARGS", 0, Align::left, "args", "Values of the arguments; null for one that could not be read.",
          [](const Row &r) { return Arguments{r}; }},
         json_only<Row>("types", "Types of the arguments, such as s32 or u64.",
                        [](const Row &r) { return types_of(r); }),
         json_only<Row>("abi", "32 or 64: whether the program was a 32-bit or a 64-bit one.",
                        [](const Row &r) { return r.has(SNOOP_FLAG_ABI32) ? 32 : 64; }),
         json_only<Row>("truncated", "Whether a string was cut.",
                        [](const Row &r) { return r.has(SNOOP_FLAG_TRUNCATED); }),
         json_only<Row>("faulted", "Whether an argument could not be read from memory.",
                        [](const Row &r) { return r.has(SNOOP_FLAG_FAULTED); })});
    return Columns<Row>{std::move(columns)};
}

} // namespace

Row::Row(Session &session, const usdt_event &hit, std::string_view data)
    : TaskRow(session, hit.rec, hit.task), event(&hit)
{
    std::string_view names = data.substr(0, hit.names_len);
    strings = data.substr(names.size());
    for (std::string *to : {&binary, &provider, &name})
        *to = take_string(names);
}

void put_text(Buffer &out, const Types &types, Spaces)
{
    const char *between = "";
    for (const unsigned type : types.types) {
        append(out, between);
        append(out, usdt_type_name(static_cast<std::uint16_t>(type)));
        between = " ";
    }
}

void put_json(JsonWriter &json, const Types &types)
{
    json.begin_array();
    for (const unsigned type : types.types)
        json.value(usdt_type_name(static_cast<std::uint16_t>(type)));
    json.end_array();
}

std::string hex(std::uint64_t address) { return fmt::format("{:#x}", address); }

std::vector<JsonKey> row_keys() { return make_columns(options_with_all_columns()).keys(); }

UsdtSink::UsdtSink(Session &session, const Options &options)
    : RowSink(session, USDT_EVENT, make_columns(session.options())), options_(options)
{}

Row UsdtSink::make_row(const usdt_event &event, std::string_view data) const { return {session(), event, data}; }

// The names of the probe and its file, and the strings among the arguments.
void UsdtSink::redact_event(const Redactor &redactor, usdt_event &event, std::string &data) const
{
    std::string_view left{data};
    std::string_view names = left.substr(0, event.names_len);
    std::string redacted;

    left.remove_prefix(names.size());
    while (!names.empty())
        redacted += redactor.text(take_string(names)) + '\0';
    event.names_len = static_cast<__u16>(redacted.size());
    for (std::size_t i = 0; i < std::min<std::size_t>(event.arg_count, USDT_ARGS); i++) {
        const std::string_view string = left.substr(0, event.lens[i]);
        left.remove_prefix(string.size());
        const std::string shown = event.types[i] & USDT_TYPE_CUT ? redactor.cut_text(string) : redactor.text(string);
        event.lens[i] = static_cast<__u16>(shown.size());
        redacted += shown;
    }
    data = std::move(redacted);
}

// In a live run only matching probes are attached, but a recording can have others.
bool UsdtSink::passes_options(const Row &row) const
{
    return session().options().replay.empty() || options_.patterns.empty() ||
           std::ranges::any_of(options_.patterns, [&](const UsdtPattern &pattern) {
               return pattern.matches(row.binary, row.provider, row.name);
           });
}

} // namespace snoop::usdtsnoop
