// SPDX-License-Identifier: BSD-2-Clause
#include "forest/row_clock.hpp"

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <limits>

namespace snoop {
namespace {

// Recordings of one boot may differ by this much, since its UTC clock is set right from time to time.
constexpr std::int64_t most_drift_ns = 60'000'000'000;

std::optional<int> number_in(std::string_view text, std::size_t at, std::size_t size)
{
    int number = 0;
    const char *begin = text.data() + at;
    const auto [end, error] = std::from_chars(begin, begin + size, number);

    return error == std::errc{} && end == begin + size && number >= 0 ? std::optional{number} : std::nullopt;
}

// Parses "2026-01-02T03:04:05.000000100Z" into nanoseconds since 1970.
std::optional<std::int64_t> utc_ns(std::string_view text)
{
    constexpr std::int64_t last_year = 2262; // beyond it, 64 bits are too few

    if (text.size() != 30 || text.back() != 'Z')
        return std::nullopt;
    const auto year = number_in(text, 0, 4), month = number_in(text, 5, 2), day = number_in(text, 8, 2),
               hour = number_in(text, 11, 2), minute = number_in(text, 14, 2), second = number_in(text, 17, 2),
               ns = number_in(text, 20, 9);
    if (!year || !month || !day || !hour || !minute || !second || !ns || *year < 1970 || *year >= last_year)
        return std::nullopt;
    tm t{};
    t.tm_year = *year - 1900;
    t.tm_mon = *month - 1;
    t.tm_mday = *day;
    t.tm_hour = *hour;
    t.tm_min = *minute;
    t.tm_sec = *second;
    return timegm(&t) * std::int64_t{1'000'000'000} + *ns;
}

} // namespace

std::uint64_t RowClock::ts_ns(const Row &row)
{
    const std::uint64_t ts_ns = number_at(row, "ts_ns").value_or(0);
    const auto utc = utc_ns(text_at(row, "time"));

    if (!utc || ts_ns == 0 || ts_ns > static_cast<std::uint64_t>(*utc))
        return ts_ns;
    const std::int64_t boot_ns = *utc - static_cast<std::int64_t>(ts_ns);
    if (!boot_ns_)
        boot_ns_ = boot_ns;
    if (std::abs(boot_ns - *boot_ns_) <= most_drift_ns || *utc <= *boot_ns_)
        return ts_ns;
    return static_cast<std::uint64_t>(*utc - *boot_ns_);
}

} // namespace snoop
