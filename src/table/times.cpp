// SPDX-License-Identifier: BSD-2-Clause
#include "table/times.hpp"

#include <array>
#include <cstdlib>
#include <ctime>
#include <iterator>

namespace snoop {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

// Formats once a second rather than for each row, since localtime_r() takes a lock.
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

// N digits, with leading zeros.
template <std::size_t N> std::array<char, N> digits_of(std::uint64_t number)
{
    std::array<char, N> digits{};

    for (auto at = digits.rbegin(); at != digits.rend(); ++at, number /= 10)
        *at = static_cast<char>('0' + number % 10);
    return digits;
}

// 12.345
void put_thousandths(Buffer &out, std::uint64_t thousandths)
{
    const fmt::format_int whole{thousandths / 1000};
    const std::array rest = digits_of<3>(thousandths % 1000);

    append(out, {whole.data(), whole.size()});
    out.push_back('.');
    append(out, {rest.data(), rest.size()});
}

// Whole seconds, rounded down even before 1970.
constexpr std::int64_t seconds_of(std::int64_t ns) { return ns / ns_per_s - (ns % ns_per_s < 0); }

} // namespace

void put_text(Buffer &out, WallTime time, Spaces)
{
    append(out, once_a_second(seconds_of(time.ns), [](auto to, time_t seconds) {
               tm t{};
               localtime_r(&seconds, &t);
               fmt::format_to(to, "{:02}:{:02}:{:02}", t.tm_hour, t.tm_min, t.tm_sec);
           }));
}

void put_json(JsonWriter &json, WallTime time)
{
    const std::int64_t seconds = seconds_of(time.ns);
    const std::array ns = digits_of<9>(static_cast<std::uint64_t>((time.ns % ns_per_s + ns_per_s) % ns_per_s));
    const std::string_view up_to_seconds = once_a_second(seconds, [](auto to, time_t s) {
        tm t{};
        gmtime_r(&s, &t);
        fmt::format_to(to, "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
                       t.tm_min, t.tm_sec);
    });

    json.begin_string().string_part(up_to_seconds).string_part({ns.data(), ns.size()}).string_part("Z").end_string();
}

void put_text(Buffer &out, Seconds time, Spaces)
{
    const std::int64_t ms = time.ns / 1'000'000;

    if (ms < 0)
        out.push_back('-');
    put_thousandths(out, static_cast<std::uint64_t>(std::abs(ms)));
}

void put_text(Buffer &out, Duration time, Spaces) { put_thousandths(out, time.ns / 1000); }

void put_json(JsonWriter &json, Duration time) { json.value(time.ns); }

} // namespace snoop
