// SPDX-License-Identifier: BSD-2-Clause
// An option or an argument, defined once: the parser, --help, the manual page and the shell
// completions are all written from it.
//     cli.seconds("-i,--interval", interval, "Time between tables")
//         .manual("Print a table every SECONDS. Fractions are accepted.");
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

// The sections of --help, in its order.
enum class Section { arguments, own, filters, output, running };

// The values that a shell can offer, beside an option's own choices.
enum class Complete { nothing, file, directory, user, process, comm, interface };

struct ChoiceWord {
    std::string word;
    const char *help; // a few words for the manual page and the completions; may be empty
};

struct Option {
    Section section = Section::own;
    std::string names;     // "-i,--interval"; of an argument "PATH"
    std::string value;     // "SECONDS"; a flag has none
    const char *help = ""; // one line, without a full stop
    std::string default_text;
    std::vector<ChoiceWord> choices;
    bool is_repeatable = false, is_required = false;
    // Called for each value that was given; throws Error (exit 2).
    std::function<void(std::string_view name, const std::string &value)> take;
    // Values as they were given; a flag's is "true".
    std::vector<std::string> given;

    // Paragraphs of the manual page, separated by an empty line. `Backquotes` print bold, as
    // options do; VALUE is set in italics where it is this option's. Without them, `help` is used.
    const char *paragraphs = "";
    Option &manual(const char *text)
    {
        paragraphs = text;
        return *this;
    }

    Complete complete = Complete::nothing;
    Option &completes(Complete what)
    {
        complete = what;
        return *this;
    }

    // An option that leaves events out, like those of Section::filters: a message about missing rows names it.
    bool is_filter = false;
    Option &filters()
    {
        is_filter = true;
        return *this;
    }

    // An argument that must be given.
    Option &required()
    {
        is_required = true;
        return *this;
    }

    // The default as --help and the manual page show it, instead of the variable's value.
    Option &defaults_to(std::string text)
    {
        default_text = std::move(text);
        return *this;
    }

    [[nodiscard]] bool is_flag() const { return value.empty() && section != Section::arguments; }
    // "-i" and "--interval"; empty if there is none.
    [[nodiscard]] std::string_view short_name() const;
    [[nodiscard]] std::string_view long_name() const;
    // "--interval", which messages name; "PATH" of an argument.
    [[nodiscard]] std::string_view name() const;
};

} // namespace snoop
