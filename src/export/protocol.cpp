// SPDX-License-Identifier: BSD-2-Clause
#include "export/protocol.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <system_error>

namespace snoop {
namespace {

// In the order of the line.
constexpr std::array all_counts{&ExportCounts::sent,          &ExportCounts::queued,      &ExportCounts::queue_full,
                                &ExportCounts::rejected,      &ExportCounts::invalid,     &ExportCounts::damaged,
                                &ExportCounts::spooled,       &ExportCounts::former_sent, &ExportCounts::former_queued,
                                &ExportCounts::former_dropped};

// Takes a number and what separates it from the next.
bool take_number(std::string_view &text, std::uint64_t &number)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);

    if (error != std::errc{})
        return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty() && text.front() != ' ')
        return false;
    text.remove_prefix(text.empty() ? 0 : 1);
    return true;
}

std::optional<Message> counted(Message::Kind kind, std::string_view rest)
{
    ExportCounts c;

    for (const auto count : all_counts)
        if (!take_number(rest, c.*count))
            return std::nullopt;
    return rest.empty() ? std::optional{Message{kind, 0, {}, c}} : std::nullopt;
}

} // namespace

std::string message_line(const Message &message)
{
    if (message.kind == Message::Kind::ready)
        return fmt::format("ready {}\n", message.number);
    if (message.kind == Message::Kind::failed)
        return fmt::format("failed {} {}\n", message.number, message.text);
    std::string line = message.kind == Message::Kind::end ? "end" : "so_far";
    for (const auto count : all_counts)
        line += fmt::format(" {}", message.counts.*count);
    return line + '\n';
}

std::optional<Message> parse_message(std::string_view line)
{
    const std::string_view word = line.substr(0, line.find(' '));
    std::string_view rest = line.substr(std::min(word.size() + 1, line.size()));
    std::uint64_t number = 0;

    if (word == "so_far")
        return counted(Message::Kind::so_far, rest);
    if (word == "end")
        return counted(Message::Kind::end, rest);
    if ((word != "ready" && word != "failed") || !take_number(rest, number))
        return std::nullopt;
    if (word == "failed")
        return Message{Message::Kind::failed, number, std::string{rest}, {}};
    return rest.empty() ? std::optional{Message{Message::Kind::ready, number, {}, {}}} : std::nullopt;
}

} // namespace snoop
