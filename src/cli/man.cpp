// SPDX-License-Identifier: BSD-2-Clause
#include "cli/generate.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

namespace snoop {
namespace {

// A hyphen that is typed is \-, lest it be set as a hyphen of prose.
std::string escaped(std::string_view text)
{
    std::string out;

    for (const char c : text)
        out += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
    return out;
}

std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", escaped(text)); }
std::string italic(std::string_view text) { return fmt::format("\\fI{}\\fR", escaped(text)); }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// A word of prose: "(--mode", "SECONDS," with options in bold and this option's value in italics.
std::string marked(std::string_view word, std::string_view value)
{
    const std::size_t begin = std::min(word.find_first_not_of('('), word.size());
    std::size_t end = word.size();
    while (end > begin && !is_letter(word[end - 1]))
        end--;
    const std::string_view core = word.substr(begin, end - begin);
    const bool is_option = core.size() > 1 && core[0] == '-';

    if (!is_option && (value.empty() || core != value))
        return escaped(word);
    return fmt::format("{}{}{}", word.substr(0, begin), is_option ? bold(core) : italic(core),
                       escaped(word.substr(end)));
}

// `Text` in backquotes is bold, whatever it holds.
std::string with_fonts(std::string_view text, std::string_view value)
{
    std::string out;

    for (bool is_quoted = false;; is_quoted = !is_quoted) {
        std::string_view part = text.substr(0, text.find('`'));
        text.remove_prefix(part.size());
        if (is_quoted) {
            out += bold(part);
        } else {
            while (!part.empty()) {
                const std::size_t space = std::min(part.find(' '), part.size());
                out += marked(part.substr(0, space), value);
                part.remove_prefix(space);
                if (!part.empty()) {
                    out += ' ';
                    part.remove_prefix(1);
                }
            }
        }
        if (text.empty())
            return out;
        text.remove_prefix(1);
    }
}

// Lines of source of moderate length; each sentence begins one.
void put_paragraph(std::string &out, std::string_view text, std::string_view value)
{
    std::string line;
    const auto end_line = [&] {
        if (!line.empty())
            out += (line[0] == '.' || line[0] == '\'' ? "\\&" : "") + line + "\n";
        line.clear();
    };
    const std::string all = with_fonts(text, value);
    std::string_view rest = all;

    while (!rest.empty()) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        if (line.size() + 1 + word.size() > 79)
            end_line();
        line += (line.empty() ? "" : " ") + std::string{word};
        if (word.ends_with('.') || word.ends_with(':'))
            end_line();
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
    end_line();
}

void put_paragraphs(std::string &out, std::string_view text, std::string_view value)
{
    for (bool is_first = true; !text.empty(); is_first = false) {
        const std::size_t end = std::min(text.find("\n\n"), text.size());
        if (!is_first)
            out += ".IP\n";
        put_paragraph(out, text.substr(0, end), value);
        text.remove_prefix(std::min(end + 2, text.size()));
    }
}

void put_choices(std::string &out, const Option &option)
{
    out += ".RS\n";
    for (const ChoiceWord &choice : option.choices) {
        out += fmt::format(".TP\n{}\n", bold(choice.word));
        put_paragraph(out, choice.help, "");
    }
    out += ".RE\n";
}

void put_option(std::string &out, const Option &option)
{
    const auto short_name = option.short_name(), long_name = option.long_name();
    bool are_explained = false; // the choices
    std::string words;

    out += ".TP\n";
    if (!short_name.empty())
        out += bold(short_name) + (long_name.empty() ? "" : ", ");
    if (!long_name.empty())
        out += bold(long_name);
    out += option.value.empty() ? "\n" : " " + italic(option.value) + "\n";
    if (*option.paragraphs)
        put_paragraphs(out, option.paragraphs, option.value);
    else
        put_paragraph(out, std::string{option.help} + ".", option.value);
    for (const ChoiceWord &choice : option.choices) {
        are_explained = are_explained || *choice.help;
        words += (words.empty() ? "" : ", ") + fmt::format("`{}`", choice.word);
    }
    if (!words.empty() && !are_explained)
        put_paragraph(out, fmt::format("{} is one of {}.", option.value, words), option.value);
    if (option.is_repeatable && option.section == Section::own)
        out += "This option can be repeated.\n";
    if (!option.default_text.empty())
        put_paragraph(out, fmt::format("The default is `{}`.", option.default_text), "");
    if (are_explained)
        put_choices(out, option);
}

} // namespace

std::string man_options(const Definitions &cli)
{
    static constexpr std::array<std::pair<Section, std::string_view>, 4> sections{
        {{Section::own, ".SH OPTIONS\n"},
         {Section::filters, ".SS Filters\n"
                            "Filters are applied in the kernel. Each of these options can be repeated.\n"
                            "A value that begins with \\fB!\\fR leaves out what the rest of it matches; in a\n"
                            "shell, it needs quotes:\n"
                            ".BR \"\\-\\-uid \\(aq!root\\(aq\" .\n"
                            "An event passes if, of each option that is given, a value without\n"
                            ".B !\n"
                            "matches, if there is one, and no value with it.\n"
                            "A name that begins with\n"
                            ".B !\n"
                            "itself is given as\n"
                            ".BR \\e!\\fINAME\\fR.\n"},
         {Section::output, ".SS Output\n"},
         {Section::running, ".SS Running\n"}}};
    std::string out;

    for (const auto &[section, heading] : sections) {
        bool has_any = section == Section::own;
        for (const Option &option : cli.options)
            has_any = has_any || option.section == section;
        if (has_any)
            out += heading;
        for (const Option &option : cli.options)
            if (option.section == section)
                put_option(out, option);
    }
    return out;
}

} // namespace snoop
