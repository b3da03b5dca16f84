// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/log_record.hpp"
#include "base/json.hpp"
#include "snoop-export/attributes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

namespace snoop::snoop_export {
namespace {

constexpr int severity_info = 9;

// "open /etc/shadow EACCES"
std::string summary_of(const Row &row, std::string_view event)
{
    std::string text{event};

    for (const std::string_view part : {file_of(row).path, text_at(row, "errno")})
        if (!part.empty())
            text += fmt::format("{}{}", text.empty() ? "" : " ", part);
    return text;
}

void put_time(JsonWriter &to, const char *key, std::uint64_t ns)
{
    to.key(key).value(std::string_view{fmt::format_int{ns}.c_str()});
}

std::optional<unsigned> digits(std::string_view text, std::size_t from, std::size_t count)
{
    unsigned number = 0;

    if (text.size() < from + count)
        return std::nullopt;
    const char *end = text.data() + from + count;
    const auto [stopped, error] = std::from_chars(text.data() + from, end, number);
    return error == std::errc{} && stopped == end ? std::optional{number} : std::nullopt;
}

// The nanoseconds of ".123Z" or "Z".
std::optional<unsigned> fraction_ns(std::string_view text)
{
    constexpr std::size_t most = 9;

    if (text == "Z")
        return 0;
    if (text.size() < 3 || text.size() > most + 2 || text.front() != '.' || text.back() != 'Z')
        return std::nullopt;
    auto number = digits(text, 1, text.size() - 2);
    for (std::size_t i = text.size() - 2; number && i < most; i++)
        *number *= 10;
    return number;
}

} // namespace

std::uint64_t time_ns(std::string_view text)
{
    namespace chrono = std::chrono;
    constexpr std::string_view pattern = "0000-00-00T00:00:00";
    const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
    const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);

    if (!year || !month || !day || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60)
        return 0;
    for (std::size_t i = 0; i < pattern.size(); i++)
        if (pattern[i] != '0' && text[i] != pattern[i])
            return 0;
    const auto ns = fraction_ns(text.substr(pattern.size()));
    const chrono::year_month_day date{chrono::year{static_cast<int>(*year)}, chrono::month{*month}, chrono::day{*day}};
    if (!ns || !date.ok() || *year < 1970 || *year > 2261) // 2262 exceeds 64 bits
        return 0;
    const auto time = chrono::sys_days{date}.time_since_epoch() + chrono::hours{*hour} + chrono::minutes{*minute} +
                      chrono::seconds{*second};
    return static_cast<std::uint64_t>(chrono::nanoseconds{time}.count()) + *ns;
}

std::string log_record(const Row &row, const RecordContext &context)
{
    const std::string_view event = text_at(row, "event");
    Buffer record;
    JsonWriter to{record};

    to.begin_object();
    if (const std::uint64_t ns = time_ns(text_at(row, "time")); ns != 0)
        put_time(to, "timeUnixNano", ns);
    put_time(to, "observedTimeUnixNano", context.observed_ns);
    to.key("severityNumber").value(severity_info).key("severityText").value("INFO");
    if (!event.empty())
        to.key("eventName").value(fmt::format("snoop.{}", event));
    to.key("body").begin_object().key("stringValue").value(summary_of(row, event)).end_object();
    to.key("attributes").begin_array();
    put_text(to, "log.record.uid", context.uid);
    put_attributes(to, row, context.with_args);
    to.end_array().end_object();
    return {record.data(), record.size()};
}

} // namespace snoop::snoop_export
