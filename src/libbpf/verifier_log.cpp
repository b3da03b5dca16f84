// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/verifier_log.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace snoop {
namespace {

constexpr std::size_t few = 5, most = 25; // lines of a log, and of one with a report
constexpr std::size_t reason = 2;         // lines before a report

// The verifier ends its log with these, whatever the reason.
bool is_statistics(std::string_view line)
{
    constexpr std::array beginnings{"processed ", "verification time ", "stack depth ", "mark_precise: "};

    return std::ranges::any_of(beginnings, [&](std::string_view begin) { return line.starts_with(begin); });
}

std::vector<std::string> lines_of(std::string_view text)
{
    std::vector<std::string> lines;

    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
        if (!line.empty() && !is_statistics(line))
            lines.emplace_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

// In 7.3 a report follows the reason. Its sections have titles without indentation, and the longest one, the path that
// led to the instruction, is left to those who ask for the whole log.
std::vector<std::string> short_report(std::span<const std::string> lines, std::size_t report)
{
    std::vector<std::string> chosen;
    bool is_wanted = true;

    for (const std::string &line : lines.subspan(report - std::min(report, reason))) {
        if (!line.starts_with(' '))
            is_wanted = !line.starts_with("Causal path:");
        if (is_wanted && chosen.size() < most)
            chosen.push_back(line);
    }
    return chosen;
}

} // namespace

std::vector<std::string> verifier_last_lines(std::string_view message)
{
    constexpr std::string_view begin = "-- BEGIN PROG LOAD LOG --\n", end = "-- END PROG LOAD LOG --";
    const std::size_t from = message.find(begin);

    if (from == message.npos)
        return {};
    message.remove_prefix(from + begin.size());
    std::vector<std::string> lines = lines_of(message.substr(0, message.rfind(end)));
    const auto report = std::ranges::find_if(lines, [](const std::string &line) {
        return line.starts_with("Verification failed:") || line.starts_with("Reason:");
    });
    if (report != lines.end())
        return short_report(lines, static_cast<std::size_t>(report - lines.begin()));
    if (lines.size() > few)
        lines.erase(lines.begin(), lines.end() - few);
    return lines;
}

} // namespace snoop
