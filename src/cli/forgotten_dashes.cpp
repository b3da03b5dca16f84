// SPDX-License-Identifier: BSD-2-Clause
// The message for a command line that lacks the `--` before a command.
#include "base/escape.hpp"
#include "cli/cli.hpp"

#include <algorithm>
#include <optional>

namespace snoop {

// The option that a word such as "--uid", "-u" or the "u" of "-xu" names; null if there is none.
const Option *Cli::find_option(std::string_view name) const
{
    const auto at = std::ranges::find_if(options_, [&](const Option &option) {
        return option.section != Section::arguments && (option.long_name() == name || option.short_name() == name);
    });
    return at == options_.end() ? nullptr : &*at;
}

// Whether a word of options, such as "--uid", "--uid=0", "-xu" or "-p1", needs the next word as its value. No value if
// one of the options is unknown.
std::optional<bool> Cli::takes_next_word(std::string_view word) const
{
    if (word.starts_with("--")) {
        const Option *option = find_option(word.substr(0, word.find('=')));
        return option ? std::optional{!option->is_flag() && word.find('=') == word.npos} : std::nullopt;
    }
    for (std::size_t i = 1; i < word.size(); i++) {
        const Option *option = find_option(fmt::format("-{}", word[i]));
        if (!option)
            return std::nullopt;
        if (!option->is_flag())
            return i + 1 == word.size();
    }
    return false;
}

// Returns the place of the first word that is neither an option nor its value: a command begins there without its `--`.
// The end if there is none, or an option is unknown, about which the parser has a message.
std::size_t Cli::first_argument() const
{
    std::size_t at = 0;

    while (at < args_.size() && args_[at].size() > 1 && args_[at][0] == '-') {
        const auto has_value = takes_next_word(args_[at]);
        if (!has_value)
            return args_.size();
        at += *has_value ? 2 : 1;
    }
    return std::min(at, args_.size());
}

// Throws an Error with the right command line if `--` was forgotten: "execsnoop ls -l".
void Cli::expect_dashes() const
{
    const std::size_t at = first_argument();
    const bool has_arguments = std::ranges::find(options_, Section::arguments, &Option::section) != options_.end();

    if (!takes_command_ || has_arguments || at == args_.size() || !common_.command.empty())
        return;
    Buffer line;
    append(line, info_.name);
    for (std::size_t i = 0; i < args_.size(); i++) {
        append(line, i == at ? " -- " : " ");
        append_quoted(line, args_[i]);
    }
    throw Error{exit_usage, "unexpected argument '{}'; to trace a command, put -- before it: `{}`", args_[at],
                std::string_view{line.data(), line.size()}};
}

} // namespace snoop
