// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/answer.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace snoop::snoop_export {
namespace {

using nlohmann::json;

constexpr std::array retryable{429L, 502L, 503L, 504L};
constexpr std::size_t longest_reason = 200;

// proto3 writes 64-bit numbers as strings, but numbers are valid, too.
std::uint64_t number_in(const json &value)
{
    std::uint64_t number = 0;

    if (value.is_number_unsigned())
        return value.get<std::uint64_t>();
    if (const auto *text = value.get_ptr<const std::string *>()) {
        const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
        return error == std::errc{} && end == text->data() + text->size() ? number : 0;
    }
    return 0;
}

// The member of an object, or null.
const json &member(const json &object, const char *name)
{
    static const json none;

    if (!object.is_object())
        return none;
    const auto found = object.find(name);
    return found == object.end() ? none : *found;
}

// The first line of a message, not too long.
std::string first_line(std::string text)
{
    text.erase(std::min(text.find_first_of("\r\n"), text.size()));
    if (text.size() > longest_reason)
        text = text.substr(0, longest_reason) + "...";
    return text;
}

std::string text_in(const json &value)
{
    const auto *text = value.get_ptr<const std::string *>();

    return text == nullptr ? "" : first_line(*text);
}

std::string with_status(long status, const std::string &message)
{
    return message.empty() ? fmt::format("HTTP status {}", status) : fmt::format("HTTP status {}: {}", status, message);
}

} // namespace

Verdict verdict_of(const Response &response)
{
    using Kind = Verdict::Kind;

    if (response.status == 0)
        return {Kind::retry, 0, response.failure};
    const json answer = json::parse(response.body, nullptr, false);
    if (response.status >= 200 && response.status < 300) {
        const json &partial = member(answer, "partialSuccess");
        return {Kind::accepted,
                number_in(member(partial, "rejectedLogRecords")) + number_in(member(partial, "rejectedSpans")),
                text_in(member(partial, "errorMessage"))};
    }
    // Servers that are not OTLP's answer with text.
    std::string message = text_in(member(answer, "message"));
    if (message.empty() && answer.is_discarded() && !response.body.starts_with('<'))
        message = first_line(response.body);
    const bool is_retryable = std::ranges::find(retryable, response.status) != retryable.end();
    return {is_retryable ? Kind::retry : Kind::rejected, 0, with_status(response.status, message)};
}

std::chrono::milliseconds Backoff::next(std::optional<std::chrono::seconds> retry_after, double random)
{
    const std::chrono::milliseconds delay = delay_;

    if (retry_after)
        return std::min(*retry_after, longest_wait);
    delay_ = std::min(delay_ * 2, most);
    return std::chrono::milliseconds{static_cast<std::int64_t>(static_cast<double>(delay.count()) * (0.5 + random))};
}

} // namespace snoop::snoop_export
