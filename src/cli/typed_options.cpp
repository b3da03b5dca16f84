// SPDX-License-Identifier: BSD-2-Clause
// The kinds of options that a tool can have.
#include "cli/cli.hpp"

namespace snoop {
namespace {

// A value that must not be empty: `--replay "$FILE"` with FILE unset is not the same as no --replay.
std::string text_of(std::string_view name, const std::string &text)
{
    if (text.empty())
        throw Error{exit_usage, "{}: the value is empty", name};
    return text;
}

} // namespace

std::string size_text(std::uint64_t bytes)
{
    std::size_t unit = 0;

    for (; unit < 3 && bytes >= 1024 && bytes % 1024 == 0; unit++)
        bytes /= 1024;
    return fmt::format("{}{}", bytes, std::string_view{"KMG"}.substr(0, unit).substr(unit - (unit > 0)));
}

std::uint64_t detail::parse_size_within(std::string_view option, std::string_view text, std::uint64_t least,
                                        std::uint64_t most)
{
    const std::uint64_t bytes = parse_size(option, text);

    if (bytes < least || bytes > most)
        throw Error{exit_usage,     "{}: invalid size '{}': give {} to {}", option, text, size_text(least),
                    size_text(most)};
    return bytes;
}

std::size_t detail::parse_choice(std::string_view option, std::string_view text, const std::vector<ChoiceWord> &choices)
{
    std::string words;

    for (std::size_t i = 0; i < choices.size(); i++) {
        if (choices[i].word == text)
            return i;
        words += (i > 0 ? ", " : "") + choices[i].word;
    }
    throw Error{exit_usage, "{}: invalid value '{}': give one of {}", option, text, words};
}

Option &Cli::flag(const char *names, bool &to, const char *help)
{
    Option &option = add(section_, names, "", help);
    option.take = [&to](std::string_view, const std::string &) { to = true; };
    return option;
}

Option &Cli::seconds(const char *names, double &to, const char *help)
{
    Option &option = add(section_, names, "SECONDS", help).defaults_to(fmt::format("{}", to));
    option.take = [&to](std::string_view name, const std::string &text) { to = parse_seconds(name, text); };
    return option;
}

Option &Cli::seconds(const char *names, std::optional<double> &to, const char *help)
{
    Option &option = add(section_, names, "SECONDS", help);
    option.take = [&to](std::string_view name, const std::string &text) { to = parse_seconds(name, text); };
    return option;
}

Option &Cli::option(const char *names, const char *value, std::string &to, const char *help)
{
    Option &option = add(section_, names, value, help);
    option.take = [&to](std::string_view name, const std::string &text) { to = text_of(name, text); };
    return option;
}

Option &Cli::option(const char *names, const char *value, std::vector<std::string> &to, const char *help)
{
    return this->option(names, value, to, text_of, help);
}

Option &Cli::conditions(const char *names, const char *value, std::vector<Condition<std::string>> &to, const char *help)
{
    return conditions(names, value, to, text_of, help);
}

Option &Cli::each(const char *names, const char *value,
                  std::function<void(std::string_view name, const std::string &value)> take, const char *help)
{
    Option &option = add(section_, names, value, help);
    option.is_repeatable = true;
    option.take = std::move(take);
    return option;
}

Option &Cli::time(const char *names, std::optional<std::uint64_t> &to_ns, const char *help)
{
    Option &option = add(section_, names, "TIME", help);
    option.take = [&to_ns](std::string_view name, const std::string &text) { to_ns = parse_time_ns(name, text); };
    return option;
}

Option &Cli::arguments(const char *name, std::vector<std::string> &to, const char *help)
{
    Option &argument = option(name, "", to, help);
    argument.section = Section::arguments;
    return argument;
}

Option &Cli::argument(const char *name, std::string &to, const char *help)
{
    Option &argument = option(name, "", to, help);
    argument.section = Section::arguments;
    return argument.required();
}

} // namespace snoop
