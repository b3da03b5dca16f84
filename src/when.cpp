// SPDX-License-Identifier: BSD-2-Clause
#include <snoop/when.hpp>

#include <fmt/compile.h>

#include <cstdlib>
#include <ctime>
#include <iterator>

namespace snoop {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

// Broken down once a second, not once a row: localtime_r takes a lock.
template <tm *(*Convert)(const time_t *, tm *)> const tm &broken_down(std::int64_t seconds)
{
    thread_local std::int64_t last = INT64_MIN;
    thread_local tm parts{};

    if (seconds != last) {
        const auto t = static_cast<time_t>(seconds);
        Convert(&t, &parts);
        last = seconds;
    }
    return parts;
}

// Whole seconds, rounded down, also before 1970.
constexpr std::int64_t seconds_of(std::int64_t ns) { return ns / ns_per_s - (ns % ns_per_s < 0); }

} // namespace

void put_text(Buffer &out, WallTime time, Blanks)
{
    const tm &t = broken_down<localtime_r>(seconds_of(time.ns));

    fmt::format_to(std::back_inserter(out), FMT_COMPILE("{:02}:{:02}:{:02}"), t.tm_hour, t.tm_min, t.tm_sec);
}

void put_json(JsonWriter &json, WallTime time)
{
    const tm &t = broken_down<gmtime_r>(seconds_of(time.ns));
    fmt::basic_memory_buffer<char, 40> text;

    fmt::format_to(std::back_inserter(text), FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z"),
                   t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
                   (time.ns % ns_per_s + ns_per_s) % ns_per_s);
    json.value(std::string_view{text.data(), text.size()});
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
