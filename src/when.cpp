// SPDX-License-Identifier: BSD-2-Clause
#include <snoop/when.hpp>

#include <fmt/compile.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <iterator>

namespace snoop {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

// Formatted once a second, not once a row: localtime_r takes a lock.
template <class Format> std::string_view once_a_second(std::int64_t seconds, Format format)
{
    thread_local std::int64_t last = INT64_MIN;
    thread_local fmt::basic_memory_buffer<char, 40> text;

    if (seconds != last) {
        text.clear();
        format(std::back_inserter(text), static_cast<time_t>(seconds));
        last = seconds;
    }
    return {text.data(), text.size()};
}

// Nine digits.
std::array<char, 9> digits_of(std::int64_t ns)
{
    std::array<char, 9> digits{};

    for (auto at = digits.rbegin(); at != digits.rend(); ++at, ns /= 10)
        *at = static_cast<char>('0' + ns % 10);
    return digits;
}

// Whole seconds, rounded down, also before 1970.
constexpr std::int64_t seconds_of(std::int64_t ns) { return ns / ns_per_s - (ns % ns_per_s < 0); }

} // namespace

void put_text(Buffer &out, WallTime time, Blanks)
{
    append(out, once_a_second(seconds_of(time.ns), [](auto to, time_t seconds) {
               tm t{};
               localtime_r(&seconds, &t);
               fmt::format_to(to, FMT_COMPILE("{:02}:{:02}:{:02}"), t.tm_hour, t.tm_min, t.tm_sec);
           }));
}

void put_json(JsonWriter &json, WallTime time)
{
    const std::int64_t seconds = seconds_of(time.ns);
    const std::array ns = digits_of((time.ns % ns_per_s + ns_per_s) % ns_per_s);
    const std::string_view up_to_seconds = once_a_second(seconds, [](auto to, time_t s) {
        tm t{};
        gmtime_r(&s, &t);
        fmt::format_to(to, FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}."), t.tm_year + 1900, t.tm_mon + 1,
                       t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
    });

    json.begin_string().string_part(up_to_seconds).string_part({ns.data(), ns.size()}).string_part("Z").end_string();
}

void put_text(Buffer &out, Seconds time, Blanks)
{
    const std::int64_t ms = time.ns / 1'000'000;

    if (ms < 0)
        out.push_back('-');
    fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}.{:03}"), std::abs(ms) / 1000, std::abs(ms) % 1000);
}

void put_text(Buffer &out, Duration time, Blanks)
{
    fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}.{:03}"), time.ns / 1'000'000, time.ns % 1'000'000 / 1000);
}

void put_json(JsonWriter &json, Duration time) { json.value(time.ns); }

} // namespace snoop
