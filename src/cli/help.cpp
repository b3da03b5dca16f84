// SPDX-License-Identifier: BSD-2-Clause
#include "cli/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace snoop {
namespace {

constexpr std::size_t most_columns = 80, widest_label = 28;

// "  -i, --interval SECONDS", long names below each other.
std::string label(const Option &option)
{
    if (option.section == Section::arguments)
        return fmt::format("  {}{}", option.names, option.is_repeatable ? "..." : "");
    const auto short_name = option.short_name(), long_name = option.long_name();
    return fmt::format("  {}{}{}{}{}", short_name.empty() ? "    " : short_name,
                       !short_name.empty() && !long_name.empty() ? ", " : "", long_name,
                       option.value.empty() ? "" : " ", option.value);
}

std::string description(const Option &option)
{
    std::string text = option.help;

    for (const ChoiceWord &choice : option.choices)
        text += (&choice == option.choices.data() ? ": " : ", ") + choice.word;
    if (!option.default_text.empty())
        text += fmt::format(" [default: {}]", option.default_text);
    if (option.is_repeatable && option.section == Section::own)
        text += " (repeatable)";
    return text;
}

// Appends words to lines that begin in `column`, the first of which has been begun.
void append_wrapped(std::string &out, std::string_view text, std::size_t column)
{
    std::size_t at = column;

    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        if (at > column && at + 1 + word.size() > most_columns) {
            out.append(1, '\n').append(column, ' ');
            at = column;
        } else if (at > column) {
            out += ' ';
            at++;
        }
        out += word;
        at += word.size();
        text.remove_prefix(std::min(word.size() + 1, text.size()));
    }
    out += '\n';
}

std::string usage(const Definitions &cli)
{
    std::string text = fmt::format("Usage: {} [OPTIONS]", cli.info.name);

    for (const Option &option : cli.options)
        if (option.section == Section::arguments)
            text += fmt::format(" {}{}{}{}", option.is_required ? "" : "[", option.names,
                                option.is_repeatable ? "..." : "", option.is_required ? "" : "]");
    return text + (cli.takes_command ? " [-- COMMAND [ARG...]]\n" : "\n");
}

} // namespace

std::string help_text(const Definitions &cli)
{
    static constexpr std::array<std::pair<Section, std::string_view>, 5> sections{
        {{Section::arguments, "Arguments"},
         {Section::own, "Options"},
         {Section::filters, "Filters (in the kernel; each can be repeated; '!VALUE' leaves out)"},
         {Section::output, "Output"},
         {Section::running, "Running"}}};
    std::size_t column = 0;
    for (const Option &option : cli.options)
        if (const std::size_t width = label(option).size(); width <= widest_label)
            column = std::max(column, width + 2);

    std::string text = usage(cli) + "\n";
    append_wrapped(text, cli.info.summary, 0);
    for (const auto &[section, title] : sections) {
        bool is_first = true;
        for (const Option &option : cli.options) {
            if (option.section != section)
                continue;
            if (std::exchange(is_first, false))
                text += fmt::format("\n{}:\n", title);
            const std::string begin = label(option);
            text += begin;
            if (begin.size() + 2 > column)
                text += '\n' + std::string(column, ' ');
            else
                text.append(column - begin.size(), ' ');
            append_wrapped(text, description(option), column);
        }
    }
    std::string_view examples = cli.info.examples;
    examples = examples.substr(0, examples.find_last_not_of('\n') + 1);
    return text + fmt::format("\n{}\n", examples);
}

} // namespace snoop
